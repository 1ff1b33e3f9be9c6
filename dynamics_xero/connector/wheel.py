"""The slow wheel: now and then the worker compares both sides whole, for feeds miss things (R5)."""

from __future__ import annotations

from datetime import timedelta

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.consent import consent
from dynamics_xero.connector.desk import Desk
from dynamics_xero.connector.reconciling import KIND, reconcile_one
from dynamics_xero.sync.trip import say_nothing


def turn(desk: Desk, one: Connection, *, days: int) -> bool:
    """Compare one connection if that is due, and say whether it was.

    One that was stopped, because its share of the day's calls was used up, goes on where it was.
    """
    if not is_due(desk, one, days=days):
        return False
    reconcile_one(desk, one, say_nothing)
    return True


def is_due(desk: Desk, one: Connection, *, days: int) -> bool:
    """Say whether the last comparison, or the first run of all, is so many days ago."""
    if days == 0:
        return False
    with desk.shop.store.read() as tx:
        if consent(tx, one.name, desk.mappings).waits:
            return False
        last = tx.reviews.last_whole(one.name, KIND)
    return last is not None and desk.shop.clock.now() - last >= timedelta(days=days)
