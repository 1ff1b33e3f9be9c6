"""Links, as the steps see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dynamics_xero.model import Base, Link, LinkOutcome, SideName, Status


class Links(Protocol):
    """Pairs of ids, what became of them, and which of them are due."""

    def ensure(self, connection: str, entity: str, dynamics_ids: Iterable[str]) -> None:
        """Insert the links that are missing; they are not due yet."""
        ...

    def plant(
        self,
        connection: str,
        entity: str,
        pairs: Sequence[tuple[str, str]],
        *,
        now: datetime,
    ) -> None:
        """Insert due links of (Dynamics id, Xero id) for rows that are still to be made."""
        ...

    def by_dynamics(self, connection: str, entity: str, ids: Iterable[str]) -> dict[str, Link]:
        """Return the links by Dynamics id."""
        ...

    def by_xero(self, connection: str, entity: str, ids: Iterable[str]) -> dict[str, Link]:
        """Return the links by Xero id; parts are left out."""
        ...

    def by_id(self, ids: Iterable[int]) -> dict[int, Link]:
        """Return the links by their own id."""
        ...

    def mark_due(
        self,
        connection: str,
        entity: str,
        *,
        now: datetime,
        dynamics_ids: Iterable[str] = (),
        xero_ids: Iterable[str] = (),
        only: Sequence[Status] = (),
    ) -> None:
        """Mark links due, at once even if they were waiting; severed ones stay as they are (R15).

        xero_ids do not find parts. only: those of these statuses; none given means all.
        """
        ...

    def wake(self, link_ids: Iterable[int], *, now: datetime) -> None:
        """Mark links due by their own ids, severed ones too: a person or a merge asks for it."""
        ...

    def absorbed_by(self, link_ids: Iterable[int]) -> dict[int, list[Link]]:
        """Return, per link, the links it stands for since a merge."""
        ...

    def any_of(self, connection: str, statuses: Sequence[Status]) -> bool:
        """Say whether a link of any entity stands at one of these."""
        ...

    def mark_seen(
        self,
        connection: str,
        entity: str,
        run_id: str,
        *,
        dynamics_ids: Iterable[str] = (),
        xero_ids: Iterable[str] = (),
    ) -> None:
        """Note that a feed showed the links in this run."""
        ...

    def due(
        self,
        connection: str,
        entity: str,
        *,
        now: datetime,
        limit: int,
        offset: int = 0,
        linked: bool | None = None,
    ) -> list[Link]:
        """Return links that are due, not waiting and in no open request, oldest mark first.

        offset: how many of them to pass over, for a reader that leaves them due. linked: only
        those that have a partner, or only those that have none.
        """
        ...

    def listed(
        self,
        connections: Sequence[str],
        *,
        entity: str | None = None,
        status: Status | None = None,
        limit: int,
    ) -> list[Link]:
        """Return links by connection, entity and id."""
        ...

    def next_due_at(
        self,
        connection: str,
        *,
        entities: Sequence[str] | None = None,
        linked: bool | None = None,
    ) -> datetime | None:
        """Return when the next link is due, a past time for now; None when there is none.

        Links in an open request do not count: they wait for its end. entities None: all of them.
        linked: only those that have a partner, or only those that have none.
        """
        ...

    def parts_of(
        self, connection: str, entity: str, parent_ids: Iterable[int]
    ) -> dict[int, list[Link]]:
        """Return the part links of each parent link, oldest first."""
        ...

    def pair(self, pairs: Sequence[tuple[int, str]]) -> list[int]:
        """Give due links their Xero ids, to be written back.

        Returns the links refused because another link has the id.
        """
        ...

    def save(
        self,
        connection: str,
        outcomes: Sequence[LinkOutcome],
        *,
        run_id: str,
        now: datetime,
        loaded: Mapping[int, int],
        xero_ids: Mapping[int, str],
    ) -> dict[str, int]:
        """Store how links stand, free them from their request, and make write-backs due.

        loaded: link id -> `marked` as it was read; a link marked again since, or not named here,
        stays due. xero_ids: ids that links get with this outcome; the caller knows that no other
        link has them. An outcome without link id makes the part's link, or finds it.
        Returns Dynamics id -> link id of those.
        """
        ...

    def retry_later(
        self, link_ids: Iterable[int], *, next_at: datetime, attempts_up: bool = True
    ) -> None:
        """Leave links due but waiting, free of their request."""
        ...

    def rest(self, link_ids: Iterable[int]) -> None:
        """Take links that wait for their time off the list of what is due; others stay on it."""
        ...

    def queue(self, connection: str, *, remark: str, now: datetime) -> None:
        """Show the links that are due and in no open request as Queued, to be written back."""
        ...

    def begin(self, link_ids: Iterable[int]) -> None:
        """Count the start of work on the links, in case its process does not live to the end."""
        ...

    def survive(self, link_ids: Iterable[int]) -> None:
        """Take starts back: the process lives, whatever became of the links (R32)."""
        ...

    def remember(self, bases: Mapping[int, Base]) -> None:
        """Give links another base, by their ids, and change nothing else."""
        ...

    def set_request(self, link_ids: Iterable[int], request_id: str | None) -> None:
        """Bind links to the open request they travel in, or free them."""
        ...

    def write_backs(self, connection: str, *, limit: int) -> list[Link]:
        """Return links whose state is still to be written onto Dynamics, longest waiting first.

        Their bases are left out: nothing of them is written there.
        """
        ...

    def write_back_state(self, connection: str) -> tuple[int, datetime | None]:
        """Return how many write-backs wait, and since when the oldest does."""
        ...

    def clear_write_backs(self, links: Iterable[Link]) -> None:
        """Note that these links were written back as they stand here.

        One that stands differently by now stays due.
        """
        ...

    def mark_write_back(
        self, connection: str, entity: str, dynamics_ids: Iterable[str], now: datetime
    ) -> None:
        """Make the links' write-backs due."""
        ...


class Choices(Protocol):
    """Whose value a person took for a field in conflict."""

    def of(self, link_ids: Iterable[int]) -> dict[int, dict[str, SideName]]:
        """Return link id -> field -> the side whose value is taken."""
        ...

    def put(self, link_id: int, field: str, take: SideName, *, now: datetime) -> None:
        """Note a person's choice, in place of an earlier one."""
        ...

    def clear(self, used: Iterable[tuple[int, str]]) -> None:
        """Forget choices that were carried out."""
        ...
