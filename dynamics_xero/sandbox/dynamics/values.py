"""Values on the wire and in storage: what a column takes, and how it reads and displays."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from dynamics_xero.sandbox.dynamics import errors
from dynamics_xero.sandbox.dynamics.columns import (
    CHOICES,
    FRACTIONS,
    TEXTS,
    WHOLE,
    Column,
    Kind,
)

_FIRST_YEAR = 1753
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

EDM_TYPES = {
    Kind.STRING: "Edm.String",
    Kind.MEMO: "Edm.String",
    Kind.INTEGER: "Edm.Int32",
    Kind.BIGINT: "Edm.Int64",
    Kind.DECIMAL: "Edm.Decimal",
    Kind.DOUBLE: "Edm.Double",
    Kind.MONEY: "Edm.Decimal",
    Kind.BOOLEAN: "Edm.Boolean",
    Kind.DATETIME: "Edm.DateTimeOffset",
    Kind.PICKLIST: "Edm.Int32",
    Kind.STATE: "Edm.Int32",
    Kind.STATUS: "Edm.Int32",
    Kind.LOOKUP: "Edm.Guid",
    Kind.CUSTOMER: "Edm.Guid",
    Kind.OWNER: "Edm.Guid",
    Kind.ID: "Edm.Guid",
}


def edm_type(column: Column) -> str:
    """Return the column's type in $metadata and in type errors."""
    return "Edm.Date" if column.date_only else EDM_TYPES[column.kind]


def is_guid(text: str) -> bool:
    """Tell whether a text is a GUID in its usual form."""
    return _GUID.fullmatch(text) is not None


def to_storage(table: str, column: Column, value: object) -> object:
    """Check a JSON value and return what is stored. Raises ODataError in Dataverse's words."""
    if value is None:
        return None
    if column.kind in TEXTS:
        return _text(table, column, value)
    if column.kind is Kind.BOOLEAN:
        return int(_exactly(column, value, bool))
    if column.kind in CHOICES:
        return _choice(table, column, value)
    if column.kind in WHOLE:
        return _bounded(table, column, int(_exactly(column, value, int)))
    if column.kind in FRACTIONS:
        return _fraction(table, column, value)
    if column.kind is Kind.DATETIME:
        return _moment(column, value)
    return _guid(column, value)


def format_moment(moment: datetime) -> str:
    """Return a point in time as Dataverse writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_moment(text: str, *, date_only: bool = False) -> str:
    """Return a moment or day in the stored form. Raises ValueError for anything else."""
    if date_only:
        if _DAY.fullmatch(text) is None:
            raise ValueError(f"{text} is not a day alone")
        return date.fromisoformat(text).isoformat()
    moment = datetime.fromisoformat(text)
    if moment.year < _FIRST_YEAR:
        raise ValueError(f"{text} lies before {_FIRST_YEAR}")
    return format_moment(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _exactly(column: Column, value: object, wanted: type[int]) -> int:
    if type(value) is not wanted:
        raise errors.wrong_type(value, edm_type(column))
    return value


def _text(table: str, column: Column, value: object) -> str | None:
    if not isinstance(value, str):
        raise errors.wrong_type(value, edm_type(column))
    trimmed = value.strip()
    try:
        # The server's text is UTF-16: what lies beyond the first plane counts twice.
        length = len(trimmed.encode("utf-16-le")) // 2
    except UnicodeEncodeError as fault:
        raise errors.wrong_type(repr(value), edm_type(column)) from fault
    if length > column.max_length:
        raise errors.too_long(table, column.name, column.max_length)
    return trimmed or None


def _choice(table: str, column: Column, value: object) -> int:
    number = int(_exactly(column, value, int))
    if column.label_of(number) is None:
        accepted = ",".join(str(option.value) for option in column.options)
        raise errors.out_of_range(table, column.name, number, accepted)
    return number


def _bounded(table: str, column: Column, number: int) -> int:
    low, high = column.minimum, column.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise errors.out_of_range(table, column.name, number, f"{low} to {high}")
    return number


def _fraction(table: str, column: Column, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise errors.wrong_type(value, edm_type(column))
    try:
        number = Decimal(repr(value)).quantize(Decimal(1).scaleb(-column.precision))
    except InvalidOperation:
        number = Decimal(repr(value))
    low, high = column.minimum, column.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise errors.out_of_range(table, column.name, value, f"{low} to {high}")
    return float(number)


def _moment(column: Column, value: object) -> str:
    if not isinstance(value, str):
        raise errors.wrong_type(value, edm_type(column))
    try:
        return parse_moment(value, date_only=column.date_only)
    except ValueError as fault:
        raise errors.wrong_type(value, edm_type(column)) from fault


def _guid(column: Column, value: object) -> str:
    if not isinstance(value, str) or not is_guid(value):
        raise errors.wrong_type(value, edm_type(column))
    return str(uuid.UUID(value))


def to_wire(column: Column) -> Callable[[object], object] | None:
    """Return how a stored value becomes JSON, or None where it already is."""
    if column.secret:
        return _nothing
    return _boolean if column.kind is Kind.BOOLEAN else None


def _nothing(_value: object) -> object:
    return None


def _boolean(value: object) -> object:
    return None if value is None else bool(value)


def display(column: Column, value: object) -> str | None:
    """Return the FormattedValue annotation, or None for kinds that have none (English, UTC)."""
    if column.kind in CHOICES or column.kind is Kind.BOOLEAN:
        return column.label_of(value)
    if column.kind is Kind.MONEY and isinstance(value, float):
        return f"${value:,.2f}" if value >= 0 else f"(${-value:,.2f})"
    if column.kind in FRACTIONS and isinstance(value, float):
        return f"{value:,.{column.precision}f}"
    if column.kind in WHOLE and isinstance(value, int):
        return f"{value:,}"
    if column.kind is Kind.DATETIME and isinstance(value, str):
        return _display_moment(value, date_only=column.date_only)
    return None


def _display_moment(value: str, *, date_only: bool) -> str:
    moment = datetime.fromisoformat(value)
    day = f"{moment.month}/{moment.day}/{moment.year}"
    if date_only:
        return day
    hour = moment.hour % 12 or 12
    return f"{day} {hour}:{moment.minute:02d} {'AM' if moment.hour < 12 else 'PM'}"
