"""Rights that one owner holds until a time, with a fence that grows with each new owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select, update

from dynamics_xero.store.engine import insert_missing
from dynamics_xero.store.statements import prepared
from dynamics_xero.store.tables import EPOCH, lease

NOBODY = ""

_RENEW = prepared(
    update(lease)
    .where(
        lease.c.name == bindparam("b_name"),
        lease.c.owner == bindparam("b_owner"),
        lease.c.fence == bindparam("b_fence"),
    )
    .values(until=bindparam("b_until"))
)
"""Put together once: every transaction of a lane begins with it."""


class Leases:
    """Reads and writes leases within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(
        self,
        name: str,
        owner: str,
        *,
        now: datetime,
        until: datetime,
        free_if: Callable[[str], bool] | None = None,
    ) -> int | None:
        """Take the lease and return its fence; None when another owner holds it."""
        self._connection.execute(
            insert_missing(self._connection, lease),
            {"name": name, "owner": NOBODY, "fence": 0, "until": EPOCH},
        )
        row = self._connection.execute(
            select(lease).where(lease.c.name == name).with_for_update()
        ).one()
        mine = row.owner == owner
        free = row.owner == NOBODY or row.until < now
        if not (mine or free or (free_if is not None and free_if(row.owner))):
            return None
        fence: int = row.fence if mine else row.fence + 1
        self._connection.execute(
            update(lease).where(lease.c.name == name).values(owner=owner, fence=fence, until=until)
        )
        return fence

    def renew(self, name: str, owner: str, fence: int, *, until: datetime) -> bool:
        """Move the end; False when somebody else took the lease since."""
        held = {"b_name": name, "b_owner": owner, "b_fence": fence, "b_until": until}
        return _RENEW.run(self._connection, held) == 1

    def holds(self, name: str, owner: str, fence: int, *, now: datetime) -> bool:
        """Say whether the lease is still held."""
        query = select(lease.c.name).where(_held_by(name, owner, fence), lease.c.until > now)
        return self._connection.execute(query).first() is not None

    def release(self, name: str, owner: str, fence: int) -> None:
        """Give the lease back; the row stays, so that the next owner gets a higher fence.

        Its end stays as well: it tells how long nobody has wanted the lease (see `pruning`).
        """
        self._connection.execute(
            update(lease).where(_held_by(name, owner, fence)).values(owner=NOBODY)
        )


def _held_by(name: str, owner: str, fence: int) -> ColumnElement[bool]:
    return and_(lease.c.name == name, lease.c.owner == owner, lease.c.fence == fence)
