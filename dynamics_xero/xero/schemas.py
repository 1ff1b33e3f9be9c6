"""Clean what Xero sends: one plan per resource and choice of columns.

Tolerant by intent: what a column cannot hold becomes absent, so that one strange value never
costs a page; unknown columns are passed over and unknown enum values stay as text. Why a plan and
no marshmallow schema: docs/adr/0008-plans-read-rows.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, TypeAlias

from dynamics_xero.mapping.columns.column import ColumnType
from dynamics_xero.mapping.columns.xero import RESOURCES as COLUMNS
from dynamics_xero.model import Value, Values

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")

Reader: TypeAlias = Callable[[Any], Value]
"""Reads one JSON value; None when it is not of the kind."""


def text(value: object) -> str | None:
    """Read a text, trimmed at its ends; an empty one is absent."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int | Decimal) else None


def boolean(value: object) -> bool | None:
    """Read true or false, as text too."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def number(value: object) -> Decimal | None:
    """Read an exact number, as text too."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        read = Decimal(value)
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def whole(value: object) -> int | None:
    """Read a whole number."""
    read = number(value)
    return int(read) if read is not None and read == int(read) else None


def instant(value: object) -> datetime | None:
    """Read /Date(ms+0000)/ or ISO text as aware UTC (xero.md section 3, Envelope and dates)."""
    if not isinstance(value, str):
        return None
    found = _MS_DATE.fullmatch(value.strip())
    try:
        if found:
            # The offset says where the writer's clock stood; the milliseconds are UTC already.
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        moment = datetime.fromisoformat(value.strip())
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_READERS: Mapping[ColumnType, Reader] = {
    ColumnType.BOOLEAN: boolean,
    ColumnType.DECIMAL: number,
    ColumnType.MONEY: number,
    ColumnType.WHOLE: whole,
    ColumnType.DATETIME: instant,
}


@dataclass(frozen=True, slots=True)
class _Slots:
    """A list of rows of fixed types, such as addresses; read into values under dotted paths.

    slot: the column that names a row's type. wanted: type -> column -> its path and reader.
    """

    column: str
    slot: str
    wanted: Mapping[str, Mapping[str, tuple[str, Reader]]]

    def read(self, raw: Mapping[str, object], values: dict[str, Value]) -> None:
        """Add the values that are there."""
        listed = raw.get(self.column)
        for row in listed if isinstance(listed, list) else ():
            kind = row.get(self.slot) if isinstance(row, dict) else None
            columns = self.wanted.get(kind, {}) if isinstance(kind, str) else {}
            for name, (path, read) in columns.items():
                shown = row.get(name)
                if shown is not None and (value := read(shown)) is not None:
                    values[path] = value


class Cleaner:
    """A plan of some columns of one resource; made once, used for every row."""

    def __init__(
        self, resource: str, columns: Iterable[str], typed_lists: Mapping[str, str]
    ) -> None:
        known = COLUMNS[resource]
        self._plain: list[tuple[str, Reader]] = []
        slots: dict[str, dict[str, dict[str, tuple[str, Reader]]]] = {}
        for path in columns:
            if path not in known:
                continue
            read = _READERS.get(known[path].type, text)
            head, _, rest = path.partition(".")
            if not rest:
                self._plain.append((path, read))
                continue
            kind, _, name = rest.partition(".")
            slots.setdefault(head, {}).setdefault(kind, {})[name] = (path, read)
        self._slots = [_Slots(head, typed_lists[head], kinds) for head, kinds in slots.items()]

    def clean(self, raw: Mapping[str, object]) -> Values:
        """Return the values that are there, under their paths."""
        values: dict[str, Value] = {}
        for name, read in self._plain:
            shown = raw.get(name)
            if shown is not None and (value := read(shown)) is not None:
                values[name] = value
        for slots in self._slots:
            slots.read(raw, values)
        return values


@lru_cache(maxsize=64)
def cleaner(
    resource: str,
    columns: tuple[str, ...] | None = None,
    typed_lists: tuple[tuple[str, str], ...] = (),
) -> Cleaner:
    """Return the cleaner of these columns, or of all there are.

    typed_lists: list column and the column that names a row's slot (Addresses, AddressType).
    """
    return Cleaner(resource, COLUMNS[resource] if columns is None else columns, dict(typed_lists))
