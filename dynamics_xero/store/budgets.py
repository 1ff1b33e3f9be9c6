"""What was spent of each limit, shared by every process (R35)."""

from __future__ import annotations

from sqlalchemy import select, update

from dynamics_xero.store.engine import insert_missing
from dynamics_xero.store.store import Store
from dynamics_xero.store.tables import budget


class Budgets:
    """Implements ports.BudgetStore; each call is a short transaction of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, name: str) -> str | None:
        """Return the stored state, or None."""
        with self._store.connect() as connection:
            return connection.scalar(select(budget.c.state).where(budget.c.name == name))

    def update(self, name: str, before: str | None, after: str) -> bool:
        """Replace the state if it is still `before`; False when another process was first."""
        with self._store.connect() as connection:
            if before is None:
                done = connection.execute(
                    insert_missing(connection, budget), {"name": name, "state": after}
                )
            else:
                done = connection.execute(
                    update(budget)
                    .where(budget.c.name == name, budget.c.state == before)
                    .values(state=after)
                )
            return done.rowcount == 1
