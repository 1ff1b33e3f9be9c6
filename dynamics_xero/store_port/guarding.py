"""Guards, and what may be thrown away, as the steps see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from dynamics_xero.model import Hold, Link
from dynamics_xero.rows import GuardKind, GuardRow, WrittenRow


class Guards(Protocol):
    """What the guards count, and what they have to know about links and history (R19)."""

    def all(self, connection: str) -> list[GuardRow]:
        """Return every guard of a connection that has counted something."""
        ...

    def get(self, connection: str, entity: str, kind: GuardKind) -> GuardRow | None:
        """Return one guard, None when it has nothing to say."""
        ...

    def put(self, row: GuardRow) -> None:
        """Store a guard, in place of what it said before."""
        ...

    def clear(self, connection: str, entity: str, kind: GuardKind) -> None:
        """Forget what a guard has counted."""
        ...

    def linked(self, connection: str, entity: str) -> int:
        """Return how many records of an entity have a partner."""
        ...

    def leaving(
        self,
        connection: str,
        entity: str,
        *,
        here: tuple[str, str],
        there: tuple[str, str],
    ) -> set[int]:
        """Return due links whose Dynamics row is gone while its partner is still there.

        here, there: endpoint and resource on each side. Those that are held already are left out,
        and so are rows that another one stands for since a merge.
        """
        ...

    def held(self, connection: str) -> dict[tuple[str, Hold], int]:
        """Return (entity, what holds them) -> number of links."""
        ...

    def held_links(
        self, connection: str, entity: str, hold: Hold, *, after: int, limit: int
    ) -> list[Link]:
        """Return the next links after an id that are held so."""
        ...

    def written(
        self, link_ids: Iterable[int], *, since: datetime | None, always: Iterable[int] = ()
    ) -> list[WrittenRow]:
        """Return what was written of links since, onto either side, the oldest first.

        since None: from the beginning. always: links whose earlier writes count as well.
        """
        ...


class Pruning(Protocol):
    """What has been kept long enough; each method forgets at most one helping."""

    def history(self, before: datetime, *, limit: int) -> int:
        """Forget the oldest outcomes; returns how many."""
        ...

    def runs(self, before: datetime, *, limit: int) -> int:
        """Forget runs that ended, or were left, before then; returns how many."""
        ...

    def leases(self, before: datetime, *, limit: int) -> int:
        """Forget leases that nobody has held since then; returns how many."""
        ...
