"""Where each feed stands."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, bindparam, select, update

from dynamics_xero.rows import CursorRow
from dynamics_xero.store.engine import upsert
from dynamics_xero.store.tables import cursor

_GET = select(cursor).where(
    cursor.c.endpoint == bindparam("endpoint"), cursor.c.resource == bindparam("resource")
)


class Cursors:
    """Reads and writes bookmarks within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, endpoint: str, resource: str) -> CursorRow | None:
        """Return the feed's row, None before its first read."""
        row = self._connection.execute(_GET, {"endpoint": endpoint, "resource": resource}).first()
        if row is None:
            return None
        return CursorRow(
            cursor=row.cursor,
            columns_digest=row.columns_digest,
            complete=row.complete,
            generation=row.generation,
            read_at=row.read_at,
            started_at=row.started_at,
        )

    def put(self, endpoint: str, resource: str, row: CursorRow) -> None:
        """Store the feed's row."""
        self._connection.execute(
            upsert(self._connection, cursor),
            {"endpoint": endpoint, "resource": resource, **asdict(row)},
        )

    def expire(self, endpoint: str) -> None:
        """Have every feed of the endpoint read at the next look; each goes on where it stands."""
        mine = cursor.c.endpoint == endpoint
        self._connection.execute(update(cursor).where(mine).values(read_at=None))
