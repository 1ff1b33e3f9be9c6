"""Let a partial batch wait for more: calls are what Xero counts, not records.

Only what goes to Xero waits, and only in a worker's slice; what a person has just put right does
not, nor does what comes from Xero. What waits stays due, so a worker that dies loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Action, SideName, Status
from dynamics_xero.sync.calls import CALLS
from dynamics_xero.sync.pull import read_at
from dynamics_xero.sync.trip import Linger, Trip

_HELPED = (Status.FAILED, Status.CONFLICT, Status.BLOCKED)
"""How links stand that are due again because somebody did something about it."""


def held_back(trip: Trip, mapping: type[EntityMapping], actions: Sequence[Action]) -> set[int]:
    """Return the links whose actions wait for more to come; those that fill a batch do not."""
    linger = trip.linger
    young = [action.link.id for action in actions if _may_wait(action)]
    if linger is None or not young:
        return set()
    with trip.store.read() as tx:
        oldest = tx.links.next_due_at(trip.connection, entities=[mapping.name], linked=trip.linked)
    if oldest is None or _is_ripe(trip, mapping, linger, oldest):
        return set()
    rest = young[len(young) // linger.full * linger.full :]
    if rest:
        ends_at = oldest + timedelta(seconds=linger.wait_s)
        linger.until = min(linger.until or ends_at, ends_at)
    return set(rest)


def _may_wait(action: Action) -> bool:
    going = action.kind in CALLS and action.side is SideName.XERO
    return going and action.link.status not in _HELPED and action.link.attempts == 0


def _is_ripe(trip: Trip, mapping: type[EntityMapping], linger: Linger, oldest: datetime) -> bool:
    """Half the time is enough right after a read of Xero: one more is saved (R23)."""
    now = trip.now()
    waited_s = (now - oldest).total_seconds()
    if waited_s < linger.wait_s / 2:
        return False
    read = read_at(trip, trip.source(SideName.XERO, mapping.xero))
    is_fresh = read is not None and (now - read).total_seconds() < trip.limits.fresh_update_s
    return is_fresh or waited_s >= linger.wait_s
