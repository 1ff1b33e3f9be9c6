"""Benchmark: a day in virtual time, with people editing on both sides, or with nobody there.

Run: python -m tests.bench.virtual_day [--accounts 2000] [--hours 24] [--changes 1000] [--seed 1]
[--only paid-rolling].

A worker looks as often as it asks to, at ordinary poll intervals (10 s and 300 s); nothing rings.
Changes come at random moments, half of them in Dynamics (a phone number), half in Xero (an e-mail
address), each to one of the accounts. A change is fresh from the moment the other side shows it, or
a later one of the same record. Calls are all that Xero counted but people's own, reads before
overwriting (R23) among them; the day begins with nothing spent. Bars: within the day's calls, no
answer 429, all changes there in the end, p95 of freshness 3 minutes on the paid tier and 10 on
Starter, and an idle organisation within 300 calls a day.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from dynamics_xero.model import SideName
from dynamics_xero.sandbox.seed import SeedOptions
from dynamics_xero.sandbox.seed import seed as fill
from tests.bench.editors import Editors
from tests.bench.virtual import DAWN, SCENARIOS, STARTER, Latency, Scenario, Stage, staged
from tests.bench.virtual_load import refusals
from tests.bench.wired import ClockedConnector
from tests.bench.workbench import machine, side_by_side, tell
from tests.trips.spent import Meter, Spent

BARS_S = {"paid": 180.0, "starter": 600.0}
IDLE_CALLS = 300
IDLE = Scenario("idle", STARTER, "rolling")
DAYS = (*SCENARIOS, IDLE)
HOUR = timedelta(hours=1)
SETTLING = timedelta(minutes=15)
LEAST_WAIT_S = 1.0


@dataclass(frozen=True)
class Plan:
    """How the day goes."""

    accounts: int
    hours: float
    changes_an_hour: int
    seed: int

    def words(self) -> list[str]:
        """Return it as options."""
        told = {
            "accounts": self.accounts,
            "hours": self.hours,
            "changes": self.changes_an_hour,
            "seed": self.seed,
        }
        return [word for name, value in told.items() for word in (f"--{name}", str(value))]


def judged(plan: Plan, results: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    """Return the scenarios' figures with what they miss."""
    missed = [f"{name} {what}" for name, one in results.items() for what in one["missed"]]
    return {
        "calls_to_quota": {name: one["calls_to_quota"] for name, one in results.items()},
        "scenarios": results,
        "accounts": plan.accounts,
        "hours": plan.hours,
        "changes_an_hour": plan.changes_an_hour,
        "missed": missed,
        "machine": machine(),
    }


def lived(plan: Plan, scenario: Scenario) -> dict[str, Any]:
    """Load without limits, reset them, then live."""
    began = time.monotonic()
    with (
        staged(Latency(), seed=plan.seed) as stage,
        requests.Session() as session,
    ):
        session.trust_env = False
        fill(SeedOptions(plan.accounts, Path(stage.twins.settings_file), seed=plan.seed))
        stage.twins.lift_limits()
        with ClockedConnector(stage.settings("state.db"), stage.clock) as connector:
            connector.provision_apply()
            connector.sync()
            stage.limit(scenario)
            # What the load spent is forgotten by then, on both sides.
            stage.clock.wait_for(DAWN + timedelta(days=2))
            day = Day(stage, connector, Editors(stage.twins, session), plan)
            day.settle()
            meter = Meter(dynamics=stage.twins.dynamics, xero=stage.twins.xero)
            day.live(0 if scenario is IDLE else plan.changes_an_hour)
            spent = meter.spent()
            day.settle()
        refused = refusals(stage)
    return {
        **_judged(day.editors, spent, scenario, plan, refused),
        "real_seconds": round(time.monotonic() - began),
    }


@dataclass(frozen=True)
class Day:
    """A worker and two people, one after the other on one clock."""

    stage: Stage
    connector: ClockedConnector
    editors: Editors
    plan: Plan

    def live(self, changes_an_hour: int) -> None:
        """Work and edit for the length of the day."""
        clock, chance = self.stage.clock, random.Random(self.plan.seed)
        end = clock.now() + timedelta(hours=self.plan.hours)
        edits = _moments(chance, clock.now(), changes_an_hour)
        upcoming, number = next(edits), 0
        while clock.now() < end:
            until = min(self._worked(), end)
            while upcoming <= until:
                clock.wait_for(upcoming)
                side = chance.choice(list(SideName))
                account = chance.choice(self.editors.accounts)
                self.editors.edit(side, account, number, at=clock.now())
                upcoming, number = next(edits), number + 1
            clock.wait_for(until)

    def settle(self) -> None:
        """Work for as long as freshness may take at most, with nobody editing."""
        end = self.stage.clock.now() + SETTLING
        while self.stage.clock.now() < end:
            self.stage.clock.wait_for(self._worked())

    def _worked(self) -> datetime:
        """Let the worker look; returns when it wants to look again."""
        wait_s = self.connector.look("main")
        self.editors.look()
        return self.stage.clock.now() + timedelta(seconds=max(wait_s, LEAST_WAIT_S))


def _moments(chance: random.Random, now: datetime, an_hour: int) -> Iterator[datetime]:
    if an_hour == 0:
        yield datetime.max.replace(tzinfo=UTC)
    while True:
        now += HOUR * chance.expovariate(an_hour)
        yield now


def _judged(
    editors: Editors, spent: Spent, scenario: Scenario, plan: Plan, refused: int
) -> dict[str, Any]:
    calls = spent.xero_reads + spent.xero_writes - editors.calls[SideName.XERO]
    quota = IDLE_CALLS if scenario is IDLE else scenario.calls_a_day
    allowed = quota * plan.hours / 24
    told = {f"from_{side.value}": editors.fresh[side].told() for side in SideName}
    bar = BARS_S.get(scenario.tier, 0.0)
    late = [name for name, one in told.items() if one.get("p95_s", 0.0) > bar or one["not_there"]]
    dynamics = spent.dynamics_reads + spent.write_backs - editors.calls[SideName.DYNAMICS]
    return {
        "calls_to_quota": round(calls / allowed, 3),
        "calls": calls,
        "quota_in_this_time": round(allowed),
        "writes": spent.xero_writes - editors.calls[SideName.XERO],
        "refused": refused,
        "dynamics_calls": dynamics,
        "freshness": told,
        "missed": late + ["calls"] * (calls > allowed) + ["refused"] * (refused > 0),
    }


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("accounts", 2000), ("changes", 1000), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--only", choices=[one.name for one in DAYS])
    wanted = parser.parse_args()
    plan = Plan(wanted.accounts, wanted.hours, wanted.changes, wanted.seed)
    if wanted.only is None:
        found = side_by_side("virtual_day", [one.name for one in DAYS], *plan.words())
    else:
        chosen = next(one for one in DAYS if one.name == wanted.only)
        found = {chosen.name: lived(plan, chosen)}
    result = judged(plan, found)
    tell(result)
    return 1 if result["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
