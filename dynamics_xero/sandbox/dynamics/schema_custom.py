"""Custom tables, relationships and global choices in the environment's database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from dynamics_xero.sandbox.dynamics.columns import Option
from dynamics_xero.sandbox.dynamics.schema import Declared, Place
from dynamics_xero.sandbox.dynamics.tables import Table, bookkeeping, owned, states

OWN_TABLES = """
CREATE TABLE IF NOT EXISTS dv_table (name TEXT PRIMARY KEY, definition TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dv_relationship (
    schema_name TEXT PRIMARY KEY, referencing TEXT NOT NULL, column_name TEXT NOT NULL,
    referenced TEXT NOT NULL, cascades TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dv_option_set (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, definition TEXT NOT NULL)
"""
NAMES = ("dv_table", "dv_relationship", "dv_option_set")


@dataclass(frozen=True)
class OptionSet:
    """A global choice."""

    id: str
    name: str
    label: str
    options: tuple[Option, ...]


def tables(tx: sqlite3.Connection) -> tuple[Table, ...]:
    """Return the custom tables; their own columns are kept with all others."""
    found = tx.execute("SELECT definition FROM dv_table ORDER BY rowid")
    return tuple(_table(row["definition"]) for row in found)


def save_table(tx: sqlite3.Connection, table: Table) -> None:
    """Keep a table's definition."""
    facts = {name: value for name, value in asdict(table).items() if name != "columns"}
    tx.execute(
        "INSERT INTO dv_table VALUES (?, ?) ON CONFLICT (name) "
        "DO UPDATE SET definition = excluded.definition",
        (table.name, json.dumps(facts)),
    )


def drop_table(tx: sqlite3.Connection, name: str) -> None:
    """Remove a custom table with its rows, columns, keys and tracking."""
    tx.execute(f'DROP TABLE "row_{name}"')
    tx.execute("DELETE FROM dv_table WHERE name = ?", (name,))
    for table in ("dv_column", "dv_key", "dv_tracked", "dv_tombstone"):
        tx.execute(f"DELETE FROM {table} WHERE table_name = ?", (name,))  # noqa: S608 - names come from the schema


def relationships(tx: sqlite3.Connection) -> dict[Place, Declared]:
    """Return what is known of relationships made by metadata, by their place."""
    return {
        (row["referencing"], row["column_name"], row["referenced"]): Declared(
            row["schema_name"], tuple(json.loads(row["cascades"]).items())
        )
        for row in tx.execute("SELECT * FROM dv_relationship")
    }


def add_relationship(
    tx: sqlite3.Connection, place: Place, schema_name: str, cascades: Mapping[str, str]
) -> None:
    """Keep a relationship; its lookup column is kept by itself."""
    referencing, column, referenced = place
    tx.execute(
        "INSERT INTO dv_relationship VALUES (?, ?, ?, ?, ?)",
        (schema_name, referencing, column, referenced, json.dumps(cascades)),
    )


def drop_relationship(tx: sqlite3.Connection, schema_name: str) -> None:
    """Forget a relationship."""
    tx.execute("DELETE FROM dv_relationship WHERE schema_name = ?", (schema_name,))


def option_sets(tx: sqlite3.Connection) -> list[OptionSet]:
    """Return the global choices."""
    return [_option_set(row) for row in tx.execute("SELECT * FROM dv_option_set ORDER BY rowid")]


def save_option_set(tx: sqlite3.Connection, option_set: OptionSet) -> None:
    """Keep a global choice."""
    facts = {"label": option_set.label, "options": [asdict(one) for one in option_set.options]}
    tx.execute(
        "INSERT INTO dv_option_set VALUES (?, ?, ?) ON CONFLICT (id) "
        "DO UPDATE SET definition = excluded.definition",
        (option_set.id, option_set.name, json.dumps(facts)),
    )


def drop_option_set(tx: sqlite3.Connection, option_set: OptionSet) -> None:
    """Remove a global choice."""
    tx.execute("DELETE FROM dv_option_set WHERE id = ?", (option_set.id,))


def _table(definition: str) -> Table:
    facts = json.loads(definition)
    own = () if facts["organization_owned"] else owned()
    return Table(**facts, columns=(*own, *states("Active", "Inactive"), *bookkeeping()))


def _option_set(row: sqlite3.Row) -> OptionSet:
    facts = json.loads(row["definition"])
    options = tuple(Option(**option) for option in facts["options"])
    return OptionSet(row["id"], row["name"], facts["label"], options)
