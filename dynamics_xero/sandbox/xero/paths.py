"""Paths of the accounting API that the twin knows, without regard to case (xero.md 7, Twin)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

KEY = "{id}"
PATHS = (
    "Contacts",
    "Contacts/{id}",
    "Contacts/{id}/Attachments",
    "Contacts/{id}/Attachments/{id}",
    "Contacts/{id}/CISSettings",
    "Contacts/{id}/History",
    "ContactGroups",
    "ContactGroups/{id}",
    "ContactGroups/{id}/Contacts",
    "ContactGroups/{id}/Contacts/{id}",
    "Currencies",
    "Organisation",
    "Organisation/Actions",
    "Organisation/{id}/CISSettings",
    "Users",
    "Users/{id}",
)
_PARTS = {path: tuple(path.lower().split("/")) for path in PATHS}


@dataclass(frozen=True)
class Place:
    """A known path, and what stands where it leaves keys open."""

    path: str
    keys: tuple[str, ...]


def place_of(path: str) -> Place | None:
    """Return the place of a whole path, /api.xro/2.0 included; None for one nobody knows."""
    given = [unquote(part) for part in path.split("/") if part][2:]
    for known, parts in _PARTS.items():
        if len(parts) == len(given) and all(
            part in (KEY, one.lower()) for part, one in zip(parts, given, strict=True)
        ):
            keys = (one for part, one in zip(parts, given, strict=True) if part == KEY)
            return Place(known, tuple(keys))
    return None
