"""Customisation: columns and keys added, changed and removed (dataverse.md section 9)."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.sandbox.dynamics import (
    describe,
    errors,
    option_sets,
    schema_store,
    solutions,
)
from dynamics_xero.sandbox.dynamics.answers import nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.column_input import (
    Body,
    changed,
    column_in,
    label_in,
    schema_name,
)
from dynamics_xero.sandbox.dynamics.columns import Column, Kind
from dynamics_xero.sandbox.dynamics.schema import AlternateKey, TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

_KEY_KINDS = {Kind.DECIMAL, Kind.INTEGER, Kind.STRING, Kind.DATETIME, Kind.LOOKUP, Kind.PICKLIST}
_MAX_KEYS, _MAX_KEY_COLUMNS, _MAX_KEY_BYTES, _GUID_BYTES = 10, 16, 900, 16


def add_column(session: Session, table: TableSchema, call: Call) -> Response:
    """POST .../Attributes: give a table a custom column."""
    body = call.document()
    column = column_in(body)
    if column.name in table.columns:
        raise errors.bad_request(
            f"An attribute with the specified name {column.name} already exists for entity "
            f"{table.name}.",
            "0x80047013",
        )
    column = option_sets.with_global_set(session, column, body)
    column = replace(column, made_at=session.now.timestamp())
    schema_store.add_column(session.tx, table, column)
    session.reload_schema()
    solutions.note(session, call, solutions.COLUMN, describe.column_id(table, column))
    return nothing({"OData-EntityId": _url(session, table, "Attributes", column)})


def change_column(session: Session, table: TableSchema, column: Column, call: Call) -> Response:
    """PUT or DELETE .../Attributes(key) of a custom column; a PUT carries the whole definition."""
    if call.method not in ("PUT", "DELETE"):
        raise errors.not_allowed(call.method)
    if not column.custom:
        raise errors.bad_request(
            f"The column {column.name} is not a custom one and stays as it is.", "0x80047014"
        )
    if call.method == "PUT":
        body = call.document()
        check_whole(body, describe.column_object(table, column))
        schema_store.save_column(session.tx, table, changed(column, body))
    elif any(column.name in key.columns for key in table.keys):
        raise errors.bad_request(
            f"The column {column.name} is part of a key and cannot be deleted.", "0x8004f01f"
        )
    elif column.is_reference:
        raise errors.bad_request(
            f"The column {column.name} is deleted with its relationship.", "0x80047007"
        )
    else:
        schema_store.drop_column(session.tx, table, column)
        solutions.forget(session, describe.column_id(table, column))
    session.reload_schema()
    return nothing()


def add_key(session: Session, table: TableSchema, call: Call) -> Response:
    """POST .../Keys: declare an alternate key; its index is Pending for a while, then built.

    That rows share a value shows in its status alone: the job that builds it comes later.
    """
    body = call.document()
    key = _key(session, table, body)
    if any(other.name == key.name for other in table.keys):
        raise errors.bad_request(
            f"An entity key with the name {key.name} already exists.", "0x80060886"
        )
    schema_store.add_key(session.tx, key)
    schema_store.build_key(session.tx, key)
    session.reload_schema()
    solutions.note(session, call, solutions.KEY, key.id)
    table_id = describe.table_id(table)
    url = f"{session.api_url}/EntityDefinitions({table_id})/Keys({key.id})"
    return nothing({"OData-EntityId": url})


def reactivate_key(session: Session, call: Call) -> Response:
    """POST ReactivateEntityKey: build a failed index again."""
    body = call.document()
    table = session.schema.tables.get(str(body.get("EntityLogicalName")))
    name = body.get("EntityKeyLogicalName")
    for key in table.keys if table is not None else ():
        if key.name == name:
            schema_store.build_key(session.tx, key)
            session.reload_schema()
            return nothing()
    raise errors.bad_request(f"There is no key '{name}' of this table.", "0x80060890")


def remove_key(session: Session, key: AlternateKey) -> Response:
    """DELETE .../Keys(id)."""
    schema_store.drop_key(session.tx, key)
    solutions.forget(session, key.id)
    session.reload_schema()
    return nothing()


def check_whole(body: Body, definition: Body) -> None:
    """Raise ODataError where a PUT does not even say what it replaces: it is never a patch."""
    for name in ("@odata.type", "LogicalName"):
        if name in definition and _bare(body.get(name)) != _bare(definition[name]):
            raise errors.bad_request(
                f"A definition is replaced as a whole, and '{name}' is missing or another.",
                errors.BAD_PAYLOAD,
            )


def _bare(value: object) -> str:
    return str(value).removeprefix("#")


def _url(session: Session, table: TableSchema, kind: str, column: Column) -> str:
    table_id, column_id = describe.table_id(table), describe.column_id(table, column)
    return f"{session.api_url}/EntityDefinitions({table_id})/{kind}({column_id})"


def _key(session: Session, table: TableSchema, body: Body) -> AlternateKey:
    name = schema_name(body)
    listed = body.get("KeyAttributes")
    names = tuple(str(each) for each in listed) if isinstance(listed, list) else ()
    if not 1 <= len(names) <= _MAX_KEY_COLUMNS or len(table.keys) >= _MAX_KEYS:
        raise errors.bad_request(
            f"A table has at most {_MAX_KEYS} keys of at most {_MAX_KEY_COLUMNS} columns.",
            "0x80060887",
        )
    for each in names:
        column = table.columns.get(each)
        if column is None or column.kind not in _KEY_KINDS:
            raise errors.bad_request(f"The column '{each}' cannot be part of a key.", "0x80060889")
    if len(set(names)) < len(names) or _key_bytes(table, names) > _MAX_KEY_BYTES:
        raise errors.bad_request(
            f"A key takes each column once, and at most {_MAX_KEY_BYTES} bytes.", "0x80060887"
        )
    created_at = session.now.timestamp()
    label = label_in(body.get("DisplayName"))
    return AlternateKey(session.endpoint.new_id(), table.name, name, names, created_at, label)


def _key_bytes(table: TableSchema, names: tuple[str, ...]) -> int:
    """Return how wide the index would be: text is UTF-16, nothing else is wider than a GUID."""
    return sum(2 * table.columns[name].max_length or _GUID_BYTES for name in names)
