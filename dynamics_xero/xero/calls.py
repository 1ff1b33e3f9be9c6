"""Count the calls made, by what they were for."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping


class CallCounts:
    """Calls sent by this process: read, write, write_back."""

    def __init__(self) -> None:
        self._counts = Counter({"read": 0, "write": 0, "write_back": 0})
        self._lock = threading.Lock()

    def add(self, kind: str) -> None:
        """Count one call."""
        with self._lock:
            self._counts[kind] += 1

    def counts(self) -> Mapping[str, int]:
        """Return the calls made so far in this process."""
        with self._lock:
            return dict(self._counts)
