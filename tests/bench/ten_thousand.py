"""Calls and memory for ten thousand new accounts with one contact each (issue 2, "It must show" 4).

Run: .venv/bin/python -m tests.bench.ten_thousand [accounts]. The twins, the seeding and the
connector are processes of their own, so the memory told is the connector's. Prints one JSON
document; exits with 1 when a bound is missed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from tests.sandbox import Control
from tests.trips.spent import Meter

PROGRAM = str(Path(sys.executable).with_name("dynamics-xero"))
ACCOUNTS = 10_000
LIFTED = 1_000_000
"""Calls a minute and a day that no run reaches: calls are counted here, not waited for."""


@dataclass(frozen=True)
class Sync:
    """One run of the command: what it printed and what the process used."""

    report: dict[str, Any]
    seconds: float
    cpu_seconds: float
    memory_peak_mb: float


def main(accounts: int) -> int:
    """Measure, print, and judge."""
    with (
        tempfile.TemporaryDirectory() as home,
        _served(home) as serving,
        requests.Session() as session,
    ):
        session.trust_env, session.verify = False, serving["ca_file"]
        dynamics = Control(session, serving["dynamics_url"])
        xero = Control(session, serving["xero_url"])
        xero.post("quota", {"minute": LIFTED, "day": LIFTED})
        config = ["--config", serving["settings_file"]]
        _run(["sandbox", "seed", "--accounts", str(accounts), *config])
        _run(["provision", "apply", *config])
        meter = Meter(dynamics=dynamics, xero=xero)
        sync = _synced(config)
        spent = meter.spent()
    created = sync.report["connections"]["main"]["entities"]["account"]["to_xero"]["create"]
    checks = {
        "created": (created, accounts, created == accounts),
        "failed": _at_most(len(sync.report["failed"]), 0),
        "xero_writes": _at_most(spent.xero_writes, -(-accounts * 220 // ACCOUNTS)),
        "xero_reads": _at_most(spent.xero_reads, 20),
        "write_backs": _at_most(spent.write_backs, -(-accounts * 40 // ACCOUNTS)),
        "lookups": _at_most(spent.lookups, 0),
        "parts_that_wrote_nothing": _at_most(spent.batch_parts - spent.rows_written_back, 0),
    }
    missed = [name for name, (_, _, kept) in checks.items() if not kept]
    print(json.dumps(_told(accounts, sync, asdict(spent), checks, missed), indent=1))
    return 1 if missed else 0


def _told(
    accounts: int,
    sync: Sync,
    spent: dict[str, int],
    checks: dict[str, tuple[int, int, bool]],
    missed: list[str],
) -> dict[str, object]:
    return {
        "accounts": accounts,
        "calls": spent,
        "bounds": {
            name: {"is": value, "bound": bound} for name, (value, bound, _) in checks.items()
        },
        "missed": missed,
        "seconds": round(sync.seconds, 1),
        "cpu_seconds": round(sync.cpu_seconds, 1),
        "memory_peak_mb": round(sync.memory_peak_mb, 1),
    }


def _at_most(value: int, bound: int) -> tuple[int, int, bool]:
    return value, bound, value <= bound


@contextmanager
def _served(home: str) -> Iterator[dict[str, Any]]:
    """Run the twins in a process of their own; gives what they print about themselves."""
    command = [PROGRAM, "sandbox", "serve", "--home", home, "--seed", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def _run(words: list[str]) -> None:
    subprocess.run([PROGRAM, *words], check=True, stdout=subprocess.DEVNULL)


def _synced(config: list[str]) -> Sync:
    """Run the sync and ask the kernel what that one process used."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([PROGRAM, "sync", "--once", "--json", *config], stdout=output)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        output.seek(0)
        report = json.loads(output.read())
    # Linux tells the peak in KiB (getrusage(2)).
    return Sync(report, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS))
