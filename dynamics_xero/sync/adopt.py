"""Give Xero records that nobody here has a row of their own, where that is switched on.

Matching has had its turn by then: a record that shares a key with any row here is left to it, or
to a person (`links suggest`). The new row's id is worked out from Xero's, so that a create whose
answer was lost is found again and never made twice (R24).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Record, RecordState, SideName
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.pull import is_whole
from dynamics_xero.sync.trip import Trip


def adopt(trip: Trip) -> bool:
    """Plant links for Xero records without one; says whether there were any.

    Looks only when something was observed since the last time.
    """
    wanted = [mapping for mapping in trip.entities if mapping.name in trip.adopting]
    if not wanted or not trip.news or not is_whole(trip):
        return False
    trip.news.clear()
    return any([_adopt(trip, mapping) for mapping in wanted])


def _adopt(trip: Trip, mapping: type[EntityMapping]) -> bool:
    planted = False
    after = ""
    while True:
        with trip.lane.begin() as tx:
            records = tx.records.unlinked(
                trip.key(SideName.XERO),
                mapping.xero,
                connection=trip.connection,
                entities=trip.entities_of(mapping.xero),
                after=after,
                limit=trip.limits.round_size,
            )
            if not records:
                return planted
            ours = [
                (_row_id(trip, record), record.id) for record in _free(trip, tx, mapping, records)
            ]
            tx.links.plant(trip.connection, mapping.name, ours, now=trip.now())
        planted = planted or bool(ours)
        after = records[-1].id


def _row_id(trip: Trip, record: Record) -> str:
    tenant = uuid.UUID(trip.facts[SideName.XERO].remote_id)
    return str(uuid.uuid5(tenant, record.id))


def _free(
    trip: Trip, tx: Transaction, mapping: type[EntityMapping], records: Sequence[Record]
) -> list[Record]:
    """Return the records of which no row here holds a key, but for rows a person refused (R16)."""
    source = trip.source(SideName.XERO, mapping.xero)
    values: dict[str, set[str]] = {}
    keys = {record.id: source.index(record) for record in records}
    for found in keys.values():
        for key, value in found:
            values.setdefault(key, set()).add(value)
    endpoint = trip.key(SideName.DYNAMICS)
    held: dict[tuple[str, str], set[str]] = {}
    for key, some in values.items():
        shown = tx.records.holders(endpoint, mapping.dynamics, key, sorted(some))
        for value, rows in shown.items():
            held[key, value] = {i for i, state in rows if state is not RecordState.DELETED}
    refused = tx.rejections.of(trip.connection, mapping.name, list(keys))
    free = []
    for record in records:
        sharing = {row_id for key in keys[record.id] for row_id in held.get(key, ())}
        rivals = {row_id for row_id in sharing if (row_id, record.id) not in refused}
        if not rivals and (_row_id(trip, record), record.id) not in refused:
            free.append(record)
    return free
