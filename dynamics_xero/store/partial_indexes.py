"""The indexes over some of the links: for who makes the tables, or compares them.

They stand apart from the tables, since to declare one loads PostgreSQL's dialect with the modules
of all its drivers: 2.4 MB that a process on SQLite has no use for.
"""

from __future__ import annotations

from sqlalchemy import Index, text

from dynamics_xero.store.tables import link

_PAIRED = text("xero_id IS NOT NULL AND parent_id IS NULL")
_DUE = text("due_at IS NOT NULL")
_UNWRITTEN = text("write_back_at IS NOT NULL")
_OUTLIVED = text("winner_id IS NOT NULL")
_HELD = text("hold IS NOT NULL")
_INSIDE = text("parent_id IS NOT NULL")
"""Else SQLite takes it for links that have no parent, and walks nearly all there are."""
Index(
    "link_xero",
    link.c.connection,
    link.c.entity,
    link.c.xero_id,
    unique=True,
    sqlite_where=_PAIRED,
    postgresql_where=_PAIRED,
)
Index(
    "link_due",
    link.c.connection,
    link.c.entity,
    link.c.due_at,
    sqlite_where=_DUE,
    postgresql_where=_DUE,
)
Index(
    "link_write_back",
    link.c.connection,
    link.c.write_back_at,
    sqlite_where=_UNWRITTEN,
    postgresql_where=_UNWRITTEN,
)
Index(
    "link_winner",
    link.c.winner_id,
    sqlite_where=_OUTLIVED,
    postgresql_where=_OUTLIVED,
)
Index(
    "link_hold",
    link.c.connection,
    link.c.hold,
    sqlite_where=_HELD,
    postgresql_where=_HELD,
)
Index(
    "link_parent",
    link.c.connection,
    link.c.parent_id,
    sqlite_where=_INSIDE,
    postgresql_where=_INSIDE,
)
