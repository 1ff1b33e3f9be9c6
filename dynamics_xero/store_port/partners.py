"""Who looks for a partner, and which pairs a person refused, as the steps see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from dynamics_xero.model import Link, Status


class Rejections(Protocol):
    """Pairs that a person said are not the same thing (R16)."""

    def put(
        self, connection: str, entity: str, dynamics_id: str, xero_id: str, *, now: datetime
    ) -> None:
        """Note that the two are not the same thing."""
        ...

    def take_back(self, connection: str, entity: str, dynamics_id: str, xero_id: str) -> None:
        """Forget a rejection: the person thought better of it."""
        ...

    def of(self, connection: str, entity: str, xero_ids: Iterable[str]) -> set[tuple[str, str]]:
        """Return the rejected pairs (Dynamics id, Xero id) of these Xero records."""
        ...


class Unlinked(Protocol):
    """Links without a Xero record; parts are none."""

    def page(
        self, connection: str, entity: str, *, after: int, limit: int, status: Status | None = None
    ) -> list[Link]:
        """Return links by id, behind one of them; only those that may find a partner (R15)."""
        ...

    def waiting(self, connection: str, entity: str, *, now: datetime) -> int:
        """Return how many links of the entity can be worked on now, linked ones too."""
        ...

    def give_up(self, link_id: int, *, now: datetime) -> None:
        """Take the Xero id from a link, so that another one may have it; to be written back."""
        ...
