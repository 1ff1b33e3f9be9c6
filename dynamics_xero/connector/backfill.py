"""`backfill`: the first load of one connection, told as it goes.

It is the ordinary trip in slices: what is linked, filled or made is stored as ever, so that one
that was stopped or killed goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.consent import consent
from dynamics_xero.connector.desk import Desk
from dynamics_xero.connector.meter import Meter
from dynamics_xero.connector.report import ConnectionReport
from dynamics_xero.connector.shifts import pause_text, running, told, waited_for
from dynamics_xero.connector.syncing import agreed, sync
from dynamics_xero.errors import ThrottledError
from dynamics_xero.model import Status
from dynamics_xero.ports import Use
from dynamics_xero.sync import run
from dynamics_xero.sync.trip import Talk, Trip

SLICE = timedelta(seconds=10)
"""How long it works between two words to the person who waits."""


def backfill(desk: Desk, one: Connection, entity: str | None, *, talk: Talk) -> ConnectionReport:
    """Match, link, fill and make whatever has no partner yet.

    A connection that waits for its first plan is only planned, as by `sync`.
    """
    with desk.shop.store.read() as tx:
        waits = consent(tx, one.name, desk.mappings).waits
    if waits:
        return sync(desk, one, entity, talk=talk)
    meter = Meter.start(one.sides, desk.shop.clock.now())
    with waited_for(desk.shop, one.lane()) as lane, running(desk.shop, one, "backfill") as run_id:
        trip = replace(one.trip(lane, run_id=run_id, use=Use.BACKFILL), only=entity, talk=talk)
        state = agreed(desk, trip)
        paused = _work(replace(trip, held=state.held))
        with desk.shop.store.read() as tx:
            actions, unchanged = tx.runs.counts(run_id), tx.runs.unchanged(one.name, run_id)
    return told(desk.shop, one, actions, meter, unchanged=unchanged, paused=paused, asks=state.asks)


def _work(trip: Trip) -> str | None:
    """Work in slices, then to the very end; returns why it stopped early, None when it did not."""
    try:
        trip.talk(f"{trip.connection}: reading both sides")
        run.pull_all(trip)
        _ask_again(trip)
        progress = Progress(trip.now(), _waiting(trip))
        left = progress.total
        with trip.aside:
            while left:
                trip.talk(f"{trip.connection}: {progress.told(trip.now(), left)}")
                run.rounds(trip, until=trip.now() + SLICE)
                before, left = left, _waiting(trip)
                if left >= before:
                    break  # what is left waits for something; the last part waits for it
        run.run_once(trip)
    except ThrottledError as error:
        run.queue(trip, error)
        return pause_text(error)
    return None


def _ask_again(trip: Trip) -> None:
    """Mark due what asked a person when it was last looked at: it may find a partner by now."""
    for mapping in trip.entities:
        after = 0
        while True:
            with trip.lane.begin() as tx:
                links = tx.unlinked.page(
                    trip.connection,
                    mapping.name,
                    after=after,
                    limit=trip.limits.round_size,
                    status=Status.CONFLICT,
                )
                tx.links.wake([link.id for link in links], now=trip.now())
            if not links:
                break
            after = links[-1].id


def _waiting(trip: Trip) -> int:
    with trip.store.read() as tx:
        return sum(
            tx.unlinked.waiting(trip.connection, mapping.name, now=trip.now())
            for mapping in trip.entities
        )


@dataclass(frozen=True)
class Progress:
    """How far a load has come since its start."""

    started: datetime
    total: int

    def told(self, now: datetime, left: int) -> str:
        """Return what is done, and the time left at the pace so far."""
        done = max(self.total - left, 0)
        text = f"{done:,} of {self.total:,} records done"
        seconds = (now - self.started).total_seconds()
        if not done or not seconds:
            return text
        return f"{text}, about {_lasting(seconds / done * left)} left"


def _lasting(seconds: float) -> str:
    """Return a length of time in the unit that people would use."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
