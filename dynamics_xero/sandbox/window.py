"""Counting calls in a window of time: fixed and rolling, since Xero's is disputed.

Xero's limits page says fixed windows that reset at other times per tenant; several integrators
say rolling (xero.md section 2). Dataverse documents a sliding one (dataverse.md section 5).
"""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol


class Window(Protocol):
    """How many calls were made lately, and when there will be room again."""

    def used(self, now: float) -> int: ...

    def add(self, now: float) -> None: ...

    def wait_s(self, now: float, limit: int) -> int: ...


class FixedWindow:
    """Counts from one reset to the next; `offset` says when in the period the resets fall."""

    def __init__(self, period_s: int, offset: float = 0.0) -> None:
        self._period_s = period_s
        self._offset = offset
        self._index = -1
        self._count = 0

    def used(self, now: float) -> int:
        """Return the calls since the last reset."""
        index = math.floor((now - self._offset) / self._period_s)
        if index != self._index:
            self._index, self._count = index, 0
        return self._count

    def add(self, now: float) -> None:
        """Count one call."""
        self.used(now)
        self._count += 1

    def wait_s(self, now: float, limit: int) -> int:  # noqa: ARG002 - the reset comes at any limit
        """Return the whole seconds until the next reset, at least one."""
        return max(1, math.ceil(self._period_s - (now - self._offset) % self._period_s))


class RollingWindow:
    """Counts the calls of the last `period_s` seconds."""

    def __init__(self, period_s: int) -> None:
        self._period_s = period_s
        self._times: deque[float] = deque()

    def used(self, now: float) -> int:
        """Return the calls within the period before `now`."""
        times = self._times
        while times and times[0] <= now - self._period_s:
            times.popleft()
        while times and times[-1] > now:  # the clock was set back
            times.pop()
        return len(times)

    def add(self, now: float) -> None:
        """Count one call."""
        self.used(now)
        self._times.append(now)

    def wait_s(self, now: float, limit: int) -> int:
        """Return the whole seconds until one call fits under `limit`, at least one."""
        surplus = self.used(now) - limit
        if surplus < 0:
            return 1
        return max(1, math.ceil(self._times[surplus] + self._period_s - now))
