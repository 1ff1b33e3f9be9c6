"""Pairs that a person said are not the same thing: never matched, never suggested again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from dynamics_xero.store.engine import chunks, insert_missing
from dynamics_xero.store.tables import rejection

TAKEN_BACK = delete(rejection).where(
    rejection.c.connection == bindparam("b_connection"),
    rejection.c.entity == bindparam("b_entity"),
    rejection.c.dynamics_id == bindparam("b_dynamics_id"),
    rejection.c.xero_id == bindparam("b_xero_id"),
)


class Rejections:
    """Reads and writes rejected pairs within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(
        self, connection: str, entity: str, dynamics_id: str, xero_id: str, *, now: datetime
    ) -> None:
        """Note that the two are not the same thing."""
        row = {
            "connection": connection,
            "entity": entity,
            "dynamics_id": dynamics_id,
            "xero_id": xero_id,
            "at": now,
        }
        self._connection.execute(insert_missing(self._connection, rejection), row)

    def take_back(self, connection: str, entity: str, dynamics_id: str, xero_id: str) -> None:
        """Forget a rejection: the person thought better of it."""
        row = {
            "b_connection": connection,
            "b_entity": entity,
            "b_dynamics_id": dynamics_id,
            "b_xero_id": xero_id,
        }
        self._connection.execute(TAKEN_BACK, row)

    def of(self, connection: str, entity: str, xero_ids: Iterable[str]) -> set[tuple[str, str]]:
        """Return the rejected pairs (Dynamics id, Xero id) of these Xero records."""
        found: set[tuple[str, str]] = set()
        for some in chunks(xero_ids):
            query = select(rejection.c.dynamics_id, rejection.c.xero_id).where(
                rejection.c.connection == connection,
                rejection.c.entity == entity,
                rejection.c.xero_id.in_(some),
            )
            found.update((row.dynamics_id, row.xero_id) for row in self._connection.execute(query))
        return found
