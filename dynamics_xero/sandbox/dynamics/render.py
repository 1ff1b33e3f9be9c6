"""Stored rows as JSON: selected columns, etags and the annotations a caller asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dynamics_xero.sandbox.dynamics import errors, rows
from dynamics_xero.sandbox.dynamics.columns import Column
from dynamics_xero.sandbox.dynamics.expand import Expand, parse_expand
from dynamics_xero.sandbox.dynamics.options import (
    FORMATTED,
    LOOKUP_TABLE,
    NAVIGATION,
    Options,
    Preferences,
)
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.values import display, to_wire

Row = sqlite3.Row | Mapping[str, object]
Converter = Callable[[object], object]


def etag(version: object) -> str:
    """Return a row's weak etag."""
    return f'W/"{version}"'


@dataclass(frozen=True)
class Projection:
    """What of a row goes onto the wire."""

    table: TableSchema
    columns: tuple[Column, ...]
    selected: tuple[str, ...] = ()
    expands: tuple[Expand, ...] = ()
    sql_names: tuple[str, ...] = field(default=())

    @property
    def context(self) -> str:
        """The part of @odata.context behind the set's name."""
        names = [*self.selected, *(f"{expand.name}()" for expand in self.expands)]
        return f"({','.join(names)})" if names else ""


def project(table: TableSchema, options: Options) -> Projection:
    """Return what $select and $expand ask for. Raises ODataError for unknown columns."""
    expands = parse_expand(options.expand, table)
    columns = tuple(_column(table, name) for name in options.select) or tuple(
        table.columns.values()
    )
    primary = table.columns[table.primary_id]
    if primary not in columns:
        columns = (*columns, primary)
    names = ["rid", "versionnumber", *(column.name for column in columns)]
    names += [expand.relationship.column.name for expand in expands if not expand.many]
    names += [f"{column.name}__target" for column in table.lookups if column.is_polymorphic]
    return Projection(table, columns, options.select, expands, tuple(dict.fromkeys(names)))


def _column(table: TableSchema, name: str) -> Column:
    column = table.by_wire_name.get(name)
    if column is None:
        raise errors.unknown_query_property(name, table.name)
    return column


def objects(
    session: Session, projection: Projection, found: Sequence[Row], preferences: Preferences
) -> list[dict[str, object]]:
    """Return rows as JSON objects, without what $expand adds."""
    if not found:
        return []
    # A sqlite3.Row searches its names one by one; by position it is a plain index.
    names = found[0].keys()
    position: Mapping[str, int | str] = {
        name: index if isinstance(found[0], sqlite3.Row) else name
        for index, name in enumerate(names)
    }
    plan = [
        (column.wire_name, position[column.name], to_wire(column)) for column in projection.columns
    ]
    version = position["versionnumber"]
    result = [_object(row, version, plan) for row in found]
    if preferences.annotates:
        _annotate(session, projection, found, result, preferences)
    return result


def _object(
    row: Any, version: int | str, plan: Sequence[tuple[str, int | str, Converter | None]]
) -> dict[str, object]:
    rendered: dict[str, object] = {"@odata.etag": etag(row[version])}
    for wire_name, place, convert in plan:
        value = row[place]
        rendered[wire_name] = value if convert is None else convert(value)
    return rendered


def _annotate(
    session: Session,
    projection: Projection,
    found: Sequence[Row],
    result: Sequence[dict[str, object]],
    preferences: Preferences,
) -> None:
    formatted = preferences.wants(FORMATTED)
    for column in projection.columns:
        if column.is_reference:
            _annotate_lookup(session, column, found, result, preferences)
        elif formatted:
            name = f"{column.name}@{FORMATTED}"
            for row, rendered in zip(found, result, strict=True):
                shown = display(column, row[column.name])
                if shown is not None:
                    rendered[name] = shown


def target_of(column: Column, row: Row) -> str:
    """Return the table a row's lookup points at."""
    if column.is_polymorphic:
        return str(row[f"{column.name}__target"])
    return column.targets[0]


def _annotate_lookup(
    session: Session,
    column: Column,
    found: Sequence[Row],
    result: Sequence[dict[str, object]],
    preferences: Preferences,
) -> None:
    names = _names(session, column, found) if preferences.wants(FORMATTED) else {}
    property_name = column.wire_name
    for row, rendered in zip(found, result, strict=True):
        row_id = row[column.name]
        if row_id is None:
            continue
        target = target_of(column, row)
        if preferences.wants(NAVIGATION):
            rendered[f"{property_name}@{NAVIGATION}"] = column.navigation(target)
        if preferences.wants(LOOKUP_TABLE):
            rendered[f"{property_name}@{LOOKUP_TABLE}"] = target
        if names.get(str(row_id)):
            rendered[f"{property_name}@{FORMATTED}"] = names[str(row_id)]


def _names(session: Session, column: Column, found: Sequence[Row]) -> dict[str, object]:
    by_target: dict[str, list[str]] = {}
    for row in found:
        if row[column.name] is not None:
            by_target.setdefault(target_of(column, row), []).append(str(row[column.name]))
    names: dict[str, object] = {}
    for target, ids in by_target.items():
        table = session.table(target)
        primary_name = table.facts.primary_name
        for row_id, row in rows.columns_of(session.tx, table, ids, [primary_name]).items():
            names[row_id] = row[primary_name]
    return names
