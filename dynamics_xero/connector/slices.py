"""A worker's slice of one connection: poll what is due to be polled, work, and say when again."""

from __future__ import annotations

from datetime import timedelta

from dynamics_xero.connector.connection import Connection
from dynamics_xero.model import SideName
from dynamics_xero.sync import run
from dynamics_xero.sync.breaker import next_due_at
from dynamics_xero.sync.feeds import Source
from dynamics_xero.sync.guards import CYCLE, end_cycle
from dynamics_xero.sync.pull import pull, read_at
from dynamics_xero.sync.trip import Trip
from dynamics_xero.sync.unanswered import release_unanswered

SLICE_S = 60.0
REFERENCE_POLL_S = 300.0


def work_slice(one: Connection, trip: Trip) -> None:
    """Read the feeds whose poll interval has passed, then do what is due until time is up."""
    until = trip.now() + timedelta(seconds=SLICE_S)
    for source in trip.sources:
        read = read_at(trip, source)
        if read is None or trip.now() - read >= timedelta(seconds=_source_poll_s(one, source)):
            pull(trip, source)
    release_unanswered(trip)
    run.work(trip, until=until)
    next_at = next_due_at(trip)
    if next_at is None or next_at > trip.now():
        end_cycle(trip, at_least=CYCLE)


def next_look(one: Connection, trip: Trip) -> float:
    """Return the seconds until something is due, at most those until the next poll."""
    next_at = next_due_at(trip)
    polls = min(_poll_s(one, SideName.DYNAMICS), _poll_s(one, SideName.XERO))
    due_in = (next_at - trip.now()).total_seconds() if next_at is not None else polls
    return max(0.0, min(due_in, polls))


def _poll_s(one: Connection, side: SideName) -> float:
    settings = one.settings
    return settings.dynamics.poll_s if side is SideName.DYNAMICS else settings.xero.poll_s


def _source_poll_s(one: Connection, source: Source) -> float:
    """Tables that are only looked up (currencies) hardly ever change and are read whole."""
    poll_s = _poll_s(one, source.side)
    return max(poll_s, REFERENCE_POLL_S) if source.is_reference else poll_s
