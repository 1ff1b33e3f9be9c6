"""Metadata that row calls do not see yet: caches lag behind a change (sections 2 and 9)."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.schema import Schema, TableSchema
from dynamics_xero.sandbox.dynamics.session import Session


def visible(session: Session, call: Call) -> Schema:
    """Return the schema as a row call sees it; `Consistency: Strong` passes the caches by."""
    lag_s = float(session.switch("metadata_lag_s"))
    if lag_s == 0 or call.headers.get("consistency", "").lower() == "strong":
        return session.schema
    newest = session.now.timestamp() - lag_s
    tables = {
        name: _without_new(table, newest)
        for name, table in session.schema.tables.items()
        if table.facts.made_at <= newest
    }
    return Schema(tables, {table.facts.entity_set: table for table in tables.values()})


def _without_new(table: TableSchema, newest: float) -> TableSchema:
    columns = {name: column for name, column in table.columns.items() if column.made_at <= newest}
    relationships = tuple(one for one in table.relationships if one.column.made_at <= newest)
    return replace(table, columns=columns, relationships=relationships)
