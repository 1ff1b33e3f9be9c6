"""Connections: which organisations an app has been let into (xero.md 1, /connections)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.xero.dates import seven_digits


def connect(endpoint: Endpoint, tx: sqlite3.Connection) -> None:
    """Let the app in, as on a fresh twin; an existing connection is only revived."""
    if tx.execute("SELECT 1 FROM connection").fetchone():
        tx.execute("UPDATE connection SET removed = 0")
        return
    now = seven_digits(endpoint.clock.now())
    tx.execute(
        "INSERT INTO connection VALUES (?, ?, ?, ?, 0)",
        (endpoint.new_id(), endpoint.new_id(), now, now),
    )


def disconnect(endpoint: Endpoint) -> None:
    """Shut the app out; its tokens live on, but answer 403 for this organisation."""
    with endpoint.database.write() as tx:
        tx.execute("UPDATE connection SET removed = 1")


def row_of(endpoint: Endpoint) -> sqlite3.Row | None:
    """Return the live connection of an organisation."""
    with endpoint.database.read() as tx:
        row: sqlite3.Row | None = tx.execute(
            "SELECT * FROM connection WHERE removed = 0"
        ).fetchone()
    return row


def event_id(endpoint: Endpoint) -> str:
    """Return the id of the consent behind an organisation's connection."""
    with endpoint.database.read() as tx:
        return str(tx.execute("SELECT auth_event_id FROM connection").fetchone()[0])


def listing(endpoints: Iterable[Endpoint], auth_event_id: str | None) -> list[dict[str, object]]:
    """Return the elements of GET /connections."""
    elements: list[dict[str, object]] = []
    for endpoint in endpoints:
        row = row_of(endpoint)
        if row is None or auth_event_id not in (None, row["auth_event_id"]):
            continue
        elements.append(
            {
                "id": row["id"],
                "authEventId": row["auth_event_id"],
                "tenantId": endpoint.facts["tenant_id"],
                "tenantType": "ORGANISATION",
                "tenantName": tenant_name(endpoint),
                "createdDateUtc": row["created"],
                "updatedDateUtc": row["updated"],
            }
        )
    return elements


def remove(endpoints: Iterable[Endpoint], connection_id: str) -> bool:
    """Delete one connection; False when none of these organisations has it."""
    for endpoint in endpoints:
        row = row_of(endpoint)
        if row is not None and row["id"] == connection_id.lower():
            disconnect(endpoint)
            return True
    return False


def tenant_name(endpoint: Endpoint) -> str:
    """Return the name of the organisation."""
    return endpoint.facts.get("organisation_name", f"Demo Company ({endpoint.name})")
