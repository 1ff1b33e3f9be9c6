"""Dates as Xero writes and reads them (xero.md 3, Envelope and dates)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_DATE = re.compile(r"/Date\((-?\d+)(?:([+-]\d{2})(\d{2}))?\)/")
_FRACTION = re.compile(r"\.(\d+)")


def milliseconds(instant: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def ms_date(value: int, *, offset: bool = True) -> str:
    """Render milliseconds; the envelope's and Organisation's stamps lack the offset."""
    return f"/Date({value}{'+0000' if offset else ''})/"


def seven_digits(instant: datetime) -> str:
    """Render naive ISO text with seven fractional digits, the form of /connections."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"


def parse_instant(text: str) -> datetime:
    """Read ISO text (naive = UTC, any number of fractional digits) or /Date(ms)/.

    Raises ValueError for anything else.
    """
    found = _MS_DATE.fullmatch(text.strip())
    if found:
        # The offset only tells where the writer's clock stood; the milliseconds are UTC.
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    six_digits = _FRACTION.sub(lambda match: "." + match[1][:6].ljust(6, "0"), text.strip())
    # A "+" that a client forgot to percent-encode arrives as a space.
    instant = datetime.fromisoformat(re.sub(r" (\d{2}:?\d{2})$", r"+\1", six_digits))
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
