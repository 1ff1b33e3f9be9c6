"""The environment's schema in its database: storage tables, custom columns, keys, tracking."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict

from dynamics_xero.sandbox.dynamics.columns import FRACTIONS, TEXTS, Column, Kind, Option
from dynamics_xero.sandbox.dynamics.schema import AlternateKey, Schema, TableSchema, build
from dynamics_xero.sandbox.dynamics.tables import STANDARD, Table

_OWN_TABLES = """
CREATE TABLE IF NOT EXISTS dv_column (
    table_name TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
    PRIMARY KEY (table_name, name));
CREATE TABLE IF NOT EXISTS dv_key (
    id TEXT PRIMARY KEY, table_name TEXT NOT NULL, schema_name TEXT NOT NULL,
    columns TEXT NOT NULL, created_at REAL NOT NULL, label TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dv_tracked (table_name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS dv_number (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS dv_tombstone (
    table_name TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (table_name, id));
CREATE INDEX IF NOT EXISTS dv_tombstone_version ON dv_tombstone (table_name, version);
CREATE TABLE IF NOT EXISTS dv_token (token TEXT PRIMARY KEY, expires_at REAL NOT NULL)
"""


def create(tx: sqlite3.Connection) -> None:
    """Make the storage of an environment that has none yet."""
    for statement in _OWN_TABLES.split(";"):
        tx.execute(statement)
    for table in STANDARD:
        _create_table(tx, table)


def drop(tx: sqlite3.Connection) -> None:
    """Remove every row and customisation; version numbers go on, sign-in tokens stay."""
    for table in STANDARD:
        tx.execute(f'DROP TABLE IF EXISTS "row_{table.name}"')
    for name in ("dv_column", "dv_key", "dv_tracked", "dv_tombstone"):
        tx.execute(f"DELETE FROM {name}")  # noqa: S608 - names come from the schema


def load(tx: sqlite3.Connection) -> Schema:
    """Read the schema as it stands in this transaction."""
    custom: dict[str, list[Column]] = {}
    for row in tx.execute("SELECT table_name, definition FROM dv_column ORDER BY rowid"):
        custom.setdefault(row["table_name"], []).append(_column(row["definition"]))
    keys: dict[str, list[AlternateKey]] = {}
    for row in tx.execute("SELECT * FROM dv_key ORDER BY created_at, schema_name"):
        keys.setdefault(row["table_name"], []).append(
            AlternateKey(
                row["id"],
                row["table_name"],
                row["schema_name"],
                tuple(json.loads(row["columns"])),
                row["created_at"],
                row["label"],
            )
        )
    tracked = {row["table_name"] for row in tx.execute("SELECT table_name FROM dv_tracked")}
    return build(STANDARD, custom, keys, tracked)


def add_column(tx: sqlite3.Connection, table: TableSchema, column: Column) -> None:
    """Give a table a custom column."""
    for declaration in _declarations(column):
        tx.execute(f"ALTER TABLE {table.storage} ADD COLUMN {declaration}")
    _index_column(tx, table.name, column)
    save_column(tx, table, column)


def save_column(tx: sqlite3.Connection, table: TableSchema, column: Column) -> None:
    """Keep a custom column's definition."""
    tx.execute(
        "INSERT INTO dv_column VALUES (?, ?, ?) ON CONFLICT (table_name, name) "
        "DO UPDATE SET definition = excluded.definition",
        (table.name, column.name, json.dumps(asdict(column) | {"kind": column.kind.value})),
    )


def drop_column(tx: sqlite3.Connection, table: TableSchema, column: Column) -> None:
    """Remove a custom column with its values."""
    tx.execute(f'DROP INDEX IF EXISTS "row_{table.name}_{column.name}"')
    tx.execute(f'ALTER TABLE {table.storage} DROP COLUMN "{column.name}"')
    tx.execute("DELETE FROM dv_column WHERE table_name = ? AND name = ?", (table.name, column.name))


def add_key(tx: sqlite3.Connection, key: AlternateKey) -> None:
    """Declare an alternate key; rows without a value in it stay free, as in Dataverse.

    Raises sqlite3.IntegrityError when rows already share a value.
    """
    columns = ", ".join(f'"{column}"' for column in key.columns)
    tx.execute(f'CREATE UNIQUE INDEX "key_{key.table}_{key.name}" ON "row_{key.table}" ({columns})')
    tx.execute(
        "INSERT INTO dv_key VALUES (?, ?, ?, ?, ?, ?)",
        (
            key.id,
            key.table,
            key.schema_name,
            json.dumps(key.columns),
            key.created_at,
            key.label,
        ),
    )


def drop_key(tx: sqlite3.Connection, key: AlternateKey) -> None:
    """Remove an alternate key."""
    tx.execute(f'DROP INDEX IF EXISTS "key_{key.table}_{key.name}"')
    tx.execute("DELETE FROM dv_key WHERE id = ?", (key.id,))


def track(tx: sqlite3.Connection, table: TableSchema) -> None:
    """Turn change tracking on; it cannot be turned off again."""
    tx.execute("INSERT OR IGNORE INTO dv_tracked VALUES (?)", (table.name,))


def number(tx: sqlite3.Connection, name: str) -> int:
    """Return a stored number, 0 before it was ever set."""
    row = tx.execute("SELECT value FROM dv_number WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row["value"])


def set_number(tx: sqlite3.Connection, name: str, value: int) -> None:
    """Store a number."""
    tx.execute(
        "INSERT INTO dv_number VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = ?",
        (name, value, value),
    )


def _column(definition: str) -> Column:
    stored = json.loads(definition)
    options = tuple(Option(**option) for option in stored.pop("options"))
    kind = Kind(stored.pop("kind"))
    targets = tuple(stored.pop("targets"))
    return Column(**stored, kind=kind, options=options, targets=targets)


def _create_table(tx: sqlite3.Connection, table: Table) -> None:
    declarations = [
        "rid INTEGER PRIMARY KEY",
        f'"{table.primary_id}" TEXT NOT NULL UNIQUE',
    ]
    for column in table.columns:
        declarations.extend(_declarations(column))
    tx.execute(f'CREATE TABLE IF NOT EXISTS "row_{table.name}" ({", ".join(declarations)})')
    for column in table.columns:
        _index_column(tx, table.name, column)


def _index_column(tx: sqlite3.Connection, table: str, column: Column) -> None:
    if column.indexed:
        tx.execute(
            f'CREATE INDEX IF NOT EXISTS "row_{table}_{column.name}" '
            f'ON "row_{table}" ("{column.name}")'
        )


def _declarations(column: Column) -> list[str]:
    if column.kind in TEXTS:
        # Dataverse compares text without regard to case (section 2, Queries).
        return [f'"{column.name}" TEXT COLLATE NOCASE']
    if column.kind in FRACTIONS:
        return [f'"{column.name}" REAL']
    if column.is_reference or column.kind in (Kind.DATETIME, Kind.ID):
        names = [f'"{column.name}" TEXT']
        return [*names, f'"{column.name}__target" TEXT'] if column.is_polymorphic else names
    return [f'"{column.name}" INTEGER']
