"""Throw away what has been kept long enough: history, finished runs, leases nobody holds.

In small helpings, each a transaction of its own, so that no writer waits for long.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from dynamics_xero.connector.connection import Workshop
from dynamics_xero.store_port import Transaction

HELPING = 500
MOST_HELPINGS = 20
"""Of each kind in one go; the rest comes with the next."""

RUN_DAYS = 30
"""Runs are only counted by; one is opened with every look, so they are many."""


def prune(shop: Workshop, *, keep_days: int) -> int:
    """Forget what is older than so many days; returns how many rows that were."""
    now = shop.clock.now()
    old, long_ended = (now - timedelta(days=days) for days in (keep_days, min(keep_days, RUN_DAYS)))
    return (
        _all(shop, lambda tx: tx.pruning.history(old, limit=HELPING))
        + _all(shop, lambda tx: tx.pruning.runs(long_ended, limit=HELPING))
        + _all(shop, lambda tx: tx.pruning.leases(old, limit=HELPING))
    )


def _all(shop: Workshop, helping: Callable[[Transaction], int]) -> int:
    total = 0
    for _ in range(MOST_HELPINGS):
        with shop.store.begin() as tx:
            number = helping(tx)
        total += number
        if number < HELPING:
            break
    return total
