"""Refresh tokens: single-use, rotating, with a short grace (xero.md 1, Refresh token, Grace).

They stand in the database of their app's home organisation.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.xero.clients import Client

_UNUSED_LIFE_S = 60 * 86400
_GRACE_S = 30 * 60


@dataclass(frozen=True)
class Consent:
    """What a user has agreed to; an empty scope means whatever the app may hold."""

    client_id: str
    event_id: str
    scope: tuple[str, ...] = ()


def adopt(endpoint: Endpoint, tx: sqlite3.Connection, consent: Consent) -> None:
    """Store the token a consent gave at set-up, unless it is known already."""
    token = endpoint.facts.get("refresh_token")
    if token:
        _insert(endpoint, tx, token, consent)


def issue(endpoint: Endpoint, tx: sqlite3.Connection, consent: Consent) -> str:
    """Return a new token of a consent."""
    token = endpoint.new_token()
    _insert(endpoint, tx, token, consent)
    return token


def rotate(client: Client, token: str) -> tuple[Consent, str] | None:
    """Trade a token for the next one; None when it is unknown, spent, stale or revoked."""
    for endpoint in client.endpoints:
        with endpoint.database.write() as tx:
            row = _row(tx, client, token)
            if row is not None:
                return _successor(endpoint, tx, row)
    return None


def revoke(client: Client, token: str) -> bool:
    """Kill every token of the app whose token this is; False when it is unknown."""
    for endpoint in client.endpoints:
        with endpoint.database.write() as tx:
            if _row(tx, client, token) is not None:
                tx.execute(
                    "UPDATE app_refresh_token SET revoked = 1 WHERE client_id = ?", (client.id,)
                )
                return True
    return False


def clear(endpoint: Endpoint, tx: sqlite3.Connection) -> None:
    """Make the tokens those of a fresh twin: the own app's live, other apps have none."""
    tx.execute("DELETE FROM authorisation_code")
    tx.execute("DELETE FROM app_refresh_token WHERE client_id <> ?", (endpoint.facts["client_id"],))
    tx.execute("UPDATE app_refresh_token SET revoked = 0")


def _row(tx: sqlite3.Connection, client: Client, token: str) -> sqlite3.Row | None:
    query = "SELECT * FROM app_refresh_token WHERE token = ? AND client_id = ?"
    row: sqlite3.Row | None = tx.execute(query, (token, client.id)).fetchone()
    return row


def _successor(
    endpoint: Endpoint, tx: sqlite3.Connection, row: sqlite3.Row
) -> tuple[Consent, str] | None:
    now = endpoint.clock.seconds()
    # The grace runs from the first use: it is there for an answer lost on its way.
    dies = row["issued"] + _UNUSED_LIFE_S if row["used"] is None else row["used"] + _GRACE_S
    if row["revoked"] or now > dies:
        return None
    tx.execute(
        "UPDATE app_refresh_token SET used = COALESCE(used, ?) WHERE token = ?",
        (now, row["token"]),
    )
    consent = Consent(row["client_id"], row["auth_event_id"], tuple(row["scope"].split()))
    return consent, issue(endpoint, tx, consent)


def _insert(endpoint: Endpoint, tx: sqlite3.Connection, token: str, consent: Consent) -> None:
    tx.execute(
        "INSERT OR IGNORE INTO app_refresh_token"
        " (token, client_id, auth_event_id, scope, issued) VALUES (?, ?, ?, ?, ?)",
        (
            token,
            consent.client_id,
            consent.event_id,
            " ".join(consent.scope),
            endpoint.clock.seconds(),
        ),
    )
