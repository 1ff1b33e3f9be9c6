"""The environment's schema in its database: storage tables, custom columns, keys, tracking."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import asdict, replace

from dynamics_xero.sandbox.dynamics import privilege_store, schema_custom
from dynamics_xero.sandbox.dynamics.columns import FRACTIONS, TEXTS, Column, Kind, Option
from dynamics_xero.sandbox.dynamics.platform_tables import SHIPPED
from dynamics_xero.sandbox.dynamics.schema import AlternateKey, Schema, TableSchema, build
from dynamics_xero.sandbox.dynamics.tables import Table

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
CREATE TABLE IF NOT EXISTS dv_note (
    seq INTEGER PRIMARY KEY, tag TEXT NOT NULL, bypass TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dv_token (token TEXT PRIMARY KEY, expires_at REAL NOT NULL)
"""


def create(tx: sqlite3.Connection) -> None:
    """Make the storage of an environment that has none yet."""
    for statements in (_OWN_TABLES, schema_custom.OWN_TABLES, privilege_store.OWN_TABLES):
        for statement in statements.split(";"):
            tx.execute(statement)
    for table in SHIPPED:
        create_table(tx, table)


def clear(tx: sqlite3.Connection, schema: Schema) -> None:
    """Remove every row and customisation; version numbers go on, sign-in tokens stay."""
    for table in schema.tables.values():
        customised = table.keys or any(column.custom for column in table.columns.values())
        if not table.facts.custom and not customised:
            tx.execute(f"DELETE FROM {table.storage}")  # noqa: S608 - names come from the schema
            continue
        tx.execute(f"DROP TABLE {table.storage}")
        if not table.facts.custom:
            create_table(tx, table.facts)
    own = ("dv_column", "dv_key", "dv_tracked", "dv_tombstone", "dv_note")
    for name in (*own, *schema_custom.NAMES, *privilege_store.NAMES):
        tx.execute(f"DELETE FROM {name}")  # noqa: S608 - names come from the schema


def load(tx: sqlite3.Connection) -> Schema:
    """Read the schema as it stands in this transaction."""
    custom: dict[str, list[Column]] = {}
    shared = {one.name: one.options for one in schema_custom.option_sets(tx)}
    for row in tx.execute("SELECT table_name, definition FROM dv_column ORDER BY rowid"):
        column = _column(row["definition"])
        if column.global_set:
            column = replace(column, options=shared[column.global_set])
        custom.setdefault(row["table_name"], []).append(column)
    keys: dict[str, list[AlternateKey]] = {}
    built = {row["name"] for row in tx.execute("SELECT name FROM sqlite_master WHERE type='index'")}
    for row in tx.execute("SELECT * FROM dv_key ORDER BY created_at, schema_name"):
        keys.setdefault(row["table_name"], []).append(
            AlternateKey(
                row["id"],
                row["table_name"],
                row["schema_name"],
                tuple(json.loads(row["columns"])),
                row["created_at"],
                row["label"],
                _index_name(row["table_name"], row["schema_name"].lower()) not in built,
            )
        )
    tracked = {row["table_name"] for row in tx.execute("SELECT table_name FROM dv_tracked")}
    tables = (*SHIPPED, *schema_custom.tables(tx))
    return build(tables, custom, keys, tracked, schema_custom.relationships(tx))


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
    if column.is_polymorphic:
        tx.execute(f'ALTER TABLE {table.storage} DROP COLUMN "{column.name}__target"')
    tx.execute("DELETE FROM dv_column WHERE table_name = ? AND name = ?", (table.name, column.name))


def add_key(tx: sqlite3.Connection, key: AlternateKey) -> None:
    """Declare an alternate key; its index is built by itself."""
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


def build_key(tx: sqlite3.Connection, key: AlternateKey) -> None:
    """Build a key's index unless rows share a value; empty ones stay free, as in Dataverse."""
    columns = ", ".join(f'"{column}"' for column in key.columns)
    name = _index_name(key.table, key.name)
    with suppress(sqlite3.IntegrityError):
        tx.execute(f'CREATE UNIQUE INDEX IF NOT EXISTS "{name}" ON "row_{key.table}" ({columns})')


def drop_key(tx: sqlite3.Connection, key: AlternateKey) -> None:
    """Remove an alternate key."""
    tx.execute(f'DROP INDEX IF EXISTS "{_index_name(key.table, key.name)}"')
    tx.execute("DELETE FROM dv_key WHERE id = ?", (key.id,))


def track(tx: sqlite3.Connection, table: str) -> None:
    """Turn change tracking on; it cannot be turned off again."""
    tx.execute("INSERT OR IGNORE INTO dv_tracked VALUES (?)", (table,))


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


def next_number(tx: sqlite3.Connection, name: str) -> int:
    """Return the next number of a sequence, which a reset does not set back."""
    value = number(tx, name) + 1
    set_number(tx, name, value)
    return value


def _index_name(table: str, key: str) -> str:
    return f"key_{table}_{key}"


def _column(definition: str) -> Column:
    stored = json.loads(definition)
    options = tuple(Option(**option) for option in stored.pop("options"))
    kind = Kind(stored.pop("kind"))
    targets = tuple(stored.pop("targets"))
    return Column(**stored, kind=kind, options=options, targets=targets)


def create_table(tx: sqlite3.Connection, table: Table) -> None:
    """Make a table's storage; one made by an earlier version gets the columns it lacks."""
    declarations = [
        "rid INTEGER PRIMARY KEY",
        f'"{table.primary_id}" TEXT NOT NULL UNIQUE',
    ]
    for column in table.columns:
        declarations.extend(_declarations(column))
    tx.execute(f'CREATE TABLE IF NOT EXISTS "row_{table.name}" ({", ".join(declarations)})')
    there = {row["name"] for row in tx.execute(f'PRAGMA table_info("row_{table.name}")')}
    for declaration in declarations[2:]:
        if declaration.partition('" ')[0].strip('"') not in there:
            tx.execute(f'ALTER TABLE "row_{table.name}" ADD COLUMN {declaration}')
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
