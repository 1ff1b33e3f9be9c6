"""One limit of calls in a period, remembered so that it holds under fixed and rolling windows.

Xero documents fixed windows and integrators report rolling ones (xero.md section 2). Fewer than
the limit in *any* stretch of the period keeps both. A call counts from its answer, for only then
is it sure that Xero has counted it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FLIGHT_LIMIT_S = 65.0
"""A call is over by then: whoever did not say so has died."""

_TOLD_LATE = 10
"""Calls by which an answer may be behind our own count without meaning anything."""


@dataclass
class Window:
    """Calls of ours by the step in which they were answered, and what else must be used up.

    limit grows when an answer shows more to be left. missing: calls that Xero's figure lacks
    beside all of ours, because others use the app, because the limit is lower, or because our
    memory was lost. doubt: the same by the latest answer, and counting against us every call
    that Xero may not have seen before it answered. follows: what Xero says is left counts for more
    than our memory, so that a fixed window that began anew is noticed; only for windows so long
    that a few calls more or less do not matter. pinned: the limit as the settings have it, which
    counts for more than one that is remembered.
    """

    limit: int
    period_s: int
    step_s: float
    known: bool = False
    follows: bool = False
    pinned: int | None = None
    spent: dict[int, int] = field(default_factory=dict)
    missing: dict[int, int] = field(default_factory=dict)
    doubt: tuple[int, int] = (0, 0)

    def free(self, now: float, in_flight: int, percent: int = 100) -> int:
        """Return how many calls may start now; percent: of what others leave to us."""
        others = max(self._since(self.missing, now), default=0)
        if self._end_s(self.doubt[0]) > now:
            others = max(others, self.doubt[1])
        return (self.limit - others) * percent // 100 - self.used(now) - in_flight

    def used(self, now: float) -> int:
        """Return how many calls of ours count at present."""
        return sum(self._since(self.spent, now))

    def wait_s(self, now: float, in_flight: int, percent: int = 100) -> float:
        """Return how long until a call may start, should those in flight take for ever."""
        if self.free(now, in_flight, percent) > 0:
            return 0.0
        steps = {*self.spent, *self.missing, self.doubt[0]}
        for moment in sorted(self._end_s(step) for step in steps):
            if moment > now and self.free(moment, in_flight, percent) > 0:
                return moment - now
        return 1.0

    def add(self, now: float) -> None:
        """Count a call that was answered, or given up, at `now`."""
        step = self._step(now)
        self.spent[step] = self.spent.get(step, 0) + 1

    def learn(
        self, now: float, started: float, remaining: int, in_flight: int, *, late: int
    ) -> None:
        """Take in what an answer says is left; its own call has been added already.

        late: calls of ours that were answered since this one started, or more. The figure lacks
        the call itself, unless a fixed window began anew before it was answered.
        """
        if self.known:
            self.limit = max(self.limit, remaining)
        else:
            self.limit, self.known = max(remaining, min(remaining + 1, self.limit)), True
        if self.follows and remaining - self.free(now, in_flight) > _TOLD_LATE + late:
            self._begin_anew(now, remaining, in_flight)
        maybe_counted = sum(self._since(self.spent, started)) + in_flight
        missing = self.limit - maybe_counted - remaining
        step = self._step(now)
        if missing > 0:
            self.missing[step] = max(self.missing.get(step, 0), missing)
        surely_counted = self.used(now) - late
        alone = not any(self._since(self.missing, now))
        self.doubt = (step, 0 if alone else self.limit - surely_counted - remaining)

    def answered_since(self, started: float) -> int:
        """Return how many calls but the last may have been answered after that moment."""
        return sum(n for at, n in self.spent.items() if at * self.step_s > started) - 1

    def _begin_anew(self, now: float, remaining: int, in_flight: int) -> None:
        """Forget the oldest calls, which Xero no longer counts: its fixed window began anew."""
        self.missing, self.doubt = {}, (0, 0)
        surplus = remaining - self.free(now, in_flight)
        for step in sorted(step for step in self.spent if self._end_s(step) > now):
            gone = max(0, min(self.spent[step], surplus))
            self.spent[step] -= gone
            surplus -= gone

    def forget(self, now: float) -> None:
        """Drop what no answer still on its way can be about."""
        for memory in (self.spent, self.missing):
            for step in [step for step in memory if self._end_s(step) + FLIGHT_LIMIT_S <= now]:
                del memory[step]

    def clear(self) -> None:
        """Drop all but the limit."""
        self.spent, self.missing, self.doubt = {}, {}, (0, 0)

    def dump(self) -> dict[str, Any]:
        """Return the memory as plain JSON values."""
        return {
            "limit": self.limit,
            "known": self.known,
            "spent": self.spent,
            "missing": self.missing,
            "doubt": self.doubt,
        }

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Take up a memory that `dump` returned."""
        self.limit, self.known = self.pinned or int(memory["limit"]), bool(memory["known"])
        self.spent = {int(step): int(count) for step, count in memory["spent"].items()}
        self.missing = {int(step): int(count) for step, count in memory["missing"].items()}
        step, count = memory["doubt"]
        self.doubt = (int(step), int(count))

    def _since(self, memory: Mapping[int, int], now: float) -> list[int]:
        return [count for step, count in memory.items() if self._end_s(step) > now]

    def _step(self, now: float) -> int:
        # Rounded up: a call is never forgotten early.
        return math.ceil(now / self.step_s)

    def _end_s(self, step: int) -> float:
        return step * self.step_s + self.period_s
