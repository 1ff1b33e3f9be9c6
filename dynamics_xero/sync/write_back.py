"""Sixth step of the trip: put Xero id, Status, Last Synced On and Remark onto the Dynamics rows.

Of an organisation that is not a record's home, the same goes onto a row of `xero_link` (R34).
Rows that are already right are not written (R26). What is due is gathered across rounds, so that
a full $batch leaves rather than many thin ones; a failed write-back never undoes what Xero took.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from dynamics_xero.errors import RecordError, RetryableError
from dynamics_xero.model import (
    ActionKind,
    Answer,
    Life,
    Link,
    Purpose,
    Record,
    RecordState,
    SideName,
    Values,
    Write,
)
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.details import details, is_home, lacking, link_rows
from dynamics_xero.sync.patience import patiently
from dynamics_xero.sync.trip import Trip


def write_back(trip: Trip, *, everything: bool) -> None:
    """Send the write-backs that are due: full batches, and the rest once it has waited enough.

    everything: nothing more is coming, so the rest goes now.
    """
    while _is_ripe(trip, everything=everything):
        with trip.store.read() as tx:
            links = tx.links.write_backs(trip.connection, limit=trip.limits.write_back_size)
        patiently(trip, partial(_write, trip, links))


def _is_ripe(trip: Trip, *, everything: bool) -> bool:
    with trip.store.read() as tx:
        count, oldest = tx.links.write_back_state(trip.connection)
    if oldest is None or everything or count >= trip.limits.write_back_size:
        return count > 0
    return trip.now() - oldest >= timedelta(seconds=trip.limits.write_back_wait_s)


def _write(trip: Trip, links: Sequence[Link]) -> None:
    """6a: what differs; 6b: one $batch; 6c: what was written is what the mirror holds."""
    wanted = _differing(trip, links)
    side = trip.sides[SideName.DYNAMICS]
    members = [(link, write) for link, write in wanted if write is not None]
    writes = [write for _link, write in members]
    for group in side.batches(writes, purpose=Purpose.WRITE_BACK):
        trip.lane.check()
        answers = side.write(
            [writes[place] for place in group],
            purpose=Purpose.WRITE_BACK,
            key="",
            deadline_s=trip.limits.write_back_s,
        )
        _store(trip, [members[place] for place in group], answers)
    with trip.lane.begin() as tx:
        tx.links.clear_write_backs([link for link, write in wanted if write is None])


def _table(trip: Trip, link: Link) -> str:
    return trip.mapping(link.entity).dynamics


def _differing(trip: Trip, links: Sequence[Link]) -> list[tuple[Link, Write | None]]:
    """Return each link with the write of what is not yet as it should be."""
    tables: dict[str, list[str]] = {}
    for link in links:
        tables.setdefault(_table(trip, link), []).append(link.dynamics_id)
    endpoint = trip.key(SideName.DYNAMICS)
    with trip.store.read() as tx:
        rows = {table: tx.records.get(endpoint, table, ids) for table, ids in tables.items()}
        silent = _outranked(trip, tx, links)
    found: list[tuple[Link, Write | None]] = []
    away: list[Link] = []
    for link in links:
        row = rows[_table(trip, link)].get(link.dynamics_id)
        if row is None or link.id in silent or _takes_nothing(row.record):
            found.append((link, None))
        elif is_home(trip, row.record.values):
            found.append((link, _on_row(trip, link, row.record.values)))
        else:
            away.append(link)
    return [*found, *link_rows(trip, away)]


def _on_row(trip: Trip, link: Link, shown: Values) -> Write | None:
    missing = lacking(details(trip, link), shown)
    if not missing:
        return None
    return Write(ActionKind.UPDATE, _table(trip, link), link.dynamics_id, missing)


def _takes_nothing(record: Record) -> bool:
    """A deleted row is not there, one that was merged into another refuses every write."""
    return record.state is RecordState.DELETED or record.merged_into is not None


def _outranked(trip: Trip, tx: Transaction, links: Sequence[Link]) -> set[int]:
    """Return the links whose Dynamics row shows how another link of the row stands (R14).

    A contact inside a company and the same contact standing alone are two links of one row.
    """
    silent: set[int] = set()
    for alone in trip.mappings:
        inside = trip.part_on(alone)
        if inside is None:
            continue
        parts = [link for link in links if link.entity == inside.name]
        ids = [link.dynamics_id for link in parts]
        leading = tx.links.by_dynamics(trip.connection, alone.name, ids)
        leads = {i for i, link in leading.items() if link.life is Life.LINKED}
        silent |= {link.id for link in parts if link.dynamics_id in leads}
        frozen = [x for x in links if x.entity == alone.name and x.life is not Life.LINKED]
        ids = [link.dynamics_id for link in frozen]
        taken = tx.links.by_dynamics(trip.connection, inside.name, ids)
        silent |= {link.id for link in frozen if link.dynamics_id in taken}
    return silent


def _store(trip: Trip, members: Sequence[tuple[Link, Write]], answers: Sequence[Answer]) -> None:
    done: list[Link] = []
    patches: dict[str, dict[str, Values]] = {}
    failure: Exception | None = None
    for (link, write), answer in zip(members, answers, strict=True):
        if isinstance(answer.error, RetryableError):
            failure = answer.error
            continue
        if answer.error is None:
            patches.setdefault(write.resource, {})[str(write.id)] = write.values
        elif not isinstance(answer.error, RecordError):
            failure = answer.error
            continue
        done.append(link)  # a row that is gone, or refuses, is not asked again
    _commit(trip, done, patches)
    if failure is not None:
        raise failure


def _commit(trip: Trip, done: Sequence[Link], patches: Mapping[str, Mapping[str, Values]]) -> None:
    with trip.lane.begin() as tx:
        for table, rows in patches.items():
            tx.records.patch(trip.key(SideName.DYNAMICS), table, rows)
        tx.links.clear_write_backs(done)
