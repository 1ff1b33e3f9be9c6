"""Spend calls so that Xero never has to refuse one, together with every other process (R35)."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from dynamics_xero.errors import ThrottledError
from dynamics_xero.ports import BudgetStore, Clock
from dynamics_xero.xero import allowance
from dynamics_xero.xero.allowance import Allowance, Wait
from dynamics_xero.xero.window import FLIGHT_LIMIT_S

LONGEST_WAIT_S = 60.0
"""A longer wait ends the run as `paused`; limits of a minute are waited out (contract.md 3)."""

_MINUTES = ("minute", "appminute", "concurrent")
_LONGEST_MINUTE_S = 120.0
_NAP_S = 5.0
_IN_FLIGHT = 5
_HEADERS = {
    "minute": "x-minlimit-remaining",
    "day": "x-daylimit-remaining",
    "appminute": "x-appminlimit-remaining",
}

Result = TypeVar("Result")


@dataclass
class Call:
    """One call under way; what its answer says of the limits goes in before it ends."""

    started: float
    remaining: dict[str, int] = field(default_factory=dict)
    pause: tuple[str, float] | None = None

    def answered(self, headers: Mapping[str, str]) -> None:
        """Take in what Xero says is left; header names in lower case."""
        for why, name in _HEADERS.items():
            if headers.get(name, "").isdigit():
                self.remaining[why] = int(headers[name])

    def refused(self, why: str, retry_after_s: float) -> None:
        """Let nobody start before Xero's Retry-After is over."""
        self.pause = (why or "minute", retry_after_s)


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    fresh: Callable[[], Allowance]
    pauses: tuple[str, ...]


class Budget:
    """The calls of one organisation, and of the app it belongs to."""

    def __init__(self, store: BudgetStore, clock: Clock, *, organisation: str, app: str) -> None:
        """organisation, app: names of their rows in the store."""
        self._store = store
        self._clock = clock
        self._rows = (
            _Row(organisation, allowance.organisation, ("minute", "day", "concurrent")),
            _Row(app, allowance.app, ("appminute",)),
        )
        self._slots = threading.BoundedSemaphore(_IN_FLIGHT)
        self._turn = threading.Lock()
        self._lock = threading.Lock()

    @contextmanager
    def call(self, *, within_s: float, over_s: float = FLIGHT_LIMIT_S) -> Iterator[Call]:
        """Wait for the right to make one call, hold it while the call runs, then count it.

        over_s: how long after its start it is over, should this process die before it says so.
        Raises ThrottledError when the wait would outlast within_s, or is for a day.
        """
        until = self._now() + within_s
        with self._slots:
            with self._turn:  # one waits for the limits, so that nobody is passed over
                call = Call(self._spend(until, over_s))
            try:
                yield call
            finally:
                self._settle(call)

    def _spend(self, until: float, over_s: float) -> float:
        while True:
            wait, started = self._start(over_s)
            if not wait.seconds:
                return started
            longest = _LONGEST_MINUTE_S if wait.why in _MINUTES else LONGEST_WAIT_S
            if wait.seconds > longest or self._now() + wait.seconds >= until:
                raise ThrottledError(
                    f"Xero's limit of calls is used up ({wait.why}).",
                    code=wait.why,
                    retry_after_s=wait.seconds,
                )
            # In short naps, since the clock may be moved while we sleep.
            self._clock.sleep(min(wait.seconds, _NAP_S))

    def _start(self, over_s: float) -> tuple[Wait, float]:
        """Debit every row before the call leaves, or none of them and say how long to wait."""
        with self._lock:
            started = self._now()
            for position, row in enumerate(self._rows):
                wait = self._change(row, functools.partial(_debit, started, over_s))
                if wait.seconds:
                    for debited in self._rows[:position]:
                        self._change(debited, lambda held: held.flying.remove(started))
                    return wait, started
            return Wait(0.0), started

    def _settle(self, call: Call) -> None:
        with self._lock:
            for row in self._rows:
                self._change(row, functools.partial(self._count, row, call))

    def _count(self, row: _Row, call: Call, held: Allowance) -> None:
        now = self._now()
        held.end(now, call.started, call.remaining)
        if call.pause is not None and call.pause[0] in row.pauses:
            held.pause(call.pause[0], now + call.pause[1])

    def _change(self, row: _Row, change: Callable[[Allowance], Result]) -> Result:
        """Change a row as if alone; another process that was first makes us look again."""
        while True:
            before = self._store.load(row.name)
            held = row.fresh()
            if before is not None:
                held.restore(before)
            held.forget(self._now())
            result = change(held)
            after = held.dump()
            if after == before or self._store.update(row.name, before, after):
                return result

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _debit(now: float, over_s: float, held: Allowance) -> Wait:
    wait = held.wait(now)
    if not wait.seconds:
        held.start(now, over_s)
    return wait
