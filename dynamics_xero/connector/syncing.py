"""One `sync` of one connection: a plan where a person has to agree first, else the work itself."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.consent import Consent, begin
from dynamics_xero.connector.desk import Desk
from dynamics_xero.connector.meter import Meter
from dynamics_xero.connector.plan_items import counts
from dynamics_xero.connector.plans import survey
from dynamics_xero.connector.report import ConnectionReport
from dynamics_xero.connector.shifts import pause_text, running, told, waited_for
from dynamics_xero.errors import ThrottledError
from dynamics_xero.sync import run
from dynamics_xero.sync.trip import Talk, Trip


def sync(desk: Desk, one: Connection, entity: str | None, *, talk: Talk) -> ConnectionReport:
    """Work until nothing is due; a connection that waits for its first plan is only planned."""
    meter = Meter.start(one.sides, desk.shop.clock.now())
    with waited_for(desk.shop, one.lane()) as lane, running(desk.shop, one, "sync") as run_id:
        trip = replace(one.trip(lane, run_id=run_id), only=entity, talk=talk)
        state = agreed(desk, trip)
        if state.waits:
            talk(f"{one.name}: reading both sides for the first plan")
            would = counts(survey(desk, trip))
            return told(desk.shop, one, would, meter, asks=state.asks, planned=True)
        talk(f"{one.name}: reading changes, deciding, sending")
        paused = _work(replace(trip, held=state.held))
        with desk.shop.store.read() as tx:
            actions, unchanged = tx.runs.counts(run_id), tx.runs.unchanged(one.name, run_id)
    return told(desk.shop, one, actions, meter, unchanged=unchanged, paused=paused, asks=state.asks)


def agreed(desk: Desk, trip: Trip) -> Consent:
    """Return how far the connection may be written, asked under its lane."""
    with desk.shop.store.begin() as tx:
        return begin(tx, trip.connection, desk.mappings, now=trip.now())


def _work(trip: Trip) -> str | None:
    """Work; returns why it stopped early, None when it did not."""
    try:
        run.run_once(trip)
    except ThrottledError as error:
        run.queue(trip, error)
        return pause_text(error)
    return None
