"""Which endpoints are known, and which two each connection was made for (R33)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from dynamics_xero.model import EndpointFacts, SideName
from dynamics_xero.rows import ConnectionRow
from dynamics_xero.store.engine import upsert
from dynamics_xero.store.tables import connection, endpoint


class Endpoints:
    """Reads and writes pinned endpoints within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pin(self, facts: EndpointFacts, *, now: datetime) -> EndpointFacts | None:
        """Store what an endpoint says of itself; return what it said before, if it ever did."""
        query = select(endpoint).where(endpoint.c.key == facts.key)
        row = self._connection.execute(query).first()
        columns = {**asdict(facts), "side": facts.side.value}
        if row is None:
            self._connection.execute(insert(endpoint), {**columns, "pinned_at": now})
            return None
        self._connection.execute(update(endpoint).where(endpoint.c.key == facts.key), columns)
        return EndpointFacts(
            key=row.key,
            side=SideName(row.side),
            remote_id=row.remote_id,
            name=row.name,
            url=row.url,
            short_code=row.short_code,
            currency=row.currency,
        )

    def connection(self, name: str) -> ConnectionRow | None:
        """Return the row of a connection, None until both its endpoints are known."""
        row = self.pinned(name)
        return row if row.dynamics_key and row.xero_key else None

    def pinned(self, name: str) -> ConnectionRow:
        """Return what is known of a connection's endpoints; a key is empty until it is."""
        query = select(connection).where(connection.c.name == name)
        row = self._connection.execute(query).first()
        if row is None:
            return ConnectionRow(name, "", "")
        return ConnectionRow(row.name, row.dynamics_key, row.xero_key)

    def put_connection(self, row: ConnectionRow) -> None:
        """Store the row of a connection."""
        self._connection.execute(upsert(self._connection, connection), asdict(row))
