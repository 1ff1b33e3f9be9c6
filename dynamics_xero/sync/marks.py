"""Which links an observation concerns: marked due, released, healed or only seen; part of pull."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dynamics_xero.model import LinkOutcome, Record, RecordState, SideName, Status
from dynamics_xero.rows import RecordRow, Stored
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.feeds import Reach, Route, Source
from dynamics_xero.sync.keyed import LOOKUP_KEY, XERO_ID
from dynamics_xero.sync.parts import NO_COMPANY
from dynamics_xero.sync.trip import Trip


def mark(
    trip: Trip,
    tx: Transaction,
    source: Source,
    changed: Sequence[Record],
    stored: Mapping[str, Stored],
) -> None:
    """Mark due the links that changed records concern, in every connection that shares the feed."""
    for route in source.routes:
        for connection in trip.subscribers[source.side]:
            if route.reach is Reach.OWN:
                _mark_own(trip, tx, source, connection, route.entity, changed, stored)
            elif route.reach is Reach.PARENT:
                parents = _parents(changed, stored)
                tx.links.mark_due(connection, route.entity, dynamics_ids=parents, now=trip.now())
            elif route.reach is Reach.PART:
                _wake_last_parents(trip, tx, connection, route.entity, changed)
            elif route.reach is Reach.LOOKUP:
                rows = _lookers(trip, tx, source, route, changed)
                tx.links.mark_due(connection, route.entity, dynamics_ids=rows, now=trip.now())


def _mark_own(
    trip: Trip,
    tx: Transaction,
    source: Source,
    connection: str,
    entity: str,
    changed: Sequence[Record],
    stored: Mapping[str, Stored],
) -> None:
    ids = [record.id for record in changed]
    if source.side is SideName.XERO:
        tx.links.mark_due(connection, entity, xero_ids=ids, now=trip.now())
        return
    tx.links.ensure(connection, entity, _newcomers(trip, tx, connection, entity, changed, stored))
    tx.links.mark_due(connection, entity, dynamics_ids=ids, now=trip.now())


def _wake_last_parents(
    trip: Trip, tx: Transaction, connection: str, entity: str, changed: Sequence[Record]
) -> None:
    """A row that belongs nowhere any more is the business of its last parent (R6)."""
    orphans = [record.id for record in changed if record.parent_id is None]
    links = tx.links.by_dynamics(connection, entity, orphans).values()
    tx.links.wake([link.parent_id for link in links if link.parent_id is not None], now=trip.now())


def _newcomers(
    trip: Trip,
    tx: Transaction,
    connection: str,
    entity: str,
    changed: Sequence[Record],
    stored: Mapping[str, Stored],
) -> list[str]:
    """Return the live rows that get a link of this entity if they have none.

    A row that could travel inside a parent gets one only while it stands alone and always has:
    becoming parentless by itself creates nothing (R14).
    """
    live = [record for record in changed if record.state is RecordState.LIVE]
    mapping = trip.mapping(entity)
    part = trip.part_on(mapping)
    if part is None:
        return [record.id for record in live]
    alone = [record.id for record in live if mapping.scope(record.values)]
    parted = {i for i in alone if i in stored and stored[i].record.parent_id is not None}
    known = tx.links.by_dynamics(connection, part.name, alone).keys()
    _tell_parted(trip, tx, connection, part.name, parted - known)
    return [row_id for row_id in alone if row_id not in parted | known]


def _tell_parted(
    trip: Trip, tx: Transaction, connection: str, entity: str, ids: Iterable[str]
) -> None:
    """Say it on rows that lost their parent before anything was decided about them in it."""
    lost = [LinkOutcome(None, entity, i, Status.SKIPPED, remark=NO_COMPANY) for i in sorted(ids)]
    tx.links.save(connection, lost, run_id=trip.run_id, now=trip.now(), loaded={}, xero_ids={})


def _lookers(
    trip: Trip, tx: Transaction, source: Source, route: Route, changed: Sequence[Record]
) -> list[str]:
    """Return the rows that look one of the changed records up."""
    endpoint, ids = trip.key(source.side), [record.id for record in changed]
    found = tx.records.holders(endpoint, route.resource, LOOKUP_KEY + route.column, ids)
    return [row_id for rows in found.values() for row_id, _state in rows]


def _parents(changed: Iterable[Record], stored: Mapping[str, Stored]) -> list[str]:
    """Return the parents of changed parts; a move concerns the old one and the new one (R6)."""
    parents: dict[str, None] = {}
    for record in changed:
        known = stored.get(record.id)
        for parent in (record.parent_id, known.record.parent_id if known else None):
            if parent is not None:
                parents[parent] = None
    return list(parents)


def release(
    trip: Trip,
    tx: Transaction,
    source: Source,
    shown: Sequence[RecordRow],
    stored: Mapping[str, Stored],
) -> None:
    """Mark due who waits for a key that was given up, or could be linked by a new one (R32)."""
    freed: set[tuple[str, str]] = set()
    new: set[tuple[str, str]] = set()
    for row in shown:
        if row.keys is None:
            continue
        known = stored.get(row.record.id)
        had = source.held(known.record, source.index(known.record)) if known else set()
        has = source.held(row.record, row.keys)
        freed |= had - has
        new |= has - had
    for route in source.routes:
        if route.reach is Reach.OWN:
            _mark_holders(trip, tx, source, route, freed)
            if source.side is SideName.XERO:
                stuck = (Status.FAILED, Status.CONFLICT)
                _mark_holders(trip, tx, source, route, new, only=stuck)
            else:  # a Xero id that a person typed is no content, but it may find the partner
                typed = [key for key in new if key[0] == XERO_ID]
                open_ones = (Status.NOT_SYNCED, Status.FAILED, Status.CONFLICT)
                _mark_holders(trip, tx, source, route, typed, only=open_ones)


def _mark_holders(
    trip: Trip,
    tx: Transaction,
    source: Source,
    route: Route,
    keys: Iterable[tuple[str, str]],
    *,
    only: Sequence[Status] = (),
) -> None:
    """Mark due the links of the Dynamics rows that hold these keys."""
    values: dict[str, list[str]] = {}
    for key, value in keys:
        values.setdefault(key, []).append(value)
    subscribers = trip.subscribers[source.side] if values else ()
    if only and not any(tx.links.any_of(each, only) for each in subscribers):
        return
    endpoint = trip.key(SideName.DYNAMICS)
    table = trip.mapping(route.entity).dynamics
    for key, wanted in sorted(values.items()):
        found = tx.records.holders(endpoint, table, key, sorted(wanted))
        ids = [row_id for rows in found.values() for row_id, _state in rows]
        for connection in subscribers:
            now = trip.now()
            tx.links.mark_due(connection, route.entity, dynamics_ids=ids, now=now, only=only)


def heal(
    trip: Trip,
    tx: Transaction,
    source: Source,
    shown: Sequence[Record],
    stored: Mapping[str, Stored],
) -> None:
    """Write-back columns that somebody changed are looked at again (R26)."""
    touched = []
    for record in shown:
        known = stored.get(record.id)
        if known is not None and any(
            record.values.get(column) != known.record.values.get(column)
            for column in source.ignored
        ):
            touched.append(record.id)
    for route in source.routes:
        if touched and route.reach in (Reach.OWN, Reach.PART):
            for connection in trip.subscribers[source.side]:
                tx.links.mark_write_back(connection, route.entity, touched, trip.now())


def see(trip: Trip, tx: Transaction, source: Source, shown: Sequence[Record]) -> None:
    """Note which links a feed showed in this run, for the count of unchanged ones."""
    ids = [record.id for record in shown]
    for route in source.routes:
        if route.reach not in (Reach.OWN, Reach.PART):
            continue
        if source.side is SideName.XERO:
            tx.links.mark_seen(trip.connection, route.entity, trip.run_id, xero_ids=ids)
        else:
            tx.links.mark_seen(trip.connection, route.entity, trip.run_id, dynamics_ids=ids)
