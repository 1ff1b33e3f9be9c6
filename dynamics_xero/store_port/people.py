"""What people are asked and shown: approved mappings, and links in helpings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dynamics_xero.model import Link, Status


class Fingerprints(Protocol):
    """By which mappings a connection works, and since when a person lets it (R11, R12)."""

    def of(self, connection: str) -> dict[str, str]:
        """Return entity -> the fingerprint of the mapping that was adopted."""
        ...

    def adopt(self, connection: str, values: Mapping[str, str], *, now: datetime) -> None:
        """Store the fingerprints of entities, in place of earlier ones."""
        ...

    def approved_at(self, name: str) -> datetime | None:
        """Return when the connection's first plan was approved, None while it was not."""
        ...

    def approve(self, name: str, *, now: datetime) -> None:
        """Note that the connection may write; the first time counts."""
        ...


class Reviews(Protocol):
    """Links as people look through them."""

    def walk(
        self,
        connection: str,
        entity: str,
        *,
        after: int,
        limit: int,
        statuses: Sequence[Status] = (),
    ) -> list[Link]:
        """Return the next links after an id, in no open request; no statuses means all."""
        ...

    def troubled(
        self, connection: str, *, after: int, limit: int, entity: str | None = None
    ) -> list[Link]:
        """Return the next links after an id that need a person."""
        ...

    def since(self, link_ids: Iterable[int]) -> dict[int, datetime]:
        """Return, per link, when it came to stand as it does, as far as history tells."""
        ...

    def last_whole(self, connection: str, kind: str) -> datetime | None:
        """Return when the last run of a kind that came to its end began, or else the first run."""
        ...

    def unfinished(self, connection: str, kind: str) -> tuple[str, datetime] | None:
        """Return id and start of the connection's run of a kind that never came to its end."""
        ...
