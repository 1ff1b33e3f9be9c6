"""The two clocks a connector may run by: the machine's, or a sandbox's."""

from __future__ import annotations

import json
import ssl
import threading
import time
import weakref
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

ASK_AGAIN_S = 0.1
STEP_S = 0.1
TIMEOUT_S = 10.0


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the aware UTC time."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(seconds, 0.0))


class SandboxClock:
    """The sandbox's time: the machine's plus an offset that a test may move (contract.md 2).

    The offset is asked for at most every ASK_AGAIN_S, so a move is noticed within that time; a
    sleeper wakes when the sandbox's time has come.
    """

    def __init__(self, url: str, *, ca_file: Path | None) -> None:
        self._path = urlsplit(url).path
        self._line = _line(url, ca_file)
        weakref.finalize(self, self._line.close)  # nobody closes a clock
        self._lock = threading.Lock()
        self._offset = timedelta(0)
        self._asked_at: float | None = None

    def now(self) -> datetime:
        """Return the sandbox's time."""
        with self._lock:
            if self._asked_at is None or time.monotonic() - self._asked_at > ASK_AGAIN_S:
                self._offset = self._ask()
                self._asked_at = time.monotonic()
            return datetime.now(UTC) + self._offset

    def sleep(self, seconds: float) -> None:
        """Wait until the sandbox's time has moved on that far."""
        until = self.now() + timedelta(seconds=seconds)
        while (left := (until - self.now()).total_seconds()) > 0:
            time.sleep(min(left, STEP_S))

    def _ask(self) -> timedelta:
        for _ in range(2):  # the sandbox may have closed a line that nobody used for a while
            try:
                self._line.request("GET", self._path)
                return timedelta(seconds=float(json.load(self._line.getresponse())["offset_s"]))
            except (OSError, HTTPException):
                self._line.close()
        return self._offset  # a sandbox that stopped keeps its last time


def _line(url: str, ca_file: Path | None) -> HTTPConnection:
    """Return a connection, opened with the first call; no proxy stands between."""
    place = urlsplit(url)
    if place.scheme == "http":
        return HTTPConnection(place.netloc, timeout=TIMEOUT_S)
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    return HTTPSConnection(place.netloc, timeout=TIMEOUT_S, context=context)
