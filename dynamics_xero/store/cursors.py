"""Where each feed stands."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, bindparam, select, update

from dynamics_xero.rows import CursorRow
from dynamics_xero.store.engine import replacing
from dynamics_xero.store.statements import Prepared, prepared
from dynamics_xero.store.tables import cursor

_GET = prepared(
    select(
        cursor.c.cursor,
        cursor.c.columns_digest,
        cursor.c.complete,
        cursor.c.generation,
        cursor.c.read_at,
        cursor.c.started_at,
    ).where(cursor.c.endpoint == bindparam("endpoint"), cursor.c.resource == bindparam("resource"))
)
"""In the order of CursorRow."""
_PUT = Prepared(lambda dialect: replacing(dialect, cursor))


class Cursors:
    """Reads and writes bookmarks within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, endpoint: str, resource: str) -> CursorRow | None:
        """Return the feed's row, None before its first read."""
        found = _GET.rows(self._connection, {"endpoint": endpoint, "resource": resource})
        return CursorRow(*found[0]) if found else None

    def put(self, endpoint: str, resource: str, row: CursorRow) -> None:
        """Store the feed's row."""
        ours = {"endpoint": endpoint, "resource": resource}
        _PUT.run(self._connection, {**ours, **asdict(row)})

    def expire(self, endpoint: str) -> None:
        """Have every feed of the endpoint read at the next look; each goes on where it stands."""
        mine = cursor.c.endpoint == endpoint
        self._connection.execute(update(cursor).where(mine).values(read_at=None))
