"""What the guards count, and what they have to know about links and history (R19)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from dynamics_xero.model import Hold, Life, Link, RecordState
from dynamics_xero.rows import GuardKind, GuardRow, WrittenRow
from dynamics_xero.store import codec
from dynamics_xero.store.engine import chunks, upsert
from dynamics_xero.store.link_rows import COLUMNS, of, to_link
from dynamics_xero.store.tables import guard, history, link, record

WRITES = ("update", "update_in_dynamics", "archive", "restore")


class Guards:
    """Reads and writes guards within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self, connection: str) -> list[GuardRow]:
        """Return every guard of a connection that has counted something."""
        query = (
            select(guard, guard.c.count.label("counted"))
            .where(guard.c.connection == connection)
            .order_by(guard.c.entity, guard.c.kind)
        )
        return [
            GuardRow(
                connection=row.connection,
                entity=row.entity,
                kind=GuardKind(row.kind),
                count=row.counted,
                since=row.since,
                until=row.until,
                approved_at=row.approved_at,
            )
            for row in self._connection.execute(query)
        ]

    def get(self, connection: str, entity: str, kind: GuardKind) -> GuardRow | None:
        """Return one guard, None when it has nothing to say."""
        rows = self.all(connection)
        return next((row for row in rows if row.entity == entity and row.kind is kind), None)

    def put(self, row: GuardRow) -> None:
        """Store a guard, in place of what it said before."""
        values = {
            "connection": row.connection,
            "entity": row.entity,
            "kind": row.kind.value,
            "count": row.count,
            "since": row.since,
            "until": row.until,
            "approved_at": row.approved_at,
        }
        self._connection.execute(upsert(self._connection, guard), values)

    def clear(self, connection: str, entity: str, kind: GuardKind) -> None:
        """Forget what a guard has counted."""
        self._connection.execute(
            delete(guard).where(
                guard.c.connection == connection,
                guard.c.entity == entity,
                guard.c.kind == kind.value,
            )
        )

    def linked(self, connection: str, entity: str) -> int:
        """Return how many records of an entity have a partner."""
        partner = or_(link.c.xero_id.is_not(None), link.c.parent_id.is_not(None))
        query = select(func.count()).where(
            *of(connection, entity), partner, link.c.life == Life.LINKED.value
        )
        return self._connection.scalar(query) or 0

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
        mine, partner = record.alias("mine"), record.alias("partner")
        query = (
            select(link.c.id)
            .join(
                mine,
                and_(
                    mine.c.endpoint == here[0],
                    mine.c.resource == here[1],
                    mine.c.id == link.c.dynamics_id,
                ),
            )
            .join(
                partner,
                and_(
                    partner.c.endpoint == there[0],
                    partner.c.resource == there[1],
                    partner.c.id == link.c.xero_id,
                ),
            )
            .where(
                *of(connection, entity),
                link.c.due_at.is_not(None),
                link.c.life == Life.LINKED.value,
                link.c.hold.is_distinct_from(Hold.REMOVALS.value),
                mine.c.state != RecordState.LIVE.value,
                mine.c.merged_into.is_(None),
                partner.c.state == RecordState.LIVE.value,
            )
        )
        return set(self._connection.scalars(query))

    def held(self, connection: str) -> dict[tuple[str, Hold], int]:
        """Return (entity, what holds them) -> number of links."""
        query = (
            select(link.c.entity, link.c.hold, func.count())
            .where(link.c.connection == connection, link.c.hold.is_not(None))
            .group_by(link.c.entity, link.c.hold)
        )
        return {(entity, Hold(hold)): n for entity, hold, n in self._connection.execute(query)}

    def held_links(
        self, connection: str, entity: str, hold: Hold, *, after: int, limit: int
    ) -> list[Link]:
        """Return the next links after an id that are held so."""
        query = (
            select(*COLUMNS)
            .where(
                *of(connection, entity),
                link.c.hold == hold.value,
                link.c.id > after,
            )
            .order_by(link.c.id)
            .limit(limit)
        )
        return [to_link(row) for row in self._connection.execute(query)]

    def written(
        self, link_ids: Iterable[int], *, since: datetime | None, always: Iterable[int] = ()
    ) -> list[WrittenRow]:
        """Return what was written of links since, onto either side, the oldest first.

        since None: from the beginning. always: links whose earlier writes count as well.
        """
        found: list[WrittenRow] = []
        for some, start in ((link_ids, since), (always, None)):
            for ids in chunks(some):
                wanted: list[ColumnElement[bool]] = [
                    history.c.link_id.in_(ids),
                    history.c.action.in_(WRITES),
                ]
                if start is not None:
                    wanted.append(history.c.at >= start)
                columns = (
                    history.c.link_id,
                    history.c.action,
                    history.c.at,
                    history.c.changes_json,
                )
                query = select(*columns).where(*wanted).order_by(history.c.id)
                found += [
                    WrittenRow(
                        row.link_id, row.action, row.at, codec.decode_changes(row.changes_json)
                    )
                    for row in self._connection.execute(query)
                ]
        return found
