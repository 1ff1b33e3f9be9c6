"""The mirror: what each remote row last showed, and the keys under which it is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from dynamics_xero.model import Record, RecordState, Values
from dynamics_xero.rows import RecordRow, Stored
from dynamics_xero.store import codec
from dynamics_xero.store.engine import chunks, leaving, replacing
from dynamics_xero.store.statements import OneOf, Prepared, prepared
from dynamics_xero.store.tables import link, record, record_key

Key = tuple[str, str, str, str]
"""(resource, key name, value, record id): one row of the key index within an endpoint."""

COLUMNS = (
    record.c.resource,
    record.c.id,
    record.c.version,
    record.c.values_json,
    record.c.parts_json,
    record.c.state,
    record.c.parent_id,
    record.c.modified_at,
    record.c.merged_into,
    record.c.stamps_json,
    record.c.digest,
    record.c.answered_at,
    record.c.generation,
)

_OURS = (
    record.c.endpoint == bindparam("endpoint"),
    record.c.resource == bindparam("resource"),
)
_KEYS_OURS = (
    record_key.c.endpoint == bindparam("endpoint"),
    record_key.c.resource == bindparam("resource"),
)
_GET = prepared(select(*COLUMNS).where(*_OURS, OneOf(record.c.id, "listed")))
_CHILDREN = prepared(
    select(*COLUMNS).where(
        *_OURS,
        OneOf(record.c.parent_id, "listed"),
        record.c.state == RecordState.LIVE.value,
    )
)
_KEYS = prepared(
    select(record_key.c.key, record_key.c.value, record_key.c.record_id).where(
        *_KEYS_OURS, OneOf(record_key.c.record_id, "listed")
    )
)
_HOLDERS = prepared(
    select(record_key.c.value, record.c.id, record.c.state)
    .join_from(
        record_key,
        record,
        (record.c.endpoint == record_key.c.endpoint)
        & (record.c.resource == record_key.c.resource)
        & (record.c.id == record_key.c.record_id),
    )
    .where(
        *_KEYS_OURS,
        record_key.c.key == bindparam("key"),
        OneOf(record_key.c.value, "listed"),
        record.c.state != RecordState.DELETED.value,
    )
)
_PUT = Prepared(lambda dialect: replacing(dialect, record))
_TOUCH = prepared(
    update(record)
    .where(*_OURS, OneOf(record.c.id, "listed"))
    .values(generation=bindparam("b_generation"))
)
_PATCH = prepared(
    update(record)
    .where(*_OURS, record.c.id == bindparam("b_id"))
    .values(values_json=bindparam("b_values"))
)
_SHOWN = prepared(
    select(record.c.id, record.c.values_json).where(*_OURS, OneOf(record.c.id, "listed"))
)
_ADD_KEYS = Prepared(lambda dialect: leaving(dialect, record_key))
_DROP_KEY = prepared(
    delete(record_key).where(
        *_KEYS_OURS,
        record_key.c.key == bindparam("key"),
        record_key.c.value == bindparam("value"),
        record_key.c.record_id == bindparam("record_id"),
    )
)


class Records:
    """Reads and writes the mirror within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, endpoint: str, resource: str, ids: Iterable[str]) -> dict[str, Stored]:
        """Return the rows by id."""
        found: dict[str, Stored] = {}
        for some in chunks(ids):
            asked = {"endpoint": endpoint, "resource": resource, "listed": some}
            stored = map(_stored, _GET.rows(self._connection, asked))
            found.update((each.record.id, each) for each in stored)
        return found

    def children(
        self, endpoint: str, resource: str, parent_ids: Iterable[str]
    ) -> dict[str, list[Record]]:
        """Return the live rows of each parent, ordered by id."""
        found: dict[str, list[Record]] = {}
        for some in chunks(parent_ids):
            asked = {"endpoint": endpoint, "resource": resource, "listed": some}
            for row in map(_stored, _CHILDREN.rows(self._connection, asked)):
                found.setdefault(row.record.parent_id or "", []).append(row.record)
        # Sorted here: an ORDER BY makes SQLite walk the whole resource instead of its index.
        return {parent: sorted(rows, key=attrgetter("id")) for parent, rows in found.items()}

    def put(
        self,
        endpoint: str,
        rows: Sequence[RecordRow],
        *,
        generation: int,
        answered_at: datetime,
    ) -> None:
        """Store the rows and their keys; of two rows with one id the later one counts."""
        last = {(row.record.resource, row.record.id): row for row in rows}
        if not last:
            return
        stamp = {"endpoint": endpoint, "generation": generation, "answered_at": answered_at}
        _PUT.run_many(self._connection, [{**stamp, **_columns(row)} for row in last.values()])
        self._put_keys(endpoint, last)

    def _put_keys(self, endpoint: str, rows: Mapping[tuple[str, str], RecordRow]) -> None:
        """Write only keys that differ: most observations move no key."""
        told = {place: row.keys for place, row in rows.items() if row.keys is not None}
        had = self._keys(endpoint, told)
        has = {
            (resource, key, value, row_id)
            for (resource, row_id), keys in told.items()
            for key, value in keys
        }
        _DROP_KEY.run_many(self._connection, [_key(endpoint, key) for key in sorted(had - has)])
        _ADD_KEYS.run_many(self._connection, [_key(endpoint, key) for key in sorted(has - had)])

    def _keys(self, endpoint: str, rows: Iterable[tuple[str, str]]) -> set[Key]:
        by_resource: dict[str, list[str]] = {}
        for resource, row_id in rows:
            by_resource.setdefault(resource, []).append(row_id)
        found: set[Key] = set()
        for resource, ids in by_resource.items():
            for some in chunks(ids):
                asked = {"endpoint": endpoint, "resource": resource, "listed": some}
                found.update((resource, *row) for row in _KEYS.rows(self._connection, asked))
        return found

    def touch(self, endpoint: str, resource: str, ids: Iterable[str], generation: int) -> None:
        """Note that a read of this generation showed the rows, unchanged."""
        ours = {"endpoint": endpoint, "resource": resource, "b_generation": generation}
        for some in chunks(ids):
            _TOUCH.run(self._connection, {**ours, "listed": some})

    def patch(self, endpoint: str, resource: str, patches: Mapping[str, Values]) -> None:
        """Merge columns into the rows' values; rows that are not there stay so."""
        ours = {"endpoint": endpoint, "resource": resource}
        for some in chunks(patches):
            shown = _SHOWN.rows(self._connection, {**ours, "listed": some})
            merged = ((i, {**codec.decode_values(text), **patches[i]}) for i, text in shown)
            rows = [{**ours, "b_id": i, "b_values": codec.encode_values(v)} for i, v in merged]
            _PATCH.run_many(self._connection, rows)

    def absent(self, endpoint: str, resource: str, generation: int, limit: int) -> list[str]:
        """Return ids that no read of this generation has shown and that are not deleted."""
        query = (
            select(record.c.id)
            .where(
                *_in_resource(endpoint, resource),
                record.c.generation < generation,
                record.c.state != RecordState.DELETED.value,
            )
            .order_by(record.c.id)
            .limit(limit)
        )
        return list(self._connection.scalars(query))

    def unlinked(
        self,
        endpoint: str,
        resource: str,
        *,
        connection: str,
        entities: Sequence[str],
        after: str,
        limit: int,
    ) -> list[Record]:
        """Return live rows that no link of these entities has as its Xero record, by id."""
        linked = exists().where(
            link.c.connection == connection,
            link.c.entity.in_(entities),
            link.c.xero_id == record.c.id,
            link.c.parent_id.is_(None),
        )
        query = (
            select(*COLUMNS)
            .where(
                *_in_resource(endpoint, resource),
                record.c.id > after,
                record.c.state == RecordState.LIVE.value,
                ~linked,
            )
            .order_by(record.c.id)
            .limit(limit)
        )
        return [_stored(row).record for row in self._connection.execute(query)]

    def holders(
        self, endpoint: str, resource: str, key: str, values: Iterable[str]
    ) -> dict[str, list[tuple[str, RecordState]]]:
        """Return, per normalised value, the rows that hold it, ordered by id."""
        found: dict[str, list[tuple[str, RecordState]]] = {}
        for some in chunks(values):
            asked = {"endpoint": endpoint, "resource": resource, "key": key, "listed": some}
            for value, row_id, state in _HOLDERS.rows(self._connection, asked):
                found.setdefault(value, []).append((row_id, RecordState(state)))
        # Sorted here: an ORDER BY makes SQLite walk the whole resource instead of the key index.
        return {value: sorted(rows) for value, rows in found.items()}


def _in_resource(endpoint: str, resource: str) -> tuple[Any, Any]:
    return record.c.endpoint == endpoint, record.c.resource == resource


def _key(endpoint: str, key: Key) -> dict[str, str]:
    resource, name, value, row_id = key
    ours = {"endpoint": endpoint, "resource": resource}
    return {**ours, "key": name, "value": value, "record_id": row_id}


def _columns(row: RecordRow) -> dict[str, Any]:
    seen = row.record
    return {
        "resource": seen.resource,
        "id": seen.id,
        "version": seen.version,
        "values_json": codec.encode_values(seen.values),
        "parts_json": codec.encode_parts(seen.parts),
        "state": seen.state.value,
        "parent_id": seen.parent_id,
        "modified_at": seen.modified_at,
        "merged_into": seen.merged_into,
        "stamps_json": codec.encode_stamps(seen.stamps),
        "digest": row.keyed_by,
    }


def _stored(row: Sequence[Any]) -> Stored:
    """Return a row of COLUMNS as a value; unpacked, since every page reads thousands."""
    (
        resource,
        row_id,
        version,
        values_json,
        parts_json,
        state,
        parent_id,
        modified_at,
        merged_into,
        stamps_json,
        keyed_by,
        answered_at,
        generation,
    ) = row
    seen = Record(
        resource=resource,
        id=row_id,
        version=version,
        values=codec.decode_values(values_json),
        parts=codec.decode_parts(parts_json),
        state=RecordState(state),
        parent_id=parent_id,
        modified_at=modified_at,
        merged_into=merged_into,
        stamps=codec.decode_stamps(stamps_json),
    )
    return Stored(seen, keyed_by, answered_at, generation)
