"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT_S = 60


def until(what: str, look: Callable[[], bool], *, limit_s: float = LIMIT_S) -> float:
    """Wait until something is seen; return the seconds it took, fail after limit_s."""
    started = time.monotonic()
    while not look():
        assert time.monotonic() - started < limit_s, f"waited in vain for {what}"
        time.sleep(0.1)
    return time.monotonic() - started
