"""Whose value a person took for a field in conflict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from dynamics_xero.model import SideName
from dynamics_xero.store.engine import chunks
from dynamics_xero.store.tables import choice

USED = delete(choice).where(
    choice.c.link_id == bindparam("b_link"), choice.c.field == bindparam("b_field")
)


class Choices:
    """Reads and writes choices within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, link_ids: Iterable[int]) -> dict[int, dict[str, SideName]]:
        """Return link id -> field -> the side whose value is taken."""
        found: dict[int, dict[str, SideName]] = {}
        for some in chunks(link_ids):
            query = select(choice).where(choice.c.link_id.in_(some))
            for row in self._connection.execute(query):
                found.setdefault(row.link_id, {})[row.field] = SideName(row.take)
        return found

    def put(self, link_id: int, field: str, take: SideName, *, now: datetime) -> None:
        """Note a person's choice, in place of an earlier one."""
        self.clear([(link_id, field)])
        row = {"link_id": link_id, "field": field, "take": take.value, "at": now}
        self._connection.execute(choice.insert(), row)

    def clear(self, used: Iterable[tuple[int, str]]) -> None:
        """Forget choices that were carried out."""
        rows = [{"b_link": link_id, "b_field": name} for link_id, name in used]
        if rows:
            self._connection.execute(USED, rows)
