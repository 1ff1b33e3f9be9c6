"""The calls of one push: written down before they leave, and taken back if they never do (R21)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dynamics_xero.model import Action, ActionKind, Purpose, SideName, Values, Write
from dynamics_xero.rows import RequestRow
from dynamics_xero.sync.details import details, is_home
from dynamics_xero.sync.outcome import Batch, parents
from dynamics_xero.sync.trip import Trip
from dynamics_xero.sync.unanswered import member

CALLS = (ActionKind.CREATE, ActionKind.UPDATE, ActionKind.ARCHIVE, ActionKind.RESTORE)
"""The actions that a remote is called for; the others are only stored."""


def open_calls(trip: Trip, actions: Sequence[Action]) -> list[Batch]:
    """5a: write the requests down, one per remote call (R21)."""
    now = trip.now()
    groups: list[list[Action]] = []
    for side, resource in dict.fromkeys((action.side, action.resource) for action in actions):
        mine = [a for a in actions if (a.side, a.resource) == (side, resource)]
        writes = [element(trip, action, at=now) for action in mine]
        found = trip.sides[side].batches(writes, purpose=Purpose.DATA)
        groups.extend([mine[place] for place in group] for group in found)
    return write_down(trip, groups)


def write_down(trip: Trip, groups: Sequence[Sequence[Action]]) -> list[Batch]:
    """Write one request down per group, each to be sent as one call."""
    if not groups:
        return []
    now = trip.now()
    batches = [Batch(trip.new_id(), tuple(group), now) for group in groups]
    with trip.lane.begin() as tx:
        tx.requests.open([_request(trip, batch) for batch in batches])
        for batch in batches:
            tx.links.set_request([action.link.id for action in batch.actions], batch.request_id)
    return batches


def _request(trip: Trip, batch: Batch) -> RequestRow:
    first = batch.actions[0]
    deadline = trip.now() + timedelta(seconds=trip.limits.deadline_s)
    return RequestRow(
        id=batch.request_id,
        connection=trip.connection,
        endpoint=trip.key(batch.side),
        resource=first.resource,
        action=first.kind.value,
        key=batch.request_id,
        deadline=deadline,
        members=tuple(member(trip, action) for action in batch.actions),
        fence=trip.lane.fence or 0,
    )


def element(trip: Trip, action: Action, *, at: datetime) -> Write:
    """Return the element of one action; a write to Dynamics takes Xero Details along.

    It carries the version it was decided on, and is refused if that is no longer so (R23).
    """
    xero = action.side is SideName.XERO
    return Write(
        kind=action.kind,
        resource=action.resource,
        id=action.remote_id,
        values=action.values if xero else {**action.values, **_details(trip, action, at)},
        parts=action.lists,
        if_match=None if xero else action.dynamics_version,
    )


def _details(trip: Trip, action: Action, at: datetime) -> Values:
    if not is_home(trip, action.shown):
        return {}
    done = replace(action.link, status=action.status, remark=action.remark)
    return details(trip, replace(done, last_synced_at=at.replace(microsecond=0)))


def withdraw(trip: Trip, batches: Sequence[Batch]) -> None:
    """Requests that never left, or were turned away unread: their links stay due."""
    with trip.lane.begin() as tx:
        for batch in batches:
            tx.links.set_request([action.link.id for action in batch.actions], None)
            tx.links.wake(parents(batch.actions), now=trip.now())
            tx.requests.close(batch.request_id)
