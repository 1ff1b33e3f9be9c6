"""Time that only sleeping moves, shared by a connector and by twins in another process.

What is simulated: time itself, and how long Xero and Dynamics take to answer. What is not: every
call goes over TLS to the twins and is answered, counted and limited by them as ever, and the
connector works with as many threads as ever. Time moves when all threads of both processes wait
(`tests.bench.referee`): then to the moment at which the first of them wants to go on. What our own
CPU takes is not in the clock, but in the benchmark `cpu`.
"""

from __future__ import annotations

import json
import mmap
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
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

MOMENT = struct.Struct("q")
"""Microseconds since 1970, in a file and on the way to the referee."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SharedClock:
    """A moment that several processes have in memory; sleeping asks the referee to be woken."""

    def __init__(self, folder: Path, *, begins: datetime | None = None) -> None:
        """Open it in its folder; with `begins` it is made."""
        path, self.door = folder / "clock", folder / "referee"
        if begins is not None:
            path.write_bytes(MOMENT.pack(_micros(begins)))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), MOMENT.size)

    def now(self) -> datetime:
        """Return the aware UTC time."""
        return _EPOCH + timedelta(microseconds=MOMENT.unpack_from(self._memory)[0])

    def sleep(self, seconds: float) -> None:
        """Wait until so much time has passed for everybody."""
        if seconds > 0:
            self.wait_for(self.now() + timedelta(seconds=seconds))

    def wait_for(self, instant: datetime) -> None:
        """Sleep until then; a moment that has passed is there already."""
        if instant <= self.now():
            return
        with socket.socket(socket.AF_UNIX) as guest:
            guest.connect(str(self.door))
            guest.sendall(MOMENT.pack(_micros(instant)))
            guest.recv(1)

    def move_to(self, moment: int) -> None:
        """Make it that moment, unless it is later already; only the referee does."""
        MOMENT.pack_into(self._memory, 0, max(moment, MOMENT.unpack_from(self._memory)[0]))


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Latency:
    """Seconds until an answer is there, assumed (performance.md section 1.3 has them likewise).

    xero_s, xero_row_s: of a call, and more for each record written; 50 take 1.5 s, 1,000 take 20.
    """

    xero_s: float = 0.5
    xero_row_s: float = 0.02
    dynamics_s: float = 0.5

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
    with TemporaryDirectory(prefix="bench-", dir=in_memory()) as folder, ExitStack() as running:
        home = Path(folder)
        clock = SharedClock(home, begins=DAWN)
        words = [folder, str(seed), *map(str, astuple(latency))]
        twins, line = running.enter_context(_program("virtual_twins", words))
        running.enter_context(refereed(home, [os.getpid(), twins]))
        session = running.enter_context(requests.Session())
        facts = json.loads(line)
        session.trust_env, session.verify = False, facts["ca_file"]
        dynamics = Control(session, facts["dynamics_url"])
        xero = Control(session, facts["xero_url"])
        yield Stage(Twins(facts, dynamics, xero, home), clock)


@contextmanager
def refereed(folder: Path, watched: Sequence[int]) -> Iterator[None]:
    """Let time move while the block runs, whenever nobody does anything in these processes."""
    with _program("referee", [str(folder), *map(str, watched)]):
        yield


@contextmanager
def _program(name: str, words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Run a module of ours until the block ends; returns its process's id and first line."""
    command = [sys.executable, "-m", f"tests.bench.{name}", *words]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.pid, process.stdout.readline()
        finally:
            process.stdin.close()
