"""Benchmark: the connector's CPU for a new account with its contact, beside xero-python's.

Run: python -m tests.bench.cpu [--n 1000] [--rounds 11] [--seed 1] [--profile 0|1].

The twins are a process of their own; this one is the connector, on a new database each round. A
round is one whole sync of N accounts that Xero does not know yet, over TLS and with everything:
reading both sides, deciding, the state in SQLite, sending, reading back, writing back. The same
round has xero-python encode those N contacts in calls of 50 and decode the answers: what a program
pays that does nothing but call. Bars: 600 us an account, and 3 times xero-python (performance.md
section 6, P8); missed only if the better quartile misses it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from dynamics_xero import Connector
from dynamics_xero.connector import Report
from dynamics_xero.connector.clock import SystemClock
from dynamics_xero.settings import Settings
from tests.bench import sdk
from tests.bench.profiled import Samples
from tests.bench.wired import ClockedConnector
from tests.bench.workbench import (
    Twins,
    cpu_seconds,
    machine,
    options,
    rounded,
    served,
    spread,
    tell,
)

BAR_US = 600.0
BAR_RATIO = 3.0
BATCH = 50


def measured(accounts: int, rounds: int, seed: int, profile: Samples | None) -> dict[str, object]:
    """Measure in interleaved rounds: one sync, then the client's own work on the same contacts."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory(prefix="bench-") as home, served(Path(home), seed=seed) as t:
        t.lift_limits()
        for number in range(rounds):
            t.filled(accounts, seed + number)
            settings = t.settings(f"state-{number}.db")
            ours.append(_sync(settings, accounts))
            theirs.append(_sdk(t))
        if profile is not None:
            t.filled(accounts, seed + rounds)
            settings = t.settings("state-profile.db")
            with ClockedConnector(settings, SystemClock(), senders=1) as connector:
                profile.watch(connector.sync)
    each = rounded(spread([spent / accounts * 1e6 for spent in ours]), 1)
    other = rounded(spread([spent / accounts * 1e6 for spent in theirs]), 1)
    pairs = zip(ours, theirs, strict=True)
    ratio = rounded(spread([mine / other for mine, other in pairs]), 2)
    missed = [
        name
        for name, is_missed in (
            ("us_per_account", each["low"] > BAR_US),
            ("ratio_to_xero_python", ratio["low"] > BAR_RATIO),
        )
        if is_missed
    ]
    return {
        "ratio_to_xero_python": ratio,
        "us_per_account": each,
        "xero_python_us_per_contact": other,
        "accounts": accounts,
        "rounds": rounds,
        "bars": {"us_per_account": BAR_US, "ratio_to_xero_python": BAR_RATIO},
        "missed": missed,
        "machine": machine(),
    }


def _sync(settings: Settings, accounts: int) -> float:
    """Return the CPU seconds of all threads of one sync."""
    reports: list[Report] = []
    with Connector.from_settings(settings) as connector:
        spent = cpu_seconds(lambda: reports.append(connector.sync()))
    (one,) = reports[0].connections
    created = one.actions.get(("account", "create"), 0)
    if created != accounts:
        raise AssertionError(f"{accounts} accounts were there, {created} were created.")
    return spent


def _sdk(twins: Twins) -> float:
    client = sdk.client()
    shown = contacts(twins)
    models = sdk.batches(shown, BATCH)
    answers = [
        json.dumps({"Contacts": shown[start : start + BATCH]}).encode()
        for start in range(0, len(shown), BATCH)
    ]

    def work() -> None:
        for model, answer in zip(models, answers, strict=True):
            sdk.encode(model)
            sdk.decode(client, answer)

    return cpu_seconds(work)


def contacts(twins: Twins) -> list[dict[str, Any]]:
    """Return the contacts as the Xero twin shows them."""
    return twins.xero.rows("contact")


def main() -> int:
    """Measure, print, and judge."""
    wanted = options(__doc__ or "", n=1000, rounds=11, seed=1, profile=0)
    profile = Samples() if wanted.profile else None
    result = measured(wanted.n, wanted.rounds, wanted.seed, profile)
    if profile is not None:
        print(profile.told(wanted.n), file=sys.stderr)
    tell(result)
    return 1 if result["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
