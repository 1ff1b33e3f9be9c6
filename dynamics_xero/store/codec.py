"""Observed values as JSON text and back, without loss and in one stable order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dynamics_xero.model import Base, Change, Parts, Value, Values

DECIMAL = "$decimal"
TIME = "$time"
"""The tags: neither remote has names that begin with a dollar sign."""


def _tag(value: object) -> object:
    """JSON has neither decimals nor times: each travels as an object with one tagged text."""
    if isinstance(value, Decimal):
        return {DECIMAL: str(value)}
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("A time without a time zone cannot be stored.")
        return {TIME: value.astimezone(UTC).isoformat()}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"A {type(value).__name__} cannot be stored.")


def _untag(shown: dict[str, Any]) -> Any:
    """Return what a JSON object stands for: a tagged value, or itself."""
    if DECIMAL in shown:
        return Decimal(shown[DECIMAL])
    if TIME in shown:
        return datetime.fromisoformat(shown[TIME])
    return shown


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), default=_tag, allow_nan=False, check_circular=False
)
_DECODER = json.JSONDecoder(object_hook=_untag)


def _decode(text: str) -> Any:
    return _DECODER.raw_decode(text)[0]  # our own texts have no blanks around them to pass over


def encode_values(values: Values) -> str:
    """Return the values as text; equal values give equal text."""
    return _ENCODER.encode(values)


def decode_values(text: str) -> dict[str, Value]:
    """Return what encode_values was given."""
    values: dict[str, Value] = _decode(text)
    return values


def encode_many(rows: Sequence[Values]) -> str:
    """Return a list of values as text."""
    return _ENCODER.encode(rows)


def decode_many(text: str) -> tuple[dict[str, Value], ...]:
    """Return what encode_many was given."""
    return tuple(_decode(text))


def encode_parts(parts: Parts) -> str:
    """Return list columns with their rows as text."""
    return _ENCODER.encode(parts) if parts else "{}"


def decode_parts(text: str) -> dict[str, tuple[Values, ...]]:
    """Return what encode_parts was given."""
    if text == "{}":
        return {}
    loaded: dict[str, list[Values]] = _decode(text)
    return {name: tuple(rows) for name, rows in loaded.items()}


def encode_stamps(stamps: Mapping[str, datetime]) -> str | None:
    """Return instants by name as text; most rows have none, and keep nothing."""
    return _ENCODER.encode(stamps) if stamps else None


def decode_stamps(text: str | None) -> dict[str, datetime]:
    """Return what encode_stamps was given."""
    stamps: dict[str, datetime] = _decode(text) if text else {}
    return stamps


def encode_base(base: Base) -> str:
    """Return a base, both halves per field, as text."""
    return _ENCODER.encode(base)


def decode_base(text: str) -> dict[str, tuple[Value, Value]]:
    """Return what encode_base was given."""
    loaded: dict[str, list[Value]] = _decode(text)
    return {name: (here, there) for name, (here, there) in loaded.items()}


def encode_changes(changes: Mapping[str, Change]) -> str:
    """Return before, after, rule and base per field as text."""
    rows = {name: (c.before, c.after, c.rule, *(c.base or ())) for name, c in changes.items()}
    return _ENCODER.encode(rows)


def decode_changes(text: str) -> dict[str, Change]:
    """Return what encode_changes was given."""
    loaded: dict[str, list[Any]] = _decode(text)
    return {
        name: Change(before, after, rule, (base[0], base[1]) if base else None)
        for name, (before, after, rule, *base) in loaded.items()
    }
