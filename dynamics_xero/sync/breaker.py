"""Stop sending for a while when a remote takes no call (R19), per connection, entity and side.

Only whole calls count: no answer, or one that says the remote itself is at fault. What it says
about single records is its business as usual. The first calls after the rest travel alone, in one
small batch; if that one is taken as well as ever, everything else follows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dynamics_xero.errors import DynamicsXeroError, LostAnswerError, RecordError, UnavailableError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Link, SideName
from dynamics_xero.rows import GuardKind, GuardRow
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.trip import Trip

FAILURES = 5
"""Calls in a row that may fail before the rest begins."""

REST_S = (2.0, 300.0)
"""The most it may rest at first, and ever; it doubles with each failure, with full jitter."""

TRIAL = 10
"""Records that travel in the first call after a rest."""


KINDS = {
    SideName.XERO: GuardKind.BREAKER_XERO,
    SideName.DYNAMICS: GuardKind.BREAKER_DYNAMICS,
}


class Breaker:
    """How the calls of one entity fare during one push, on each side."""

    def __init__(self, trip: Trip, entity: str) -> None:
        self._trip = trip
        self._entity = entity
        with trip.store.read() as tx:
            rows = {row.kind: row for row in _rows(tx, trip.connection, entity)}
        self._rows = {side: rows[kind] for side, kind in KINDS.items() if kind in rows}

    def on_trial(self, side: SideName) -> bool:
        """Say whether one call has to show first that a side takes calls again."""
        return side in self._rows and _tripped(self._rows[side])

    def is_open(self, side: SideName) -> bool:
        """Say whether nothing may be sent to a side now."""
        return side in self._rows and _rests(self._rows[side], self._trip.now())

    def note(self, side: SideName, error: DynamicsXeroError | None) -> None:
        """Count a call that was not taken; one that was answered ends the count.

        A spent limit, a lost lane or a refused sign-in say nothing about the remote's health.
        """
        if isinstance(error, UnavailableError | LostAnswerError):
            self._failed(side, error)
        elif side in self._rows and (error is None or isinstance(error, RecordError)):
            with self._trip.lane.begin() as tx:
                tx.guards.clear(self._trip.connection, self._entity, KINDS[side])
            del self._rows[side]

    def _failed(self, side: SideName, error: DynamicsXeroError) -> None:
        now = self._trip.now()
        row = self._rows.get(side)
        row = row or GuardRow(self._trip.connection, self._entity, KINDS[side], count=0, since=now)
        row = replace(row, count=row.count + 1)
        if _tripped(row):
            row = replace(row, until=now + timedelta(seconds=self._rest_s(row.count, error)))
        with self._trip.lane.begin() as tx:
            tx.guards.put(row)
        self._rows[side] = row

    def _rest_s(self, failures: int, error: DynamicsXeroError) -> float:
        least, most = REST_S
        rest = self._trip.random.uniform(0, min(most, least * 2 ** min(failures - FAILURES, 20)))
        return max(rest, error.retry_after_s or 0.0)


def most_at_once(
    tx: Transaction, trip: Trip, mapping: type[EntityMapping], *, ordinary: int
) -> int:
    """Return how many links may be taken now: none while the entity rests, few on trial."""
    rows = _rows(tx, trip.connection, mapping.name)
    if any(_rests(row, trip.now()) for row in rows):
        return 0
    on_trial = any(_tripped(row) for row in rows)
    return min(ordinary, TRIAL) if on_trial else ordinary


def next_due_at(trip: Trip) -> datetime | None:
    """Return when something of the trip's entities can be sent next; None when nothing is due."""
    found = []
    with trip.store.read() as tx:
        for mapping in trip.entities:
            due = tx.links.next_due_at(trip.connection, entities=[mapping.name])
            rows = _rows(tx, trip.connection, mapping.name)
            ends = [row.until for row in rows if row.until is not None and _rests(row, trip.now())]
            if due is not None:
                found.append(max([due, *ends]))
    return min(found, default=None)


def _rows(tx: Transaction, connection: str, entity: str) -> list[GuardRow]:
    rows = tx.guards.all(connection)
    return [row for row in rows if row.entity == entity and row.kind in KINDS.values()]


def _tripped(row: GuardRow) -> bool:
    return row.count >= FAILURES


def _rests(row: GuardRow, now: datetime) -> bool:
    return row.until is not None and now < row.until


def entity_of(trip: Trip, link: Link) -> str:
    """Return the entity a link's writes count under; parts count under their parent's."""
    for mapping in trip.entities:
        part = trip.part_mapping(mapping)
        if part is not None and part.name == link.entity:
            return mapping.name
    return link.entity
