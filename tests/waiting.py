"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

LIMIT_S = 60


def until(
    what: str,
    look: Callable[[], bool],
    *,
    limit_s: float = LIMIT_S,
    pause_s: float = 0.1,
    told: Callable[[], str] = str,
) -> float:
    """Wait until something is seen; return the seconds it took.

    Fails after limit_s, with what `told` has to say of it.
    """
    started = time.monotonic()
    while not look():
        assert time.monotonic() - started < limit_s, f"waited in vain for {what}\n{told()}".rstrip()
        time.sleep(pause_s)
    return time.monotonic() - started


def until_idle(webhooks: Callable[[], object], *, limit_s: float) -> dict[str, Any]:
    """Wait until a twin has sent all it had to tell; return its last answer of `webhooks`."""
    state: dict[str, Any] = {}

    def is_idle() -> bool:
        nonlocal state
        answer = webhooks()
        assert isinstance(answer, dict)
        state = answer
        return bool(state["idle"])

    until("the twin to have sent everything", is_idle, limit_s=limit_s, pause_s=0.005)
    return state
