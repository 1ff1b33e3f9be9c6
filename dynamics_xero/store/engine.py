"""How each dialect is spoken to; the only place that knows there are two."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Insert,
    Table,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

BUSY_TIMEOUT_MS = 30_000
IN_LIST = 500
"""Ids in one IN list: past this a longer list is no faster (performance.md section 4)."""

READS = "dynamics_xero_reads"
MIGRATION_LOCK = 7_265_910_001

Item = TypeVar("Item")


def open_engine(url: str) -> Engine:
    """Return an engine for the URL, set up for short writes that survive a power cut."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    _make_private(make_url(url).database)
    # hide_parameters: or errors repeat what was written (R38). Last in, first out: each connection
    # has a cache of pages and statements of its own, and the one just used has it filled.
    engine = create_engine(url, hide_parameters=True, pool_use_lifo=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(file: str | None) -> None:
    """Make the file so that only its owner reads it: it holds names and addresses of others.

    What cannot be made is SQLite's to say.
    """
    if file and file != ":memory:":
        with suppress(OSError):
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(raw: Any, _pool_entry: object) -> None:
    """Set up one SQLite connection; the driver's own implicit BEGIN would only come too late."""
    raw.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Take the write lock at once: a lock wanted half-way cannot be waited for in SQLite."""
    reads = connection.get_execution_options().get(READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def lock_for_migration(connection: Connection) -> None:
    """Keep a second process from migrating too; SQLite's BEGIN IMMEDIATE does so already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})


def upsert(
    connection: Connection, table: Table, *, only_if: ColumnElement[bool] | None = None
) -> Insert:
    """Return an insert that replaces the row that has the same primary key, if it may.

    Its rowcount says whether it did, here and below; SQLAlchemy drops that of an insert.
    """
    return replacing(connection.dialect.name, table, only_if)


def insert_missing(connection: Connection, table: Table) -> Insert:
    """Return an insert that leaves a row alone that is there already."""
    return leaving(connection.dialect.name, table)


def replacing(dialect: str, table: Table, only_if: ColumnElement[bool] | None = None) -> Insert:
    """Return an insert that replaces the row that has the same primary key, if it may."""
    keys = [column.name for column in table.primary_key]
    statement = _insert(dialect, table)
    others = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    replacing = statement.on_conflict_do_update(index_elements=keys, set_=others, where=only_if)
    return replacing.execution_options(preserve_rowcount=True)


def leaving(dialect: str, table: Table) -> Insert:
    """Return an insert that leaves a row alone that is there already."""
    return (
        _insert(dialect, table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    )


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # loads all its drivers: for who has one

    return postgresql.insert(table)


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut distinct items into lists that fit one IN list; nothing comes of nothing."""
    distinct = list(dict.fromkeys(items))
    for start in range(0, len(distinct), IN_LIST):
        yield distinct[start : start + IN_LIST]
