"""How long what was read of Xero is young enough to be written over (R17, R23).

Xero has no If-Match, so a young mirror is all that keeps other people's edits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dynamics_xero.model import Action, ActionKind, SideName
from dynamics_xero.sync.calls import CALLS
from dynamics_xero.sync.pull import read_at
from dynamics_xero.sync.trip import Trip

NEVER = datetime.min.replace(tzinfo=UTC)


def last_moment(trip: Trip, actions: Sequence[Action]) -> datetime | None:
    """Return until when these writes may leave before Xero is read again, None for any time.

    actions: of one entity, or of one call. Putting back what we overwrote never waits (R17).
    """
    calls = [a for a in actions if a.kind in CALLS and a.side is SideName.XERO]
    if not calls:
        return None
    read = read_at(trip, trip.source(SideName.XERO, calls[0].resource))
    return NEVER if read is None else read + min(_longest(trip, action) for action in calls)


def _longest(trip: Trip, action: Action) -> timedelta:
    create = action.kind is ActionKind.CREATE
    return timedelta(seconds=trip.limits.fresh_create_s if create else trip.limits.fresh_update_s)
