"""Throw away what has been kept long enough, a helping at a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from dynamics_xero.store.leases import NOBODY
from dynamics_xero.store.tables import history, lease, run


class Pruning:
    """Deletes old rows within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def history(self, before: datetime, *, limit: int) -> int:
        """Forget the oldest outcomes; returns how many.

        Ids grow with time, so only the lowest ones are looked at: no index on the time is needed,
        and nothing is read when there is nothing to forget.
        """
        oldest = select(history.c.id, history.c.at).order_by(history.c.id).limit(limit)
        ids = [row.id for row in self._connection.execute(oldest) if row.at < before]
        return self._delete(history, history.c.id, ids)

    def runs(self, before: datetime, *, limit: int) -> int:
        """Forget runs that ended, or were left, before then; returns how many."""
        ended = func.coalesce(run.c.ended_at, run.c.started_at, type_=run.c.started_at.type)
        ids = self._connection.scalars(select(run.c.id).where(ended < before).limit(limit))
        return self._delete(run, run.c.id, list(ids))

    def leases(self, before: datetime, *, limit: int) -> int:
        """Forget leases that nobody has held since then; returns how many."""
        empty = (lease.c.owner == NOBODY, lease.c.until < before)
        names = self._connection.scalars(select(lease.c.name).where(*empty).limit(limit))
        return self._delete(lease, lease.c.name, list(names))

    def _delete(
        self,
        table: Table,
        key: ColumnElement[int] | ColumnElement[str],
        found: list[int] | list[str],
    ) -> int:
        if found:
            self._connection.execute(delete(table).where(key.in_(found)))
        return len(found)
