"""The indexes over some of the links: for who makes the tables, or compares them.

They stand apart from the tables, since to declare one loads PostgreSQL's dialect with the modules
of all its drivers: 2.4 MB that a process on SQLite has no use for.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, text

from dynamics_xero.store.tables import link


def _partial(name: str, *columns: Column[Any], where: str, unique: bool = False) -> None:
    condition = text(where)
    Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


_OF = (link.c.connection, link.c.entity)
_PAIRED = "xero_id IS NOT NULL AND parent_id IS NULL"

_partial("link_xero", *_OF, link.c.xero_id, where=_PAIRED, unique=True)
_partial("link_due", *_OF, link.c.due_at, where="due_at IS NOT NULL")
_partial(
    "link_write_back",
    link.c.connection,
    link.c.write_back_at,
    where="write_back_at IS NOT NULL",
)
_partial("link_winner", link.c.winner_id, where="winner_id IS NOT NULL")
_partial("link_hold", link.c.connection, link.c.hold, where="hold IS NOT NULL")
# Else SQLite takes it for links that have no parent, and walks nearly all there are.
_partial("link_parent", link.c.connection, link.c.parent_id, where="parent_id IS NOT NULL")
