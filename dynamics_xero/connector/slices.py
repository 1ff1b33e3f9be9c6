"""A worker's slice of one connection: poll what is due to be polled, work, and say when again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.tempo import linger, tempo
from dynamics_xero.model import SideName
from dynamics_xero.ports import Budgeted, Use
from dynamics_xero.sync import run
from dynamics_xero.sync.breaker import next_due_at
from dynamics_xero.sync.feeds import Source
from dynamics_xero.sync.guards import CYCLE, end_cycle
from dynamics_xero.sync.pull import pull, read_at
from dynamics_xero.sync.trip import Trip
from dynamics_xero.sync.unanswered import release_unanswered

SLICE_S = 60.0
NEAR_S = 60.0
"""A batch that leaves this soon has Xero read anyway, so a poll waits for it (R23)."""


def work_slice(one: Connection, trip: Trip) -> None:
    """Read the feeds whose poll interval has passed, then do what is due until time is up."""
    until = trip.now() + timedelta(seconds=SLICE_S)
    leaves_at = one.linger.until
    now = tempo(one, trip)
    for source in trip.sources:
        if _is_to_be_read(trip, source, now.poll_s(source), leaves_at):
            pull(trip, source)
    release_unanswered(trip)
    trip = replace(trip, linger=linger(one, now))
    if _is_load(trip):
        run.work(replace(trip, linked=True), until=until)
        trip = replace(trip, sides=one.used_for(Use.BACKFILL), linger=None, linked=False)
        _afford(trip)
    run.work(trip, until=until)
    next_at = _next_at(one, trip)
    if next_at is None or next_at > trip.now():
        end_cycle(trip, at_least=CYCLE)


def next_look(one: Connection, trip: Trip) -> float:
    """Return the seconds until something is due, at most those until the next poll."""
    next_at = _next_at(one, trip)
    polls = min(one.settings.dynamics.poll_s, one.settings.xero.poll_s)
    due_in = (next_at - trip.now()).total_seconds() if next_at is not None else polls
    return max(0.0, min(due_in, polls))


def _next_at(one: Connection, trip: Trip) -> datetime | None:
    """Return when something can be done; what lingers is due, and yet waits."""
    next_at = next_due_at(trip)
    return max(next_at, one.linger.until or next_at) if next_at is not None else None


def _is_to_be_read(trip: Trip, source: Source, poll_s: float, leaves_at: datetime | None) -> bool:
    read = read_at(trip, source)
    if read is None:
        return True
    now = trip.now()
    if source.side is SideName.XERO and leaves_at is not None:
        soon = timedelta(seconds=min(NEAR_S, poll_s))
        if now < leaves_at < now + soon:
            return False
    return now - read >= timedelta(seconds=poll_s)


def _afford(trip: Trip) -> None:
    """Leave a load untouched that could not be sent: its records go once there are calls again."""
    xero = trip.sides[SideName.XERO]
    if isinstance(xero, Budgeted):
        xero.afford()


def _is_load(trip: Trip) -> bool:
    """More than are decided together: a load may use less of the day, and goes after the rest."""
    with trip.store.read() as tx:
        counts = [
            tx.unlinked.waiting(trip.connection, mapping.name, now=trip.now())
            for mapping in trip.entities
        ]
    return sum(counts) > trip.limits.round_size
