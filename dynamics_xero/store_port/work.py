"""Requests, history, runs, leases and endpoints, as the steps see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from dynamics_xero.model import EndpointFacts, Status
from dynamics_xero.rows import ConnectionRow, HistoryRow, RequestRow, TroubleRow


class Requests(Protocol):
    """Remote calls that have been written down and not been answered yet (R21, R22)."""

    def open(self, rows: Sequence[RequestRow]) -> None:
        """Write calls down before they leave."""
        ...

    def sent(self, request_id: str, at: datetime) -> bool:
        """Note when a call left; False when it is no longer written down, and must not."""
        ...

    def close(self, request_id: str) -> None:
        """Forget a call: its outcome is stored, or it is known not to have been taken."""
        ...

    def opened(self, connection: str) -> list[RequestRow]:
        """Return the connection's open calls, the earliest deadline first."""
        ...


class History(Protocol):
    """What was done, and why (R40)."""

    def add(self, rows: Sequence[HistoryRow]) -> None:
        """Append outcomes."""
        ...

    def told(self, link_ids: Iterable[int], action: str) -> set[int]:
        """Return those of the links of which an action is told."""
        ...

    def of_record(self, record_id: str, limit: int) -> list[HistoryRow]:
        """Return the newest outcomes of a Dynamics or Xero id, newest first."""
        ...


class Runs(Protocol):
    """Runs, and what can be told about them."""

    def start(self, run_id: str, *, connection: str, kind: str, now: datetime) -> None:
        """Open a run."""
        ...

    def finish(self, run_id: str, now: datetime) -> None:
        """Close a run."""
        ...

    def counts(self, run_id: str) -> dict[tuple[str, str], int]:
        """Return (entity, action) -> number of history rows in this run."""
        ...

    def counts_since(self, connection: str, since: datetime) -> dict[tuple[str, str], int]:
        """Return the same over every run of the connection that began at that time or later."""
        ...

    def unchanged(self, connection: str, run_id: str) -> dict[str, int]:
        """Return entity -> synced links that a feed showed in this run and that needed nothing."""
        ...

    def standing(self, connection: str) -> dict[tuple[str, Status], int]:
        """Return (entity, status) -> number of links."""
        ...

    def troubled(self, connection: str, limit: int) -> list[TroubleRow]:
        """Return links that failed, conflict, are blocked, or were skipped for a reason."""
        ...


class Leases(Protocol):
    """Rights that one owner holds until a time, with a fence that grows with each new owner."""

    def take(
        self,
        name: str,
        owner: str,
        *,
        now: datetime,
        until: datetime,
        free_if: Callable[[str], bool] | None = None,
    ) -> int | None:
        """Take the lease and return its fence; None when another owner holds it.

        free_if: asked with the present owner's name; true frees a lease whose owner is dead.
        """
        ...

    def renew(self, name: str, owner: str, fence: int, *, until: datetime) -> bool:
        """Move the end; False when somebody else took the lease since."""
        ...

    def holds(self, name: str, owner: str, fence: int, *, now: datetime) -> bool:
        """Say whether the lease is still held."""
        ...

    def release(self, name: str, owner: str, fence: int) -> None:
        """Give the lease back; the next owner gets a higher fence."""
        ...


class Endpoints(Protocol):
    """Which endpoints are known, and which two each connection was made for (R33)."""

    def pin(self, facts: EndpointFacts, *, now: datetime) -> EndpointFacts | None:
        """Store what an endpoint says of itself; return what it said before, None the first time.

        Raises nothing: whether it is the right one is judged from `connection`.
        """
        ...

    def connection(self, name: str) -> ConnectionRow | None:
        """Return the row of a connection, None until both its endpoints are known."""
        ...

    def pinned(self, name: str) -> ConnectionRow:
        """Return what is known of a connection's endpoints; a key is empty until it is."""
        ...

    def put_connection(self, row: ConnectionRow) -> None:
        """Store the row of a connection."""
        ...
