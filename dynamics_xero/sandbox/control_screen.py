"""What people do on screens, as the control call takes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Merge:
    """Merge one record into another."""

    person: str
    loser: str
    winner: str


@dataclass(frozen=True)
class Unarchive:
    """Restore an archived record."""

    person: str
    contact: str


@dataclass(frozen=True)
class Edit:
    """Fill fields the API only reads."""

    person: str
    contact: str
    values: dict[str, object]


ScreenWork = Merge | Unarchive | Edit
