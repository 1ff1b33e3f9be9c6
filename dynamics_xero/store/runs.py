"""Runs, and what can be counted about them and about links as they stand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from dynamics_xero.model import Life, Status
from dynamics_xero.rows import TroubleRow
from dynamics_xero.store.tables import history, link, run

TROUBLED = (Status.FAILED.value, Status.CONFLICT.value, Status.BLOCKED.value)


class Runs:
    """Reads and writes runs within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, run_id: str, *, connection: str, kind: str, now: datetime) -> None:
        """Open a run."""
        self._connection.execute(
            insert(run), {"id": run_id, "connection": connection, "kind": kind, "started_at": now}
        )

    def finish(self, run_id: str, now: datetime) -> None:
        """Close a run."""
        self._connection.execute(update(run).where(run.c.id == run_id).values(ended_at=now))

    def counts(self, run_id: str) -> dict[tuple[str, str], int]:
        """Return (entity, action) -> number of history rows in this run."""
        return self._counts(history.c.run_id == run_id)

    def counts_since(self, connection: str, since: datetime) -> dict[tuple[str, str], int]:
        """Return the same over every run of the connection that began at that time or later."""
        runs = select(run.c.id).where(run.c.connection == connection, run.c.started_at >= since)
        return self._counts(history.c.run_id.in_(runs))

    def _counts(self, chosen: ColumnElement[bool]) -> dict[tuple[str, str], int]:
        query = (
            select(history.c.entity, history.c.action, func.count())
            .where(chosen)
            .group_by(history.c.entity, history.c.action)
        )
        return {(entity, action): n for entity, action, n in self._connection.execute(query)}

    def unchanged(self, connection: str, run_id: str) -> dict[str, int]:
        """Return entity -> synced links that a feed showed in this run and that needed nothing."""
        query = (
            select(link.c.entity, func.count())
            .where(
                link.c.connection == connection,
                link.c.seen_run == run_id,
                link.c.acted_run.is_distinct_from(run_id),
                link.c.life == Life.LINKED.value,
                link.c.status == Status.SYNCED.value,
            )
            .group_by(link.c.entity)
        )
        return {entity: n for entity, n in self._connection.execute(query)}

    def standing(self, connection: str) -> dict[tuple[str, Status], int]:
        """Return (entity, status) -> number of links."""
        query = (
            select(link.c.entity, link.c.status, func.count())
            .where(link.c.connection == connection)
            .group_by(link.c.entity, link.c.status)
        )
        return {(entity, Status(s)): n for entity, s, n in self._connection.execute(query)}

    def troubled(self, connection: str, limit: int) -> list[TroubleRow]:
        """Return links that failed, conflict, are blocked, or were skipped for a reason."""
        skipped = and_(link.c.status == Status.SKIPPED.value, link.c.remark.is_not(None))
        query = (
            select(link)
            .where(link.c.connection == connection, or_(link.c.status.in_(TROUBLED), skipped))
            .order_by(link.c.entity, link.c.id)
            .limit(limit)
        )
        return [
            TroubleRow(
                connection=row.connection,
                entity=row.entity,
                link_id=row.id,
                dynamics_id=row.dynamics_id,
                xero_id=row.xero_id,
                status=Status(row.status),
                remark=row.remark,
                parent_id=row.parent_id,
            )
            for row in self._connection.execute(query)
        ]
