"""Benchmark: a first load in virtual time, under each tier's limits and both kinds of window.

Run: python -m tests.bench.virtual_load [--n 100000] [--seed 1] [--only paid-rolling].

N accounts with one contact each, which Xero does not know, by `backfill`: a load may spend 60 % of
a day's calls. What is simulated stands in `tests.bench.virtual`. The floor is the formula for as
many calls as that share needs (50 records a call where they fit into the day, else as many more as
it takes); beside it the same with the closing read that the contract asks for, and the least time
of the calls that were made, however much they carried. Bar: 1.05 times the floor, and no answer
429.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dynamics_xero.connector import Report
from dynamics_xero.sandbox.seed import SeedOptions
from dynamics_xero.sandbox.seed import seed as fill
from tests.bench import floors
from tests.bench.virtual import SCENARIOS, Latency, Scenario, Stage, staged
from tests.bench.wired import ClockedConnector
from tests.bench.workbench import machine, side_by_side, tell
from tests.trips.spent import Meter

BAR = 1.05
LOAD_PERCENT = 60
HOUR_S = 3600.0
"""How long ago the last account was made: what is young is read twice (R4)."""

LONGEST_PAUSE_S = 600.0
MOST_PAUSES = 1000


def judged(accounts: int, results: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    """Return the scenarios' figures with what they miss."""
    missed = [
        f"{name} {what}"
        for name, one in results.items()
        for what in ("ratio_to_floor", "refused")
        if one[what] > (BAR if what == "ratio_to_floor" else 0)
    ]
    return {
        "ratio_to_floor": {name: one["ratio_to_floor"] for name, one in results.items()},
        "scenarios": results,
        "accounts": accounts,
        "bar": BAR,
        "missed": missed,
        "machine": machine(),
    }


def loaded(accounts: int, seed: int, scenario: Scenario) -> dict[str, Any]:
    """Load once; the day begins with nothing spent."""
    latency = Latency()
    began = time.monotonic()
    with staged(latency, seed=seed) as stage:
        fill(SeedOptions(accounts, Path(stage.twins.settings_file), seed=seed))
        stage.limit(scenario)
        with ClockedConnector(stage.settings("state.db"), stage.clock) as connector:
            connector.provision_apply()
            stage.clock.sleep(HOUR_S)
            meter = Meter(dynamics=stage.twins.dynamics, xero=stage.twins.xero)
            before = stage.clock.now()
            report, pauses = _until_done(stage, connector)
            seconds = (stage.clock.now() - before).total_seconds()
        spent = meter.spent()
        refused = refusals(stage)
    created = sum(one.actions.get(("account", "create"), 0) for one in report)
    if created != accounts:
        raise AssertionError(f"{accounts} accounts were there, {created} were created.")
    floor_s, closing_s = _floors(accounts, scenario, latency)
    calls = spent.xero_writes + spent.xero_reads
    own_s = floors.load_seconds(
        calls,
        call_s=latency.xero_s + accounts * latency.xero_row_s / calls,
        calls_a_day=scenario.calls_a_day,
        percent=LOAD_PERCENT,
    )
    return {
        "ratio_to_floor": round(seconds / floor_s, 3),
        "ratio_with_closing_read": round(seconds / closing_s, 3),
        "ratio_to_own_calls": round(seconds / own_s, 3),
        "seconds": round(seconds),
        "floor_seconds": round(floor_s),
        "floor_seconds_with_closing_read": round(closing_s),
        "own_calls_seconds": round(own_s),
        "calls": calls,
        "writes": spent.xero_writes,
        "refused": refused,
        "pauses": pauses,
        "real_seconds": round(time.monotonic() - began),
    }


def _until_done(stage: Stage, connector: ClockedConnector) -> tuple[list[Any], int]:
    """Start again as often as the day's share is used up; returns every run's figures."""
    found: list[Any] = []
    for pauses in range(MOST_PAUSES):
        report: Report = connector.backfill()
        found.extend(report.connections)
        if report.paused is None:
            return found, pauses
        stage.clock.sleep(LONGEST_PAUSE_S)
    raise AssertionError("The load never ended.")


def _floors(accounts: int, scenario: Scenario, latency: Latency) -> tuple[float, float]:
    """Return the floor, and the same with one read of everything that was made."""
    affordable = scenario.calls_a_day * LOAD_PERCENT // 100
    closing = math.ceil(accounts / floors.PAGE)
    batch = floors.smallest_batch(accounts, calls=affordable)
    calls = floors.floor(accounts, batch=batch).xero

    def seconds(calls: int) -> float:
        return floors.load_seconds(
            calls,
            call_s=latency.call_s(batch),
            calls_a_day=scenario.calls_a_day,
            percent=LOAD_PERCENT,
        )

    return seconds(calls), seconds(calls + closing)


def refusals(stage: Stage) -> int:
    """Return how many calls Xero has turned away because of a limit."""
    stats = stage.twins.xero.get("stats")
    assert isinstance(stats, dict)
    return sum(count for kind, count in stats["refused"].items() if kind.startswith("429"))


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[one.name for one in SCENARIOS])
    wanted = parser.parse_args()
    if wanted.only is None:
        words = ("--n", str(wanted.n), "--seed", str(wanted.seed))
        found = side_by_side("virtual_load", [one.name for one in SCENARIOS], *words)
    else:
        chosen = next(one for one in SCENARIOS if one.name == wanted.only)
        found = {chosen.name: loaded(wanted.n, wanted.seed, chosen)}
    result = judged(wanted.n, found)
    tell(result)
    return 1 if result["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
