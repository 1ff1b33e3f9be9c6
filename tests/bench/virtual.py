"""Time that only sleeping moves, shared by a connector and by twins in another process.

What is simulated: time itself, and how long Xero and Dynamics take to answer. What is not: every
call goes over TLS to the twins and is answered, counted and limited by them as ever. The connector
sends its calls one after another, and each moves the clock by what its answer takes, divided by the
calls that may be in flight for writes to Xero; so the five slots are as busy as in reality. What
our own CPU takes is not in the clock, but in the benchmark `cpu`.
"""

from __future__ import annotations

import json
import mmap
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory

import requests

from dynamics_xero.settings import Settings
from tests.bench.workbench import Twins
from tests.folders import in_memory
from tests.sandbox import Control

DAWN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STARTER, PAID = 1000, 5000
"""Calls a day (xero.md section 2)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORM = struct.Struct("q")


class SharedClock:
    """Microseconds in a file that two processes have in memory.

    Only one of them moves it at a time: the twins while the connector waits for their answer.
    """

    def __init__(self, path: Path, *, begins: datetime | None = None) -> None:
        """Open the file; with `begins` it is made."""
        if begins is not None:
            path.write_bytes(_FORM.pack((begins - _EPOCH) // timedelta(microseconds=1)))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _FORM.size)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the aware UTC time."""
        return _EPOCH + timedelta(microseconds=_FORM.unpack_from(self._memory)[0])

    def sleep(self, seconds: float) -> None:
        """Let that much time pass at once."""
        with self._lock:
            moment = _FORM.unpack_from(self._memory)[0] + round(max(seconds, 0.0) * 1e6)
            _FORM.pack_into(self._memory, 0, moment)

    def wait_for(self, instant: datetime) -> None:
        """Sleep until then; a moment that has passed is there already."""
        self.sleep((instant - self.now()).total_seconds())


@dataclass(frozen=True)
class Latency:
    """Seconds until an answer is there, assumed (performance.md section 1.3 has them likewise).

    xero_s, xero_row_s: of a call, and more for each record written; 50 take 1.5 s, 1,000 take 20.
    in_flight: writes to Xero that are under way at once.
    """

    xero_s: float = 0.5
    xero_row_s: float = 0.02
    dynamics_s: float = 0.5
    in_flight: int = 5

    def call_s(self, records: int) -> float:
        """Return what a write to Xero takes."""
        return self.xero_s + records * self.xero_row_s


@dataclass(frozen=True)
class Scenario:
    """A tier's calls a day, under one kind of window."""

    tier: str
    calls_a_day: int
    window: str

    @property
    def name(self) -> str:
        """What it is called in the results."""
        return f"{self.tier}-{self.window}"


SCENARIOS = tuple(
    Scenario(tier, calls, window)
    for tier, calls in (("paid", PAID), ("starter", STARTER))
    for window in ("fixed", "rolling")
)


@dataclass(frozen=True)
class Stage:
    """Twins on a virtual clock, limited as the scenario has it."""

    twins: Twins
    clock: SharedClock

    def settings(self, state: str) -> Settings:
        """Return the settings as a file of one's own has them: ordinary polls, ordinary linger."""
        read = self.twins.settings(state)
        connections = {
            name: replace(
                one,
                dynamics=replace(one.dynamics, poll_s=10.0),
                xero=replace(one.xero, poll_s=300.0),
            )
            for name, one in read.connections.items()
        }
        return replace(read, connections=connections, linger_s=None)

    def limit(self, scenario: Scenario) -> None:
        """Have Xero count as it does for that tier."""
        figures = {"minute": 60, "day": scenario.calls_a_day, "app_minute": 10_000}
        self.twins.xero.post("quota", {**figures, "window": scenario.window})


@contextmanager
def staged(latency: Latency, *, seed: int) -> Iterator[Stage]:
    """Serve both twins, empty, on a virtual clock while the block runs."""
    with TemporaryDirectory(prefix="bench-", dir=in_memory()) as folder:
        home = Path(folder)
        clock = SharedClock(home / "clock", begins=DAWN)
        command = [sys.executable, "-m", "tests.bench.virtual_twins", folder, str(seed)]
        command += map(str, astuple(latency))
        with (
            subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process,
            requests.Session() as session,
        ):
            assert process.stdout is not None
            assert process.stdin is not None
            try:
                facts = json.loads(process.stdout.readline())
                session.trust_env, session.verify = False, facts["ca_file"]
                dynamics = Control(session, facts["dynamics_url"])
                xero = Control(session, facts["xero_url"])
                yield Stage(Twins(facts, dynamics, xero, home), clock)
            finally:
                process.stdin.close()
