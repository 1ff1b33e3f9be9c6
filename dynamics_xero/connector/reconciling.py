"""`reconcile`: both sides read whole and compared, pair by pair; resumed where it was stopped."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.desk import Desk
from dynamics_xero.connector.listings import plain
from dynamics_xero.connector.meter import Meter
from dynamics_xero.connector.plan_items import named
from dynamics_xero.connector.report import LISTED, ConnectionReport, Report
from dynamics_xero.connector.shifts import pause_text, told, waited_for
from dynamics_xero.connector.syncing import agreed
from dynamics_xero.errors import ThrottledError
from dynamics_xero.ports import Use
from dynamics_xero.sync import run
from dynamics_xero.sync.reconcile import Comparison, Drift, compare, reread
from dynamics_xero.sync.trip import Talk, Trip
from dynamics_xero.sync.unanswered import release_unanswered

KIND = "reconcile"


@dataclass(frozen=True)
class Reconciled:
    """What a comparison found, and what was carried because of it."""

    report: Report
    compared: Mapping[str, Comparison] = field(default_factory=dict)

    @property
    def drift(self) -> list[dict[str, Any]]:
        """One-way targets that somebody edited; they are left."""
        return [_drift(one) for done in self.compared.values() for one in done.drift]

    def as_json(self) -> dict[str, object]:
        """Return the one JSON document of `reconcile --json`."""
        return {
            **self.report.as_json(),
            "compared": {
                name: {"links": done.compared, "found": done.found}
                for name, done in self.compared.items()
            },
            "drift": self.drift,
        }


def reconcile(desk: Desk, *, talk: Talk) -> Reconciled:
    """Read both sides of every connection whole, compare, and carry what decide says."""
    reports, compared = [], {}
    for one in desk:
        report, done = reconcile_one(desk, one, talk)
        reports.append(report)
        if done is not None:
            compared[one.name] = done
    return Reconciled(Report(reports), compared)


def reconcile_one(
    desk: Desk, one: Connection, talk: Talk
) -> tuple[ConnectionReport, Comparison | None]:
    """Do so for one connection; None when it had to stop before the comparison."""
    meter = Meter.start(one.sides, desk.shop.clock.now())
    done: Comparison | None = None
    paused = None
    with waited_for(desk.shop, one.lane()) as lane:
        run_id, since = _resumed(desk, one)
        trip = replace(one.trip(lane, run_id=run_id, use=Use.RECONCILE), talk=talk)
        state = agreed(desk, trip)
        trip = replace(trip, held=state.held)
        try:
            reread(trip, since=since)
            done = compare(trip, listed=LISTED)
            if not state.waits:
                _carry(trip)
            _finish(desk, run_id)
        except ThrottledError as error:
            paused = pause_text(error)
            run.queue(trip, error)
        with desk.shop.store.read() as tx:
            actions = tx.runs.counts(run_id)
    report = told(desk.shop, one, actions, meter, paused=paused, asks=state.asks)
    return report, done


def _carry(trip: Trip) -> None:
    trip.talk(f"{trip.connection}: carrying what was found")
    release_unanswered(trip)
    run.work(trip)


def _resumed(desk: Desk, one: Connection) -> tuple[str, datetime]:
    """Return the run that was stopped on its way, or a new one, with its start.

    What that run has read whole is not read again.
    """
    now = desk.shop.clock.now()
    with desk.shop.store.begin() as tx:
        stopped = tx.reviews.unfinished(one.name, KIND)
        if stopped is not None:
            return stopped
        run_id = str(uuid.uuid4())
        tx.runs.start(run_id, connection=one.name, kind=KIND, now=now)
    return run_id, now


def _finish(desk: Desk, run_id: str) -> None:
    with desk.shop.store.begin() as tx:
        tx.runs.finish(run_id, desk.shop.clock.now())


def _drift(one: Drift) -> dict[str, Any]:
    return {
        **named(one.link),
        "field": one.field,
        "label": one.label,
        "dynamics": plain(one.dynamics),
        "xero": plain(one.xero),
    }
