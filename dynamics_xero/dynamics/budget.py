"""Keep within Dataverse's service protection, together with every other process (R35).

Its limits are per user and web server; we count on one server, since how many there are is never
told (dataverse.md section 5). Calls count from their end, for only then is it sure that Dataverse
has counted them, and their time on the road counts as its work, which it never exceeds.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from dynamics_xero.errors import ThrottledError
from dynamics_xero.ports import BudgetStore, Clock
from dynamics_xero.shared_rows import SharedRows

REQUESTS, EXECUTION_S, IN_FLIGHT = 6000, 1200.0, 52
"""What a user may do in PERIOD_S, and at once."""

PERIOD_S = 300
LONGEST_WAIT_S = 60.0
"""A longer wait ends the run as `paused` (contract.md 3)."""

_STEP_S = 5
_NAP_S = 5.0
_SLOT_WAIT_S = 0.25

Result = TypeVar("Result")


@dataclass
class Spending:
    """What one user has spent: step -> calls and seconds; calls under way -> when surely over.

    paused: nothing starts before.
    """

    calls: dict[int, int] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    flying: list[tuple[float, float]] = field(default_factory=list)
    paused: float = 0.0

    @classmethod
    def read(cls, text: str | None) -> Spending:
        """Take up a row's text."""
        row = json.loads(text) if text else {}
        return cls(
            {int(step): int(count) for step, count in row.get("calls", {}).items()},
            {int(step): float(count) for step, count in row.get("seconds", {}).items()},
            [(float(started), float(over)) for started, over in row.get("flying", [])],
            float(row.get("paused", 0.0)),
        )

    def text(self) -> str:
        """Return the row's text."""
        row = {"calls": self.calls, "seconds": self.seconds, "flying": self.flying}
        return json.dumps({**row, "paused": self.paused})

    def forget(self, now: float) -> None:
        """Drop what no longer counts; a call that nobody ended counts from when it was over."""
        for started, over in [one for one in self.flying if one[1] <= now]:
            self.end(over, started)
        self.calls = {step: n for step, n in self.calls.items() if _end_s(step) > now}
        self.seconds = {step: n for step, n in self.seconds.items() if _end_s(step) > now}

    def wait(self, now: float) -> tuple[float, str]:
        """Return how long until a call may start, and which limit says so."""
        if self.paused > now:
            return self.paused - now, "as it asked"
        if len(self.flying) >= IN_FLIGHT:
            return _SLOT_WAIT_S, "calls at once"
        if self.used_calls() + len(self.flying) >= REQUESTS:
            return self._until(now, self.calls, REQUESTS), "requests in 5 minutes"
        if self.used_s() + sum(now - started for started, _ in self.flying) >= EXECUTION_S:
            return self._until(now, self.seconds, EXECUTION_S), "execution time in 5 minutes"
        return 0.0, ""

    def used_calls(self) -> int:
        """Return the calls that count now."""
        return sum(self.calls.values())

    def used_s(self) -> float:
        """Return the seconds that count now."""
        return sum(self.seconds.values())

    def start(self, now: float, over_s: float) -> None:
        """Take one call out."""
        self.flying.append((now, now + over_s))

    def end(self, now: float, started: float) -> None:
        """Count a call that has ended, unless it was given up for dead and counted then."""
        mine = next((one for one in self.flying if one[0] == started), None)
        if mine is not None:
            self.flying.remove(mine)
            step = math.ceil(now / _STEP_S)
            self.calls[step] = self.calls.get(step, 0) + 1
            self.seconds[step] = self.seconds.get(step, 0.0) + now - started

    def _until(self, now: float, memory: dict[int, int] | dict[int, float], limit: float) -> float:
        left: float = sum(memory.values())
        for step in sorted(memory):
            left -= memory[step]
            if left < limit:
                return max(_end_s(step) - now, _SLOT_WAIT_S)
        return _SLOT_WAIT_S


@dataclass
class Call:
    """One call under way. pause_s: how long Dataverse asks everybody to wait."""

    started: float
    pause_s: float = 0.0


class DynamicsBudget:
    """The requests, the execution time and the calls at once of one environment user."""

    def __init__(self, store: BudgetStore, clock: Clock, *, user: str) -> None:
        """user: the name of its row in the store."""
        self._rows = SharedRows(store, [user])
        self._clock = clock
        self._user = user

    @contextmanager
    def call(self, *, over_s: float, within_s: float = LONGEST_WAIT_S) -> Iterator[Call]:
        """Wait for the right to make one call, hold it while the call runs, then count it.

        over_s: how long after its start it is over, should this process die before it says so.
        Raises ThrottledError when the wait would outlast within_s.
        """
        call = Call(self._spend(over_s, within_s))
        try:
            yield call
        finally:
            self._change(functools.partial(_settle, call))

    def standing(self) -> Spending:
        """Return how the limits stand, without changing anything."""
        spending = Spending.read(self._rows.load().get(self._user))
        spending.forget(self._now())
        return spending

    def _spend(self, over_s: float, within_s: float) -> float:
        until = self._now() + min(within_s, LONGEST_WAIT_S)
        while True:
            wait_s, why, started = self._change(functools.partial(_debit, over_s))
            if not wait_s:
                return started
            if started + wait_s > until:
                raise ThrottledError(
                    f"Dynamics' limit is used up ({why}).", code=why, retry_after_s=wait_s
                )
            # In short naps, since the clock may be moved while we sleep.
            self._clock.sleep(min(wait_s, _NAP_S))

    def _change(self, change: Callable[[float, Spending], Result]) -> Result:
        """Change the row as if alone."""

        def work(texts: Mapping[str, str]) -> tuple[Result, dict[str, str]]:
            spending = Spending.read(texts.get(self._user))
            now = self._now()
            spending.forget(now)
            return change(now, spending), {self._user: spending.text()}

        return self._rows.change(work)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _debit(over_s: float, now: float, spending: Spending) -> tuple[float, str, float]:
    wait_s, why = spending.wait(now)
    if not wait_s:
        spending.start(now, over_s)
    return wait_s, why, now


def _settle(call: Call, now: float, spending: Spending) -> None:
    spending.end(now, call.started)
    if call.pause_s:
        spending.paused = max(spending.paused, now + call.pause_s)


def _end_s(step: int) -> float:
    return step * _STEP_S + PERIOD_S
