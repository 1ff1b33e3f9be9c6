"""Connections: which organisations an app has been let into (xero.md 1, /connections)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.xero.dates import seven_digits


def connect(endpoint: Endpoint, tx: sqlite3.Connection) -> None:
    """Let the organisation's own app in, as on a fresh twin, and no other."""
    own = endpoint.facts["client_id"]
    tx.execute("DELETE FROM app_connection WHERE client_id <> ?", (own,))
    if tx.execute("UPDATE app_connection SET removed = 0").rowcount == 0:
        _insert(endpoint, tx, own, endpoint.new_id())


def consented(endpoint: Endpoint, client_id: str, event_id: str) -> None:
    """Let an app in, because a user consented; a connection that lives keeps its id."""
    with endpoint.database.write() as tx:
        known = tx.execute(
            "UPDATE app_connection SET auth_event_id = ?, updated = ?"
            " WHERE client_id = ? AND removed = 0",
            (event_id, seven_digits(endpoint.clock.now()), client_id),
        )
        if known.rowcount == 0:
            tx.execute("DELETE FROM app_connection WHERE client_id = ?", (client_id,))
            _insert(endpoint, tx, client_id, event_id)


def disconnect(endpoint: Endpoint, client_id: str) -> None:
    """Shut an app out; its tokens live on, but answer 403 for this organisation."""
    with endpoint.database.write() as tx:
        tx.execute("UPDATE app_connection SET removed = 1 WHERE client_id = ?", (client_id,))


def row_of(endpoint: Endpoint, client_id: str) -> sqlite3.Row | None:
    """Return an app's live connection to an organisation."""
    with endpoint.database.read() as tx:
        row: sqlite3.Row | None = tx.execute(
            "SELECT * FROM app_connection WHERE removed = 0 AND client_id = ?", (client_id,)
        ).fetchone()
    return row


def event_id(endpoint: Endpoint) -> str:
    """Return the id of the consent behind the connection of the organisation's own app."""
    own = (endpoint.facts["client_id"],)
    with endpoint.database.read() as tx:
        row = tx.execute("SELECT auth_event_id FROM app_connection WHERE client_id = ?", own)
        return str(row.fetchone()[0])


def listing(
    endpoints: Iterable[Endpoint], client_id: str, auth_event_id: str | None
) -> list[dict[str, object]]:
    """Return the elements of GET /connections."""
    elements: list[dict[str, object]] = []
    for endpoint in endpoints:
        row = row_of(endpoint, client_id)
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


def remove(endpoints: Iterable[Endpoint], client_id: str, connection_id: str) -> bool:
    """Delete one connection of an app; False when it has no such connection."""
    for endpoint in endpoints:
        row = row_of(endpoint, client_id)
        if row is not None and row["id"] == connection_id.lower():
            disconnect(endpoint, client_id)
            return True
    return False


def tenant_name(endpoint: Endpoint) -> str:
    """Return the name of the organisation."""
    return endpoint.facts.get("organisation_name", f"Demo Company ({endpoint.name})")


def _insert(endpoint: Endpoint, tx: sqlite3.Connection, client_id: str, event: str) -> None:
    now = seven_digits(endpoint.clock.now())
    tx.execute(
        "INSERT INTO app_connection VALUES (?, ?, ?, ?, ?, 0)",
        (endpoint.new_id(), client_id, event, now, now),
    )
