"""The mirror and its bookmarks, as the steps see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dynamics_xero.model import Record, RecordState, Values
from dynamics_xero.rows import CursorRow, RecordRow, Stored


class Records(Protocol):
    """The mirror: what each remote row last showed."""

    def get(self, endpoint: str, resource: str, ids: Iterable[str]) -> dict[str, Stored]:
        """Return the rows by id."""
        ...

    def children(
        self, endpoint: str, resource: str, parent_ids: Iterable[str]
    ) -> dict[str, list[Record]]:
        """Return the live rows of each parent, ordered by id."""
        ...

    def put(
        self,
        endpoint: str,
        rows: Sequence[RecordRow],
        *,
        generation: int,
        answered_at: datetime,
    ) -> None:
        """Store the rows and their keys; whether one may be stored is judged before (R2)."""
        ...

    def touch(self, endpoint: str, resource: str, ids: Iterable[str], generation: int) -> None:
        """Note that a read of this generation showed the rows, unchanged."""
        ...

    def patch(self, endpoint: str, resource: str, patches: Mapping[str, Values]) -> None:
        """Merge columns into the rows' values; version and keys stay."""
        ...

    def absent(self, endpoint: str, resource: str, generation: int, limit: int) -> list[str]:
        """Return ids that no read of this generation has shown: candidates only (R3)."""
        ...

    def unlinked(
        self,
        endpoint: str,
        resource: str,
        *,
        connection: str,
        entities: Sequence[str],
        after: str,
        limit: int,
    ) -> list[Record]:
        """Return live rows that no link of these entities has as its Xero record, by id."""
        ...

    def holders(
        self, endpoint: str, resource: str, key: str, values: Iterable[str]
    ) -> dict[str, list[tuple[str, RecordState]]]:
        """Return, per normalised value, the rows that hold it under a key; deleted ones do not."""
        ...


class Cursors(Protocol):
    """Where each feed stands."""

    def get(self, endpoint: str, resource: str) -> CursorRow | None:
        """Return the feed's row, None before its first read."""
        ...

    def put(self, endpoint: str, resource: str, row: CursorRow) -> None:
        """Store the feed's row."""
        ...

    def expire(self, endpoint: str) -> None:
        """Have every feed of the endpoint read at the next look; each goes on where it stands."""
        ...
