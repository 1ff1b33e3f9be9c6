"""The one clock of a simulation: twins, engine and people all live by it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

DAWN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When every history begins."""

TICK = timedelta(milliseconds=1)


class ManualClock:
    """Time that goes on by a tick whenever somebody looks at it, and by sleeping (R39).

    Nothing else moves it, so the same calls in the same order see the same times.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = DAWN

    def now(self) -> datetime:
        """Return the aware UTC time, a tick later than the last one told."""
        with self._lock:
            self._now += TICK
            return self._now

    def sleep(self, seconds: float) -> None:
        """Let that much time pass at once."""
        with self._lock:
            self._now += timedelta(seconds=max(seconds, 0.0))

    def rewind(self, instant: datetime = DAWN) -> None:
        """Begin again at DAWN, or later, for the next history."""
        with self._lock:
            self._now = instant
