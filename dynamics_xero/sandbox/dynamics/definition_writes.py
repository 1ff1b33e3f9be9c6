"""Customisation: columns and keys added or removed, change tracking turned on (section 9)."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import replace

from dynamics_xero.sandbox.dynamics import describe, errors, schema_store
from dynamics_xero.sandbox.dynamics.answers import nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.columns import CHOICES, FRACTIONS, TEXTS, Column, Kind, Option
from dynamics_xero.sandbox.dynamics.schema import AlternateKey, TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{1,7}_[A-Za-z0-9_]{1,80}")
_KINDS = {
    kind.value: kind
    for kind in (
        Kind.STRING,
        Kind.MEMO,
        Kind.MONEY,
        Kind.DATETIME,
        Kind.PICKLIST,
        Kind.DECIMAL,
        Kind.DOUBLE,
        Kind.INTEGER,
        Kind.BIGINT,
        Kind.BOOLEAN,
    )
}
_LENGTHS = {Kind.STRING: (100, 4000), Kind.MEMO: (2000, 1048576)}
_KEY_KINDS = {Kind.DECIMAL, Kind.INTEGER, Kind.STRING, Kind.DATETIME, Kind.LOOKUP, Kind.PICKLIST}
_MAX_KEYS, _MAX_KEY_COLUMNS, _MAX_KEY_BYTES, _GUID_BYTES = 10, 16, 900, 16
_FIRST_OPTION = 100_000_000
Body = Mapping[str, object]


def add_column(session: Session, table: TableSchema, call: Call) -> Response:
    """POST .../Attributes: give a table a custom column."""
    body = call.document()
    column = _column(body)
    if column.name in table.columns:
        raise errors.bad_request(
            f"An attribute with the specified name {column.name} already exists for entity "
            f"{table.name}.",
            "0x80047013",
        )
    schema_store.add_column(session.tx, table, column)
    session.reload_schema()
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
        _check_whole(body, describe.column_object(table, column))
        schema_store.save_column(session.tx, table, _changed(column, body))
    elif any(column.name in key.columns for key in table.keys):
        raise errors.bad_request(
            f"The column {column.name} is part of a key and cannot be deleted.", "0x8004f01f"
        )
    else:
        schema_store.drop_column(session.tx, table, column)
    session.reload_schema()
    return nothing()


def change_table(session: Session, table: TableSchema, call: Call) -> Response:
    """PUT EntityDefinitions(key): turn change tracking on, which cannot be undone (section 4)."""
    if call.method != "PUT":
        raise errors.unsupported("Only change tracking of a table can be changed here.")
    body = call.document()
    _check_whole(body, describe.table_object(table))
    wanted = body.get("ChangeTrackingEnabled")
    if wanted is True:
        if not table.facts.trackable:
            raise errors.bad_request(f"Change tracking is not possible for {table.name}.")
        schema_store.track(session.tx, table)
    elif wanted is False and table.tracks_changes:
        raise errors.bad_request(
            f"Change tracking cannot be disabled for the entity {table.name}.", "0x80044331"
        )
    session.reload_schema()
    return nothing(
        {"OData-EntityId": f"{session.api_url}/EntityDefinitions({describe.table_id(table)})"}
    )


def add_key(session: Session, table: TableSchema, call: Call) -> Response:
    """POST .../Keys: declare an alternate key; its index is Pending for a while."""
    body = call.document()
    key = _key(session, table, body)
    if any(other.name == key.name for other in table.keys):
        raise errors.bad_request(
            f"An entity key with the name {key.name} already exists.", "0x80060886"
        )
    try:
        schema_store.add_key(session.tx, key)
    except sqlite3.IntegrityError as fault:
        raise errors.bad_request(
            f"The key {key.name} cannot be built: rows already share a value.", "0x80060892"
        ) from fault
    session.reload_schema()
    table_id = describe.table_id(table)
    url = f"{session.api_url}/EntityDefinitions({table_id})/Keys({key.id})"
    return nothing({"OData-EntityId": url})


def remove_key(session: Session, key: AlternateKey) -> Response:
    """DELETE .../Keys(id)."""
    schema_store.drop_key(session.tx, key)
    session.reload_schema()
    return nothing()


def _check_whole(body: Body, definition: Body) -> None:
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


def _schema_name(body: Body) -> str:
    name = body.get("SchemaName")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise errors.bad_request(
            f"The name '{name}' must start with a customization prefix and an underscore.",
            "0x8004f01e",
        )
    return name


def _column(body: Body) -> Column:
    type_name = str(body.get("@odata.type", "")).rpartition(".")[2]
    kind = _KINDS.get(type_name.removesuffix("AttributeMetadata"))
    if kind is None:
        raise errors.unsupported(f"Columns of type '{type_name}' are not offered by this twin.")
    name = _schema_name(body)
    column = Column(
        name.lower(),
        kind,
        schema_name=name,
        custom=True,
        label=_label(body.get("DisplayName")),
        required=str(_value(body.get("RequiredLevel")) or "None"),
    )
    return _changed(_typed(column), body)


def _typed(column: Column) -> Column:
    """Return the column with its type's own defaults."""
    if column.kind in _LENGTHS:
        return replace(column, max_length=_LENGTHS[column.kind][0])
    if column.kind is Kind.MONEY:
        return replace(column, precision=2, minimum=-922337203685477.0, maximum=922337203685477.0)
    if column.kind in FRACTIONS:
        return replace(column, precision=2, minimum=-1e11, maximum=1e11)
    if column.kind is Kind.INTEGER:
        return replace(column, minimum=-2147483648, maximum=2147483647)
    if column.kind is Kind.BIGINT:
        return replace(column, minimum=-(2**63), maximum=2**63 - 1)
    return column


def _changed(column: Column, body: Body) -> Column:
    """Return the column as a definition describes it; what it leaves out stays."""
    if column.kind in TEXTS:
        column = _with_length(column, body)
    if isinstance(body.get("Precision"), int):
        column = replace(column, precision=int(str(body["Precision"])))
    for name, field in (("MinValue", "minimum"), ("MaxValue", "maximum")):
        if isinstance(body.get(name), int | float):
            column = replace(column, **{field: float(str(body[name]))})  # type: ignore[arg-type]  # two number fields
    if column.kind is Kind.DATETIME:
        behavior = _value(body.get("DateTimeBehavior"))
        column = replace(column, date_only=behavior == "DateOnly" or column.date_only)
    if column.kind in CHOICES | {Kind.BOOLEAN}:
        column = _with_options(column, body)
    if "DisplayName" in body:
        column = replace(column, label=_label(body["DisplayName"]))
    return column


def _with_length(column: Column, body: Body) -> Column:
    length = body.get("MaxLength", column.max_length)
    most = _LENGTHS[column.kind][1]
    if not isinstance(length, int) or not 1 <= length <= most:
        raise errors.bad_request(
            f"The MaxLength of {column.name} must lie between 1 and {most}.", "0x80044329"
        )
    format_name = _value(body.get("FormatName")) or column.format_name
    return replace(column, max_length=length, format_name=str(format_name))


def _with_options(column: Column, body: Body) -> Column:
    option_set = body.get("OptionSet")
    if isinstance(option_set, dict):
        if column.kind is Kind.BOOLEAN:
            found = (option_set.get("TrueOption"), option_set.get("FalseOption"))
            listed = [{"Value": 1 - index, **(each or {})} for index, each in enumerate(found)]
        else:
            listed = option_set.get("Options") or []
        options = tuple(_option(index, option) for index, option in enumerate(listed))
        column = replace(column, options=options)
    default = body.get("DefaultFormValue", body.get("DefaultValue"))
    if column.kind is Kind.BOOLEAN:
        return replace(column, default=int(bool(default)))
    chosen = default if isinstance(default, int) and default >= 0 else None
    return replace(column, default=chosen)


def _option(index: int, option: Body) -> Option:
    value = option.get("Value")
    number = value if isinstance(value, int) else _FIRST_OPTION + index
    return Option(number, _label(option.get("Label")))


def _key(session: Session, table: TableSchema, body: Body) -> AlternateKey:
    name = _schema_name(body)
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
    label = _label(body.get("DisplayName"))
    return AlternateKey(session.endpoint.new_id(), table.name, name, names, created_at, label)


def _key_bytes(table: TableSchema, names: tuple[str, ...]) -> int:
    """Return how wide the index would be: text is UTF-16, nothing else is wider than a GUID."""
    return sum(2 * table.columns[name].max_length or _GUID_BYTES for name in names)


def _value(managed: object) -> object:
    return managed.get("Value") if isinstance(managed, dict) else None


def _label(value: object) -> str:
    if not isinstance(value, dict):
        return ""
    own = value.get("UserLocalizedLabel")
    listed = value.get("LocalizedLabels")
    first = own or (listed[0] if isinstance(listed, list) and listed else None)
    return str(first.get("Label", "")) if isinstance(first, dict) else ""
