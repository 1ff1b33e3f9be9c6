"""What was spent of each limit, shared by every process (R35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, select, update

from dynamics_xero.store.engine import insert_missing
from dynamics_xero.store.statements import OneOf, prepared
from dynamics_xero.store.store import Store
from dynamics_xero.store.tables import budget

# Put together once: every remote call begins and ends with them.
_LOAD = prepared(select(budget.c.name, budget.c.state).where(OneOf(budget.c.name, "names")))
_UPDATE = prepared(
    update(budget)
    .where(budget.c.name == bindparam("b_name"), budget.c.state == bindparam("b_before"))
    .values(state=bindparam("b_after"))
)


class Budgets:
    """Implements ports.BudgetStore; each call is a short transaction of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, names: Sequence[str]) -> dict[str, str]:
        """Return the stored states by name."""
        with self._store.look() as connection:
            return {name: state for name, state in _LOAD.rows(connection, {"names": names})}

    def update(self, changes: Mapping[str, tuple[str | None, str]]) -> bool:
        """Replace the states, all or none; False when another process was first."""
        with self._store.connect() as connection:
            done = all(_replace(connection, name, *states) for name, states in changes.items())
            if not done:
                connection.rollback()
            return done


def _replace(connection: Connection, name: str, before: str | None, after: str) -> bool:
    if before is None:
        new = {"name": name, "state": after}
        return connection.execute(insert_missing(connection, budget), new).rowcount == 1
    changed = {"b_name": name, "b_before": before, "b_after": after}
    return _UPDATE.run(connection, changed) == 1
