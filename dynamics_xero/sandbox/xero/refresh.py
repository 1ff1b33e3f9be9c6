"""Refresh tokens: single-use, rotating, with a short grace (xero.md 1, Refresh token, Grace)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from dynamics_xero.sandbox.endpoint import Endpoint

_UNUSED_LIFE_S = 60 * 86400
_GRACE_S = 30 * 60


def adopt(endpoint: Endpoint, tx: sqlite3.Connection) -> None:
    """Store the token a consent gave at set-up, unless it is known already."""
    token = endpoint.facts.get("refresh_token")
    if token:
        tx.execute(
            "INSERT OR IGNORE INTO refresh_token (token, issued) VALUES (?, ?)",
            (token, endpoint.clock.seconds()),
        )


def rotate(endpoints: Iterable[Endpoint], token: str) -> tuple[Endpoint, str] | None:
    """Trade a token for the next one; None when it is unknown, spent, stale or revoked."""
    for endpoint in endpoints:
        with endpoint.database.write() as tx:
            row = tx.execute("SELECT * FROM refresh_token WHERE token = ?", (token,)).fetchone()
            if row is not None:
                successor = _successor(endpoint, tx, row)
                return None if successor is None else (endpoint, successor)
    return None


def revoke(endpoints: Iterable[Endpoint], token: str) -> Endpoint | None:
    """Kill every token of the consent this one belongs to; None when it is unknown."""
    for endpoint in endpoints:
        with endpoint.database.write() as tx:
            if tx.execute("SELECT 1 FROM refresh_token WHERE token = ?", (token,)).fetchone():
                tx.execute("UPDATE refresh_token SET revoked = 1")
                return endpoint
    return None


def _successor(endpoint: Endpoint, tx: sqlite3.Connection, row: sqlite3.Row) -> str | None:
    now = endpoint.clock.seconds()
    # The grace runs from the first use: it is there for an answer lost on its way.
    dies = row["issued"] + _UNUSED_LIFE_S if row["used"] is None else row["used"] + _GRACE_S
    if row["revoked"] or now > dies:
        return None
    tx.execute(
        "UPDATE refresh_token SET used = COALESCE(used, ?) WHERE token = ?", (now, row["token"])
    )
    successor = endpoint.new_token()
    tx.execute("INSERT INTO refresh_token (token, issued) VALUES (?, ?)", (successor, now))
    return successor
