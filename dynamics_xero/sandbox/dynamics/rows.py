"""Rows in SQLite: single statements with bound values, nothing decided here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from dynamics_xero.sandbox.dynamics.schema import TableSchema

_CHUNK = 500


def by_id(tx: sqlite3.Connection, table: TableSchema, row_id: str) -> dict[str, object] | None:
    """Return a whole row as stored, or None."""
    row = tx.execute(
        f'SELECT * FROM {table.storage} WHERE "{table.primary_id}" = ?',  # noqa: S608 - names come from the schema
        (row_id,),
    ).fetchone()
    return None if row is None else dict(row)


def by_values(
    tx: sqlite3.Connection, table: TableSchema, values: Mapping[str, object]
) -> dict[str, object] | None:
    """Return the row that carries all these stored values, or None."""
    condition = " AND ".join(f'"{name}" = ?' for name in values)
    row = tx.execute(
        f"SELECT * FROM {table.storage} WHERE {condition}",  # noqa: S608 - names come from the schema
        tuple(values.values()),
    ).fetchone()
    return None if row is None else dict(row)


def insert(tx: sqlite3.Connection, table: TableSchema, row: Mapping[str, object]) -> None:
    """Add a row. Raises sqlite3.IntegrityError when an id or key is taken."""
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    tx.execute(
        f"INSERT INTO {table.storage} ({names}) VALUES ({marks})",  # noqa: S608 - names come from the schema
        tuple(row.values()),
    )
    tx.execute(
        "DELETE FROM dv_tombstone WHERE table_name = ? AND id = ?",
        (table.name, row[table.primary_id]),
    )


def insert_many(
    tx: sqlite3.Connection, table: TableSchema, listed: Sequence[Mapping[str, object]]
) -> None:
    """Add rows that are new and share their columns."""
    names = ", ".join(f'"{name}"' for name in listed[0])
    marks = ", ".join("?" * len(listed[0]))
    tx.executemany(
        f"INSERT OR IGNORE INTO {table.storage} ({names}) VALUES ({marks})",  # noqa: S608 - names come from the schema
        [tuple(row.values()) for row in listed],
    )


def update(
    tx: sqlite3.Connection, table: TableSchema, rid: object, changes: Mapping[str, object]
) -> None:
    """Change columns of a row. Raises sqlite3.IntegrityError when a key is taken."""
    settings = ", ".join(f'"{name}" = ?' for name in changes)
    tx.execute(
        f"UPDATE {table.storage} SET {settings} WHERE rid = ?",  # noqa: S608 - names come from the schema
        (*changes.values(), rid),
    )


def delete(tx: sqlite3.Connection, table: TableSchema, row_id: str, version: int) -> None:
    """Remove a row and remember its id for change tracking."""
    tx.execute(f'DELETE FROM {table.storage} WHERE "{table.primary_id}" = ?', (row_id,))  # noqa: S608 - names come from the schema
    tx.execute(
        "INSERT OR REPLACE INTO dv_tombstone VALUES (?, ?, ?)", (table.name, row_id, version)
    )


def referring(
    tx: sqlite3.Connection, table: TableSchema, column: str, row_id: str
) -> list[dict[str, object]]:
    """Return the rows whose lookup points at a row."""
    found = tx.execute(f'SELECT * FROM {table.storage} WHERE "{column}" = ?', (row_id,))  # noqa: S608 - names come from the schema
    return [dict(row) for row in found]


def refers(tx: sqlite3.Connection, table: TableSchema, column: str, row_id: str) -> bool:
    """Tell whether any row's lookup points at a row."""
    statement = f'SELECT 1 FROM {table.storage} WHERE "{column}" = ? LIMIT 1'  # noqa: S608 - names come from the schema
    return tx.execute(statement, (row_id,)).fetchone() is not None


def columns_of(
    tx: sqlite3.Connection, table: TableSchema, ids: Iterable[str], names: Iterable[str]
) -> dict[str, sqlite3.Row]:
    """Return some columns of many rows, by id."""
    wanted = sorted(set(ids))
    listed = ", ".join(f'"{name}"' for name in dict.fromkeys([table.primary_id, *names]))
    found: dict[str, sqlite3.Row] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        statement = f'SELECT {listed} FROM {table.storage} WHERE "{table.primary_id}" IN ({marks})'  # noqa: S608 - names come from the schema
        found.update((row[table.primary_id], row) for row in tx.execute(statement, chunk))
    return found
