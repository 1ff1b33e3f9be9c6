"""Links without a Xero record: who still looks for a partner, and how many there are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, literal, or_, select, update

from dynamics_xero.model import Life, Link, Status
from dynamics_xero.store.link_rows import COLUMNS, of, to_link
from dynamics_xero.store.tables import Instant, link


class Unlinked:
    """Reads links without a partner within one transaction; parts are none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self, connection: str, entity: str, *, after: int, limit: int, status: Status | None = None
    ) -> list[Link]:
        """Return links by id, behind one of them."""
        query = (
            select(*COLUMNS)
            .where(*_alone(connection, entity), link.c.id > after)
            .order_by(link.c.id)
            .limit(limit)
        )
        if status is not None:
            query = query.where(link.c.status == status.value)
        return [to_link(row) for row in self._connection.execute(query)]

    def waiting(self, connection: str, entity: str, *, now: datetime) -> int:
        """Return how many links of the entity can be worked on now, linked ones too."""
        query = select(func.count()).where(
            *of(connection, entity),
            link.c.due_at.is_not(None),
            or_(link.c.next_at.is_(None), link.c.next_at <= now),
        )
        return self._connection.scalars(query).one()

    def give_up(self, link_id: int, *, now: datetime) -> None:
        """Take the Xero id from a link, so that another one may have it; to be written back."""
        since = func.coalesce(link.c.write_back_at, literal(now, Instant))
        changes = {"xero_id": None, "write_back_at": since}
        self._connection.execute(update(link).where(link.c.id == link_id).values(changes))


def _alone(connection: str, entity: str) -> tuple[ColumnElement[bool], ...]:
    return (
        *of(connection, entity),
        link.c.xero_id.is_(None),
        link.c.parent_id.is_(None),
        link.c.life == Life.LINKED.value,
    )
