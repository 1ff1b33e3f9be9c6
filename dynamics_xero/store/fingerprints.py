"""By which mappings a connection works, and since when a person lets it (R11, R12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select, update

from dynamics_xero.store.engine import upsert
from dynamics_xero.store.tables import connection, fingerprint


class Fingerprints:
    """Reads and writes fingerprints within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, connection: str) -> dict[str, str]:
        """Return entity -> the fingerprint of the mapping that was adopted."""
        chosen = fingerprint.c.connection == connection
        query = select(fingerprint.c.entity, fingerprint.c.value).where(chosen)
        return {entity: value for entity, value in self._connection.execute(query)}

    def adopt(self, connection: str, values: Mapping[str, str], *, now: datetime) -> None:
        """Store the fingerprints of entities, in place of earlier ones."""
        rows = [
            {"connection": connection, "entity": entity, "value": value, "at": now}
            for entity, value in values.items()
        ]
        if rows:
            self._connection.execute(upsert(self._connection, fingerprint), rows)

    def approved_at(self, name: str) -> datetime | None:
        """Return when the connection's first plan was approved, None while it was not."""
        query = select(connection.c.approved_at).where(connection.c.name == name)
        return self._connection.scalar(query)

    def approve(self, name: str, *, now: datetime) -> None:
        """Note that the connection may write; the first time counts."""
        waiting = (connection.c.name == name, connection.c.approved_at.is_(None))
        self._connection.execute(update(connection).where(*waiting).values(approved_at=now))
