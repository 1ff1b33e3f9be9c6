"""Benchmark: the peak memory of a first load at two sizes, each in a fresh process.

Run: python -m tests.bench.memory [--small 10000] [--large 100000] [--seed 1].

The twins, the seeding and the command `sync --once` are processes of their own; the kernel tells
the peak of the last one. Bars: the large load takes at most 1.1 times the small one's, and 120 MB
(performance.md section 6, P9).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.workbench import PROGRAM, Twins, machine, options, served, tell

BAR_RATIO = 1.1
BAR_MB = 120.0


@dataclass(frozen=True)
class Sync:
    """One run of the command: what it printed and what the process used."""

    report: dict[str, Any]
    seconds: float
    cpu_seconds: float
    memory_peak_mb: float


def measured(small: int, large: int, seed: int) -> dict[str, object]:
    """Load both sizes, each from nothing."""
    runs = {size: _loaded(size, seed) for size in (small, large)}
    peaks = {size: run.memory_peak_mb for size, run in runs.items()}
    ratio = round(peaks[large] / peaks[small], 3)
    return {
        "ratio": ratio,
        "rss_peak_mb": {str(size): round(peak, 1) for size, peak in peaks.items()},
        "cpu_us_per_account": {
            str(size): round(run.cpu_seconds / size * 1e6) for size, run in runs.items()
        },
        "seconds": {str(size): round(run.seconds, 1) for size, run in runs.items()},
        "bars": {"ratio": BAR_RATIO, "mb": BAR_MB},
        "missed": ["ratio"] * (ratio > BAR_RATIO) + ["mb"] * (peaks[large] > BAR_MB),
        "machine": machine(),
    }


def _loaded(accounts: int, seed: int) -> Sync:
    with tempfile.TemporaryDirectory(prefix="bench-") as home, served(Path(home), seed=seed) as t:
        t.lift_limits()
        t.filled(accounts, seed)
        run = _synced(t)
    entities = run.report["connections"]["main"]["entities"]
    created = entities["account"]["to_xero"]["create"]
    if created != accounts:
        raise AssertionError(f"{accounts} accounts were there, {created} were created.")
    return run


def _synced(twins: Twins) -> Sync:
    """Run the command and ask the kernel what that one process used."""
    began = time.monotonic()
    words = [*PROGRAM, "sync", "--once", "--json", "--config", twins.settings_file]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(words, stdout=output)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        output.seek(0)
        report = json.loads(output.read())
    # Linux tells the peak in KiB (getrusage(2)).
    return Sync(report, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> int:
    """Measure, print, and judge."""
    wanted = options(__doc__ or "", small=10_000, large=100_000, seed=1)
    result = measured(wanted.small, wanted.large, wanted.seed)
    tell(result)
    return 1 if result["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
