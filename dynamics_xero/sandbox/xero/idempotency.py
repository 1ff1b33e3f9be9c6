"""Idempotency-Key: replaying the first answer (xero.md 4, Idempotency-Key)."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request, Response
from dynamics_xero.sandbox.xero import switches as declared
from dynamics_xero.sandbox.xero.access import Caller
from dynamics_xero.sandbox.xero.errors import invalid

_LONGEST = 128
_LENGTH_TEXT = "The Idempotency-Key must have 1 to 128 characters."
_OTHER_BODY_TEXT = "The Idempotency-Key was already used with a different request."


@dataclass(frozen=True)
class Keyed:
    """One call's key in its scope, with what tells its body from another."""

    scope: str
    digest: str


def key_of(request: Request, caller: Caller, endpoint: Endpoint) -> Keyed | None:
    """Return the call's key, None when it carries none. Raises RefusedError for a bad length."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= _LONGEST:
        raise invalid(_LENGTH_TEXT)
    by_client = endpoint.switches.get(declared.IDEMPOTENCY_SCOPE.name) == "client"
    owner = caller.client_id if by_client and caller.client_id else caller.token
    scope = "\n".join((owner, request.method, request.path.lower(), key))
    return Keyed(_hash(scope.encode()), _hash(request.query.encode() + b"\n" + request.body))


def replay(tx: sqlite3.Connection, keyed: Keyed, endpoint: Endpoint) -> Response | None:
    """Return the first answer again. Raises RefusedError for another body under the same key."""
    ttl_s = int(endpoint.switches.get(declared.IDEMPOTENCY_TTL_S.name))
    tx.execute("DELETE FROM idempotency WHERE at <= ?", (endpoint.clock.seconds() - ttl_s,))
    row = tx.execute("SELECT * FROM idempotency WHERE scope = ?", (keyed.scope,)).fetchone()
    if row is None:
        return None
    if row["digest"] != keyed.digest:
        raise invalid(_OTHER_BODY_TEXT)
    return Response(row["status"], row["body"], json.loads(row["headers"]))


def remember(tx: sqlite3.Connection, keyed: Keyed, response: Response, endpoint: Endpoint) -> None:
    """Keep an answer for the next call with the same key."""
    tx.execute(
        "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?)",
        (
            keyed.scope,
            keyed.digest,
            endpoint.clock.seconds(),
            response.status,
            json.dumps(response.headers),
            response.body,
        ),
    )


def _hash(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()
