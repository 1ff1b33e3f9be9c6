"""The worker's database, read from outside: the calls under way, and whether it is sound."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy import create_engine, func, select, text

from dynamics_xero.store.tables import link, metadata, request


class State:
    """One state database, on SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)

    def calls_under_way(self) -> int:
        """Return how many calls have left and have no outcome in the database."""
        return self._count(select(func.count()).where(request.c.sent_at.is_not(None)))

    def linked(self) -> int:
        """Return how many accounts are known to have a contact."""
        return self._count(select(func.count(func.distinct(link.c.xero_id))))

    def unfinished(self) -> int:
        """Return how much is still to be done: links, requests and write-backs."""
        links = select(func.count()).where(
            link.c.due_at.is_not(None)
            | link.c.write_back_at.is_not(None)
            | link.c.request_id.is_not(None)
            | (link.c.status != "Synced")
        )
        return self._count(links) + self._count(select(func.count()).select_from(request))

    def pairs(self) -> dict[str, str]:
        """Return Dynamics id -> Xero id of every link; fails when one id is in two of them."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(link.c.dynamics_id, link.c.xero_id)).all()
        found = {str(dynamics_id): str(xero_id) for dynamics_id, xero_id in rows}
        assert len(rows) == len(found) == len(set(found.values()))
        return found

    def faults(self) -> list[str]:
        """Return what the database itself finds wrong with its files; [] = sound.

        Raises DBAPIError where PostgreSQL cannot make an index anew: a key is in its table twice.
        """
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "sqlite":
                said = connection.execute(text("PRAGMA integrity_check")).scalars()
                return [line for line in said if line != "ok"]
            for table in metadata.sorted_tables:
                connection.execute(text(f'REINDEX TABLE "{table.name}"'))
            return []

    def _count(self, question: object) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(question).scalar_one())  # type: ignore[call-overload]  # any select

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.dispose()
