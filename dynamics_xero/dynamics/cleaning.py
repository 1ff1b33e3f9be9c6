"""Functions that clean what Dataverse shows; none of them ever refuses a value.

An observation is a fact: a value of an unexpected form survives as text, so that one odd row
cannot hold up a feed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from dynamics_xero.model import Value

Clean: TypeAlias = Callable[[object], Value]
"""Takes what JSON held, None excepted, and returns the observed value."""


def text(value: object) -> str | None:
    """Return text with its ends trimmed, None for empty."""
    return str(value).strip() or None


def whole(value: object) -> Value:
    """Return a whole number: choices, states, counts."""
    if type(value) is int:
        return value
    number = decimal(value)
    if isinstance(number, Decimal) and number == number.to_integral_value():
        return int(number)
    return number


def decimal(value: object) -> Value:
    """Return an exact number without trailing zeros, so that equal amounts look equal."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return text(value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        return text(value)
    if not number.is_finite():
        return text(value)
    return number.quantize(Decimal(1)) if _is_integral(number) else number.normalize()


def _is_integral(number: Decimal) -> bool:
    return number.adjusted() < 20 and number == number.to_integral_value()


def boolean(value: object) -> Value:
    """Return yes or no."""
    return value if isinstance(value, bool) else text(value)


def moment(value: object) -> Value:
    """Return a point in time as aware UTC."""
    try:
        found = datetime.fromisoformat(str(value))
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return text(value)


def reference(value: object) -> Value:
    """Return the id of a row, in one spelling."""
    found = text(value)
    return found.lower() if found else None


def plain(value: object) -> Value:
    """Return a value of a column we have no facts on, by the form it has in JSON."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return decimal(value) if isinstance(value, Decimal) else value
    return text(value) if isinstance(value, str) else None
