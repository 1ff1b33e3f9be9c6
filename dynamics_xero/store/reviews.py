"""What people look through: links in helpings, those in trouble, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from dynamics_xero.model import Link, Status
from dynamics_xero.store.engine import chunks
from dynamics_xero.store.link_rows import COLUMNS, of, to_link
from dynamics_xero.store.tables import Instant, history, link, run

TROUBLED = (Status.FAILED.value, Status.CONFLICT.value, Status.BLOCKED.value)


class Reviews:
    """Reads links for people within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
        wanted = [*of(connection, entity), link.c.id > after, link.c.request_id.is_(None)]
        if statuses:
            wanted.append(link.c.status.in_([status.value for status in statuses]))
        return self._select(wanted, limit)

    def troubled(
        self, connection: str, *, after: int, limit: int, entity: str | None = None
    ) -> list[Link]:
        """Return the next links after an id that need a person."""
        skipped = and_(link.c.status == Status.SKIPPED.value, link.c.remark.is_not(None))
        wanted = [
            link.c.connection == connection,
            link.c.id > after,
            or_(link.c.status.in_(TROUBLED), skipped),
        ]
        if entity is not None:
            wanted.append(link.c.entity == entity)
        return self._select(wanted, limit)

    def since(self, link_ids: Iterable[int]) -> dict[int, datetime]:
        """Return, per link, when it came to stand as it does, as far as history tells."""
        found: dict[int, datetime] = {}
        for some in chunks(link_ids):
            mine = history.c.link_id == link.c.id
            other = (
                select(history.c.link_id, func.max(history.c.id).label("last"))
                .join(link, mine)
                .where(history.c.link_id.in_(some), history.c.status != link.c.status)
                .group_by(history.c.link_id)
                .subquery()
            )
            query = (
                select(history.c.link_id, func.min(history.c.at, type_=Instant))
                .join(link, mine)
                .outerjoin(other, other.c.link_id == history.c.link_id)
                .where(history.c.link_id.in_(some), history.c.id > func.coalesce(other.c.last, 0))
                .group_by(history.c.link_id)
            )
            found.update((link_id, at) for link_id, at in self._connection.execute(query))
        return found

    def unfinished(self, connection: str, kind: str) -> tuple[str, datetime] | None:
        """Return id and start of the connection's run of a kind that never came to its end."""
        query = (
            select(run.c.id, run.c.started_at)
            .where(run.c.connection == connection, run.c.kind == kind, run.c.ended_at.is_(None))
            .order_by(run.c.started_at.desc())
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return (row.id, row.started_at) if row else None

    def last_whole(self, connection: str, kind: str) -> datetime | None:
        """Return when the last run of a kind that came to its end began, or else the first run."""
        mine = run.c.connection == connection
        ended = and_(mine, run.c.kind == kind, run.c.ended_at.is_not(None))
        last = func.max(run.c.started_at, type_=Instant)
        first = func.min(run.c.started_at, type_=Instant)
        found: datetime | None = self._connection.scalar(select(last).where(ended))
        return found or self._connection.scalar(select(first).where(mine))

    def _select(self, wanted: Sequence[ColumnElement[bool]], limit: int) -> list[Link]:
        query = select(*COLUMNS).where(*wanted).order_by(link.c.id).limit(limit)
        return [to_link(row) for row in self._connection.execute(query)]
