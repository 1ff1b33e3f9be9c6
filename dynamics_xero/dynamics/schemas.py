"""The schema of each table, for the columns a feed selects: rows in, records out.

A plan of columns in place of a marshmallow schema: see docs/adr/0008-plans-read-rows.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from dynamics_xero.dynamics import cleaning
from dynamics_xero.dynamics.cleaning import Clean
from dynamics_xero.dynamics.resources import Table, table_of
from dynamics_xero.errors import UnavailableError
from dynamics_xero.mapping.columns.column import ColumnType
from dynamics_xero.model import Feed, Record, RecordState

_TARGET = "Microsoft.Dynamics.CRM.lookuplogicalname"

ANNOTATIONS = f'odata.include-annotations="{_TARGET}"'
"""The preference that says which table a polymorphic lookup points at."""

_ARCHIVED = 1
"""statecode of an inactive row (dataverse.md section 8)."""

_BOOKKEEPING = ("versionnumber", "modifiedon")
_ETAG = re.compile(r'W/"(\d+)"')


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows of one table look for one select list."""

    table: Table
    select: tuple[str, ...]
    plan: tuple[tuple[str, str, Clean], ...]
    """Of each column: under what name it is read, its own name, and what cleans it."""

    def records(self, rows: Sequence[Mapping[str, object]]) -> Iterator[Record]:
        """Yield one record per row. Raises UnavailableError for a row without id or version."""
        return map(self.record, rows)

    def record(self, row: Mapping[str, object]) -> Record:
        """Return the record of one row. Raises UnavailableError without id or version."""
        modified_at = cleaning.moment(row.get("modifiedon"))
        return Record(
            resource=self.table.name,
            id=_id_of(row, self.table),
            version=_version_of(row),
            values={
                name: value
                for key, name, clean in self.plan
                if (raw := row.get(key)) is not None and (value := clean(raw)) is not None
            },
            state=RecordState.ARCHIVED if row.get("statecode") == _ARCHIVED else RecordState.LIVE,
            parent_id=_parent_of(row, self.table),
            modified_at=modified_at if isinstance(modified_at, datetime) else None,
            merged_into=_reference(row, "_masterid_value") if self.table.merges else None,
        )


@lru_cache(maxsize=64)
def shape_of(feed: Feed) -> Shape:
    """Return the shape of a feed; making it costs more than reading a row with it."""
    table = table_of(feed.resource)
    columns = {*table.own_columns(feed.columns), *({"statecode"} & table.columns.keys())}
    plan = tuple((table.read_as(name), name, _cleaner(table, name)) for name in sorted(columns))
    select = {table.read_as(column) for column in columns}
    select |= {table.id_column, *_BOOKKEEPING}
    if table.parent:
        select.add(table.read_as(table.parent[0]))
    if table.merges:
        select.add("_masterid_value")
    return Shape(table, tuple(sorted(select)), plan)


_CLEANERS: Mapping[ColumnType, Clean] = {
    ColumnType.TEXT: cleaning.text,
    ColumnType.MEMO: cleaning.text,
    ColumnType.WHOLE: cleaning.whole,
    ColumnType.CHOICE: cleaning.whole,
    ColumnType.DECIMAL: cleaning.decimal,
    ColumnType.MONEY: cleaning.decimal,
    ColumnType.BOOLEAN: cleaning.boolean,
    ColumnType.DATETIME: cleaning.moment,
    ColumnType.LOOKUP: cleaning.reference,
    ColumnType.ID: cleaning.reference,
}


def _cleaner(table: Table, column: str) -> Clean:
    facts = table.columns.get(column)
    return _CLEANERS[facts.type] if facts else cleaning.plain


def _id_of(row: Mapping[str, object], table: Table) -> str:
    row_id = _reference(row, table.id_column)
    if row_id is None:
        raise UnavailableError("Dynamics sent a row without its id.")
    return row_id


def _version_of(row: Mapping[str, object]) -> int:
    """Return versionnumber; the ETag holds the same figure (dataverse.md section 2)."""
    number = row.get("versionnumber")
    if isinstance(number, int):
        return number
    match = _ETAG.fullmatch(str(row.get("@odata.etag", "")))
    if match is None:
        raise UnavailableError("Dynamics sent a row without its version.")
    return int(match.group(1))


def _parent_of(row: Mapping[str, object], table: Table) -> str | None:
    if table.parent is None:
        return None
    column, target = table.parent
    name = table.read_as(column)
    return _reference(row, name) if row.get(f"{name}@{_TARGET}") == target else None


def _reference(row: Mapping[str, object], name: str) -> str | None:
    value = row.get(name)
    return str(value).lower() if value else None
