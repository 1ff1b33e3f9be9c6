"""Second step of the trip: bring the observations up to date from the change feeds.

Pull decides nothing. A page's records, the marks on the links they concern and the feed's new
cursor are stored in one transaction (R1), so a crash repeats a page or has it, never half of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from dynamics_xero.errors import CursorExpiredError
from dynamics_xero.model import Page, Record, RecordState, SideName, Status
from dynamics_xero.rows import CursorRow, RecordRow, Stored
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.feeds import LOOKUP_KEY, Reach, Route, Source
from dynamics_xero.sync.patience import patiently
from dynamics_xero.sync.trip import Trip

ABSENT_BATCH = 200


def pull(trip: Trip, source: Source) -> None:
    """Read the source to its present end."""
    side = trip.sides[source.side]
    cursor = _resume(trip, source)
    while True:
        try:
            page = patiently(trip, partial(side.changes, source.feed, cursor.cursor))
        except CursorExpiredError:
            cursor = _restart(cursor)
            continue
        was_whole = cursor.complete
        cursor = replace(
            cursor,
            cursor=page.cursor,
            complete=cursor.complete or page.complete,
            read_at=page.started_at,
            started_at=cursor.started_at or page.started_at,
        )
        store_page(trip, source, page, cursor)
        if cursor.complete and not was_whole and cursor.generation > 1:
            _confirm_absent(trip, source, cursor)
        if not page.more:
            return


def is_whole(trip: Trip) -> bool:
    """Say whether every feed has been read from end to end at least once (R3)."""
    with trip.store.read() as tx:
        rows = [tx.cursors.get(trip.key(s.side), s.feed.resource) for s in trip.sources()]
    return all(row is not None and row.complete for row in rows)


def read_at(trip: Trip, source: Source) -> datetime | None:
    """Return when the last read of the source left, None when there was none."""
    with trip.store.read() as tx:
        row = tx.cursors.get(trip.key(source.side), source.feed.resource)
    return row.read_at if row else None


def store_page(trip: Trip, source: Source, page: Page, cursor: CursorRow) -> None:
    """Store one page, its marks and its cursor together (R1)."""
    endpoint = trip.key(source.side)
    with trip.store.begin() as tx:
        observe(trip, tx, source, page.records, cursor=cursor, started_at=page.started_at)
        tx.cursors.put(endpoint, source.feed.resource, cursor)


def observe(
    trip: Trip,
    tx: Transaction,
    source: Source,
    records: Sequence[Record],
    *,
    cursor: CursorRow | None,
    started_at: datetime,
) -> None:
    """Store what was seen and mark the links it concerns."""
    endpoint, resource = trip.key(source.side), source.feed.resource
    stored = tx.records.get(endpoint, resource, [record.id for record in records])
    fresh = [r for r in records if _is_news(stored.get(r.id), r, started_at)]
    fresh = [_with_parent(stored.get(record.id), record) for record in fresh]
    digests = {record.id: source.digest(record) for record in fresh}
    same: list[Record] = []
    other: list[Record] = []
    for record in fresh:
        known = stored.get(record.id)
        unmoved = known is not None and known.record == record
        (same if unmoved else other).append(record)
    generation = cursor.generation if cursor else _generation(tx, endpoint, resource)
    tx.records.touch(endpoint, resource, [r.id for r in same], generation)
    rows = [RecordRow(record, digests[record.id], source.index(record)) for record in other]
    tx.records.put(endpoint, rows, generation=generation, answered_at=trip.now())
    changed = [r for r in other if _differs(stored.get(r.id), digests[r.id])]
    for route in source.routes:
        _mark(trip, tx, source, route, changed, stored)
        _see(trip, tx, source, route, fresh)
    _release(trip, tx, source, other, stored)
    _heal(trip, tx, source, other, stored)


def _is_news(known: Stored | None, record: Record, started_at: datetime) -> bool:
    """Nothing goes backwards: neither in time nor in version (R2). A deletion always counts."""
    if known is None:
        return record.state is not RecordState.DELETED
    if known.answered_at is not None and started_at < known.answered_at:
        return False
    return record.state is RecordState.DELETED or record.version >= known.record.version


def _with_parent(known: Stored | None, record: Record) -> Record:
    """A deleted row says nothing but its id; it still belongs to its last parent (R6)."""
    if record.state is not RecordState.DELETED or known is None:
        return record
    version = max(record.version, known.record.version)
    return replace(record, parent_id=known.record.parent_id, version=version)


def _differs(known: Stored | None, digest: str) -> bool:
    return known is None or known.digest != digest


def _mark(
    trip: Trip,
    tx: Transaction,
    source: Source,
    route: Route,
    changed: Sequence[Record],
    stored: dict[str, Stored],
) -> None:
    """Mark due the links a changed record concerns."""
    ids = [record.id for record in changed]
    for connection in trip.subscribers[source.side]:
        if route.reach is Reach.OWN and source.side is SideName.XERO:
            tx.links.mark_due(connection, route.entity, xero_ids=ids, now=trip.now())
        elif route.reach is Reach.OWN:
            live = [record.id for record in changed if record.state is RecordState.LIVE]
            tx.links.ensure(connection, route.entity, live)
            tx.links.mark_due(connection, route.entity, dynamics_ids=ids, now=trip.now())
        elif route.reach is Reach.PARENT:
            parents = _parents(changed, stored)
            tx.links.mark_due(connection, route.entity, dynamics_ids=parents, now=trip.now())
        elif route.reach is Reach.LOOKUP:
            endpoint = trip.key(source.side)
            key = LOOKUP_KEY + route.column
            holders = tx.records.holders(endpoint, route.resource, key, ids)
            rows = [row_id for found in holders.values() for row_id, _state in found]
            tx.links.mark_due(connection, route.entity, dynamics_ids=rows, now=trip.now())


def _parents(changed: Iterable[Record], stored: dict[str, Stored]) -> list[str]:
    """Return the parents of changed parts; a move concerns the old one and the new one (R6)."""
    parents: dict[str, None] = {}
    for record in changed:
        known = stored.get(record.id)
        for parent in (record.parent_id, known.record.parent_id if known else None):
            if parent is not None:
                parents[parent] = None
    return list(parents)


def _release(
    trip: Trip,
    tx: Transaction,
    source: Source,
    shown: Sequence[Record],
    stored: dict[str, Stored],
) -> None:
    """Mark due who waits for a key that was given up, or could be linked by a new one (R32)."""
    freed: set[tuple[str, str]] = set()
    new: set[tuple[str, str]] = set()
    for record in shown:
        known = stored.get(record.id)
        had, has = source.held(known.record if known else None), source.held(record)
        freed |= had - has
        new |= has - had
    for route in source.routes:
        if route.reach is Reach.OWN:
            _mark_holders(trip, tx, source, route, freed)
            if source.side is SideName.XERO:
                stuck = (Status.FAILED, Status.CONFLICT)
                _mark_holders(trip, tx, source, route, new, only=stuck)


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
    endpoint = trip.key(SideName.DYNAMICS)
    table = next(mapping.dynamics for mapping in trip.mappings if mapping.name == route.entity)
    values: dict[str, list[str]] = {}
    for key, value in keys:
        values.setdefault(key, []).append(value)
    for key, wanted in sorted(values.items()):
        found = tx.records.holders(endpoint, table, key, sorted(wanted))
        ids = [row_id for rows in found.values() for row_id, _state in rows]
        for connection in trip.subscribers[source.side]:
            now = trip.now()
            tx.links.mark_due(connection, route.entity, dynamics_ids=ids, now=now, only=only)


def _see(
    trip: Trip, tx: Transaction, source: Source, route: Route, shown: Sequence[Record]
) -> None:
    """Note which links a feed showed in this run, for the count of unchanged ones."""
    if route.reach not in (Reach.OWN, Reach.PART):
        return
    ids = [record.id for record in shown]
    if source.side is SideName.XERO:
        tx.links.mark_seen(trip.connection, route.entity, trip.run_id, xero_ids=ids)
    else:
        tx.links.mark_seen(trip.connection, route.entity, trip.run_id, dynamics_ids=ids)


def _heal(
    trip: Trip,
    tx: Transaction,
    source: Source,
    shown: Sequence[Record],
    stored: dict[str, Stored],
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
            tx.links.mark_write_back(trip.connection, route.entity, touched, trip.now())


def _resume(trip: Trip, source: Source) -> CursorRow:
    """Return where the source stands; a changed select list starts over (R4)."""
    digest = source.columns_digest()
    with trip.store.read() as tx:
        row = tx.cursors.get(trip.key(source.side), source.feed.resource)
    if row is None:
        return CursorRow(cursor=None, columns_digest=digest, complete=False, generation=1)
    if row.columns_digest != digest:
        return replace(_restart(row), columns_digest=digest)
    return row


def _restart(row: CursorRow) -> CursorRow:
    """Read whole again, as a new generation: what it does not show is a candidate for absence."""
    return replace(row, cursor=None, complete=False, generation=row.generation + 1, started_at=None)


def _generation(tx: Transaction, endpoint: str, resource: str) -> int:
    row = tx.cursors.get(endpoint, resource)
    return row.generation if row else 1


def _confirm_absent(trip: Trip, source: Source, cursor: CursorRow) -> None:
    """Ask by id for what a whole new read did not show; only a 404 is a delete (R3)."""
    endpoint, resource = trip.key(source.side), source.feed.resource
    while True:
        with trip.store.read() as tx:
            ids = tx.records.absent(endpoint, resource, cursor.generation, ABSENT_BATCH)
        if not ids:
            return
        started_at = trip.now()
        side = trip.sides[source.side]
        records = patiently(trip, partial(side.read, source.feed, ids))
        with trip.store.begin() as tx:
            observe(trip, tx, source, records, cursor=cursor, started_at=started_at)
            tx.records.touch(endpoint, resource, ids, cursor.generation)
