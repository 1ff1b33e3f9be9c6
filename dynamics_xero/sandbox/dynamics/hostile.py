"""Rows as a live environment may well answer them, on demand: each is a kind of fault.

`hostile_enum`: choices hold a value that nobody has a label for, as an add-on brings it (see
dataverse.md section 8, On hold). `hostile_null`: texts hold null, also those a form requires.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.columns import TEXTS, Column, Kind
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response, json_bytes

UNKNOWN_OPTION = 690_970_000
_OPEN_CHOICES = (Kind.PICKLIST, Kind.STATUS)
Row = dict[str, object]


def spoil(session: Session, table: TableSchema, call: Call, response: Response) -> None:
    """Let the faults that strike a read change the rows in its answer."""
    if call.method != "GET" or response.status != 200:
        return
    faults = session.endpoint.faults
    struck = [
        change
        for kind, change in _CHANGES.items()
        if faults.draw_kind(kind, session.method, session.path) is not None
    ]
    if not struck or "json" not in response.headers.get("Content-Type", ""):
        return
    body = json.loads(response.body)
    found = body["value"] if isinstance(body.get("value"), list) else [body]
    for row in found:
        for change in struck:
            change(table, row)
    response.body = json_bytes(body)


def _shown(table: TableSchema, row: Row) -> list[Column]:
    columns = (table.by_wire_name.get(name) for name in row)
    return [column for column in columns if column is not None]


def _with_unknown_options(table: TableSchema, row: Row) -> None:
    for column in _shown(table, row):
        if column.kind in _OPEN_CHOICES and row[column.name] is not None:
            _replace(row, column, UNKNOWN_OPTION)


def _with_nulls(table: TableSchema, row: Row) -> None:
    for column in _shown(table, row):
        if column.kind in TEXTS:
            _replace(row, column, None)


def _replace(row: Row, column: Column, value: object) -> None:
    """Put a value into a row; what was said about the old one goes with it."""
    row[column.name] = value
    for name in [name for name in row if name.startswith(f"{column.name}@")]:
        del row[name]


_CHANGES: dict[str, Callable[[TableSchema, Row], None]] = {
    "hostile_enum": _with_unknown_options,
    "hostile_null": _with_nulls,
}
