"""Column definitions as callers send them, read into columns (dataverse.md section 9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from dynamics_xero.sandbox.dynamics import errors
from dynamics_xero.sandbox.dynamics.columns import CHOICES, FRACTIONS, TEXTS, Column, Kind, Option

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
_FIRST_OPTION = 100_000_000
Body = Mapping[str, object]


def schema_name(body: Body) -> str:
    """Return a new piece's name. Raises ODataError for one without a publisher's prefix."""
    name = body.get("SchemaName")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise errors.bad_request(
            f"The name '{name}' must start with a customization prefix and an underscore.",
            "0x8004f01e",
        )
    return name


def column_in(body: Body) -> Column:
    """Return a new column; CreateEntities names the same types with `Complex` before them."""
    type_name = str(body.get("@odata.type", "")).rpartition(".")[2].removeprefix("Complex")
    kind = _KINDS.get(type_name.removesuffix("AttributeMetadata"))
    if kind is None:
        raise errors.unsupported(f"Columns of type '{type_name}' are not offered by this twin.")
    name = schema_name(body)
    column = Column(
        name.lower(),
        kind,
        schema_name=name,
        custom=True,
        label=label_in(body.get("DisplayName")),
        required=str(managed_value(body.get("RequiredLevel")) or "None"),
    )
    return changed(_typed(column), body)


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


def changed(column: Column, body: Body) -> Column:
    """Return the column as a definition describes it; what it leaves out stays."""
    if column.kind in TEXTS:
        column = _with_length(column, body)
    if isinstance(body.get("Precision"), int):
        column = replace(column, precision=int(str(body["Precision"])))
    for name, field in (("MinValue", "minimum"), ("MaxValue", "maximum")):
        if isinstance(body.get(name), int | float):
            column = replace(column, **{field: float(str(body[name]))})  # type: ignore[arg-type]  # two number fields
    if column.kind is Kind.DATETIME:
        behavior = managed_value(body.get("DateTimeBehavior"))
        column = replace(column, date_only=behavior == "DateOnly" or column.date_only)
    if column.kind in CHOICES | {Kind.BOOLEAN}:
        column = _with_options(column, body)
    if "DisplayName" in body:
        column = replace(column, label=label_in(body["DisplayName"]))
    return column


def _with_length(column: Column, body: Body) -> Column:
    length = body.get("MaxLength", column.max_length)
    most = _LENGTHS[column.kind][1]
    if not isinstance(length, int) or not 1 <= length <= most:
        raise errors.bad_request(
            f"The MaxLength of {column.name} must lie between 1 and {most}.", "0x80044329"
        )
    format_name = managed_value(body.get("FormatName")) or column.format_name
    return replace(column, max_length=length, format_name=str(format_name))


def _with_options(column: Column, body: Body) -> Column:
    option_set = body.get("OptionSet")
    if isinstance(option_set, dict) and not column.global_set:
        if column.kind is Kind.BOOLEAN:
            found = (option_set.get("TrueOption"), option_set.get("FalseOption"))
            listed = [{"Value": 1 - index, **(each or {})} for index, each in enumerate(found)]
        else:
            listed = option_set.get("Options") or []
        options = tuple(option_in(index, option) for index, option in enumerate(listed))
        column = replace(column, options=options)
    default = body.get("DefaultFormValue", body.get("DefaultValue"))
    if column.kind is Kind.BOOLEAN:
        return replace(column, default=int(bool(default)))
    chosen = default if isinstance(default, int) and default >= 0 else None
    return replace(column, default=chosen)


def option_in(index: int, option: Body) -> Option:
    """Return a choice's option; one without a value gets the next free one."""
    value = option.get("Value")
    number = value if isinstance(value, int) else _FIRST_OPTION + index
    return Option(number, label_in(option.get("Label")))


def managed_value(managed: object) -> object:
    """Return what a property of the kind `{"Value": ...}` holds."""
    return managed.get("Value") if isinstance(managed, dict) else None


def label_in(value: object) -> str:
    """Return a label's own text, or nothing."""
    if not isinstance(value, dict):
        return ""
    own = value.get("UserLocalizedLabel")
    listed = value.get("LocalizedLabels")
    first = own or (listed[0] if isinstance(listed, list) and listed else None)
    return str(first.get("Label", "")) if isinstance(first, dict) else ""
