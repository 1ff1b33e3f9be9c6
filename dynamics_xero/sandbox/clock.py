"""The clock of a sandbox: real time plus an offset that a test may move."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Tell the time to every twin of one serve; moving it moves them all."""

    def __init__(
        self,
        real: Callable[[], datetime],
        offset: timedelta = timedelta(),
        *,
        moved: Callable[[timedelta], None] | None = None,
    ) -> None:
        """Start from `real`; `moved` is told each new offset, so that a restart can go on there."""
        self._real = real
        self._offset = offset
        self._moved = moved
        self._lock = threading.Lock()

    @property
    def offset(self) -> timedelta:
        """How far the sandbox is ahead of real time."""
        return self._offset

    def now(self) -> datetime:
        """Return the sandbox's present as an aware UTC datetime."""
        return self._real() + self._offset

    def seconds(self) -> float:
        """Return the present as seconds since 1970, the unit the quota windows count in."""
        return self.now().timestamp()

    def advance(self, seconds: float) -> datetime:
        """Move forward and return the new present."""
        with self._lock:
            self._move(self._offset + timedelta(seconds=seconds))
        return self.now()

    def set(self, instant: datetime) -> datetime:
        """Make `instant` the present; time goes on from there."""
        with self._lock:
            self._move(instant.astimezone(UTC) - self._real())
        return self.now()

    def _move(self, offset: timedelta) -> None:
        self._real() + offset  # An instant beyond the calendar is refused before it is kept.
        self._offset = offset
        if self._moved is not None:
            self._moved(offset)
