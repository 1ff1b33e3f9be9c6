"""Second step of the trip: bring the observations up to date from the change feeds.

Pull decides nothing. A page's records, the marks on the links they concern and the feed's new
cursor are stored in one transaction (R1), so a crash repeats a page or has it, never half of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from dynamics_xero.errors import CursorExpiredError
from dynamics_xero.model import Page, Record, RecordState, SideName
from dynamics_xero.rows import CursorRow, RecordRow, Stored
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.feeds import Source
from dynamics_xero.sync.marks import heal, mark, release, see
from dynamics_xero.sync.patience import patiently
from dynamics_xero.sync.stamps import stamp
from dynamics_xero.sync.trip import Trip

ABSENT_BATCH = 200

SLICE_ROWS = 500
"""Rows of a page that are compared and stored at once: all that is made of them is in memory."""


def pull(trip: Trip, source: Source, *, stopped: Callable[[], bool] = lambda: False) -> None:
    """Read the source to its present end, or up to the page after which it is stopped."""
    if source.side is SideName.XERO:
        trip.echo.rows = 0
    cursor, more = _resume(trip, source), True
    while more:
        try:
            cursor, more = _pull_page(trip, source, cursor)
        except CursorExpiredError:
            cursor = restart(cursor)
        else:
            more = more and not stopped()


def _pull_page(trip: Trip, source: Source, cursor: CursorRow) -> tuple[CursorRow, bool]:
    """Read and store one page; return where the source stands then, and whether more waits.

    Apart from the loop, so that a page is let go of before the next one comes.
    """
    side = trip.sides[source.side]
    page = patiently(trip, partial(side.changes, source.feed, cursor.cursor))
    was_whole = cursor.complete
    cursor = replace(
        cursor,
        cursor=page.cursor,
        complete=cursor.complete or page.complete,
        read_at=page.began_at,
        started_at=cursor.started_at or page.started_at,
    )
    store_page(trip, source, page, cursor)
    if cursor.complete and not was_whole and cursor.generation > 1:
        _confirm_absent(trip, source, cursor)
    return cursor, page.more


def is_whole(trip: Trip) -> bool:
    """Say whether every feed has been read from end to end at least once (R3)."""
    with trip.store.read() as tx:
        rows = [tx.cursors.get(trip.key(s.side), s.feed.resource) for s in trip.sources]
    return all(row is not None and row.complete for row in rows)


def read_at(trip: Trip, source: Source) -> datetime | None:
    """Return when the last read of the source began, None when there was none."""
    with trip.store.read() as tx:
        row = tx.cursors.get(trip.key(source.side), source.feed.resource)
    return row.read_at if row else None


def store_page(trip: Trip, source: Source, page: Page, cursor: CursorRow) -> None:
    """Store one page, its marks and its cursor together (R1)."""
    endpoint = trip.key(source.side)
    last = list({record.id: record for record in page.records}.values())
    with trip.lane.begin() as tx:
        for start in range(0, len(last), SLICE_ROWS):
            some = last[start : start + SLICE_ROWS]
            observe(trip, tx, source, some, cursor=cursor, started_at=page.started_at)
        tx.cursors.put(endpoint, source.feed.resource, cursor)


def observe(
    trip: Trip,
    tx: Transaction,
    source: Source,
    records: Sequence[Record],
    *,
    cursor: CursorRow | None,
    started_at: datetime,
    ours: bool = False,
) -> None:
    """Store what was seen and mark the links it concerns.

    cursor None: the rows were read outside of any feed. ours: a write of ours brought them back.
    """
    endpoint, resource = trip.key(source.side), source.feed.resource
    stored = tx.records.get(endpoint, resource, [record.id for record in records])
    fresh = [r for r in records if _is_news(stored.get(r.id), r, started_at)]
    fresh = [_with_parent(stored.get(record.id), record) for record in fresh]
    if source.stamped:
        written = {r.id for r in fresh} if ours else _unanswered(trip, tx, source)
        fresh = [_stamped(source, stored.get(r.id), r, ours=r.id in written) for r in fresh]
    # A row shown just as it is stored is only touched; what is stored anew marks links due only if
    # its content differs: our own write-backs move the version and nothing else (R26).
    same: list[str] = []
    rows: list[RecordRow] = []
    changed: list[Record] = []
    for record in fresh:
        known = stored.get(record.id)
        if known and known.record == record and known.keyed_by == source.keys_digest:
            same.append(record.id)
            continue
        differs = _differs(source, known, record)
        rows.append(_row(source, known, record, differs=differs))
        if differs:
            changed.append(record)
    generation = cursor.generation if cursor else _generation(tx, endpoint, resource)
    tx.records.touch(endpoint, resource, same, generation)
    tx.records.put(endpoint, rows, generation=generation, answered_at=trip.now())
    if changed:
        trip.news.add(source.side)
        if not ours:
            trip.heard[source.side] = started_at
    mark(trip, tx, source, changed, stored)
    release(trip, tx, source, rows, stored)
    heal(trip, tx, source, [row.record for row in rows], stored)
    if cursor is not None:
        see(trip, tx, source, fresh)


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


def _stamped(source: Source, known: Stored | None, record: Record, *, ours: bool) -> Record:
    return stamp(source.stamped, known.record if known else None, record, ours=ours)


def _unanswered(trip: Trip, tx: Transaction, source: Source) -> set[str]:
    """Return the rows that a call of ours without answer may have changed (R13, R22)."""
    endpoint, resource = trip.key(source.side), source.feed.resource
    rows = tx.requests.opened(trip.connection)
    ours = [row for row in rows if (row.endpoint, row.resource) == (endpoint, resource)]
    links = tx.links.by_id([int(str(m["link_id"])) for row in ours for m in row.members])
    if source.side is SideName.DYNAMICS:
        return {link.dynamics_id for link in links.values()}
    return {link.xero_id for link in links.values() if link.xero_id is not None}


def _row(source: Source, known: Stored | None, record: Record, *, differs: bool) -> RecordRow:
    """Return what is to be stored; keys that are read from the same values stand as they are."""
    moved = differs or known is None or known.record.values != record.values
    return RecordRow(record, source.keys_digest, source.index(record) if moved else None)


def _differs(source: Source, known: Stored | None, record: Record) -> bool:
    """Say whether the content is new; under other keys it may find another partner, so it is."""
    if known is None or known.keyed_by != source.keys_digest:
        return True
    return source.content(known.record) != source.content(record)


def _resume(trip: Trip, source: Source) -> CursorRow:
    """Return where the source stands; a changed select list starts over (R4)."""
    digest = source.columns_digest()
    with trip.store.read() as tx:
        row = tx.cursors.get(trip.key(source.side), source.feed.resource)
    if row is None:
        return CursorRow(cursor=None, columns_digest=digest, complete=False, generation=1)
    if row.columns_digest != digest:
        return replace(restart(row), columns_digest=digest)
    return row


def restart(row: CursorRow) -> CursorRow:
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
        with trip.lane.begin() as tx:
            observe(trip, tx, source, records, cursor=cursor, started_at=started_at)
            tx.records.touch(endpoint, resource, ids, cursor.generation)
