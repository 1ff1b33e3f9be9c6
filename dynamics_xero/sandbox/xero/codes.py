"""Authorisation codes: short-lived, good for one trade, bound to app, address and PKCE.

xero.md section 1, Authorization code (their five minutes are not verified) and PKCE.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from dynamics_xero.sandbox.xero.clients import Client, Kind
from dynamics_xero.sandbox.xero.refresh import Consent

CODE_LIFE_S = 300
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True)
class Asked:
    """What an app asked for on its way to the consent page; challenge "" = without PKCE."""

    redirect_uri: str
    challenge: str


def issue(client: Client, asked: Asked, consent: Consent) -> str:
    """Return a code for a consent just given."""
    endpoint = client.home
    code = endpoint.new_token()
    with endpoint.database.write() as tx:
        tx.execute(
            "INSERT INTO authorisation_code VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                code,
                client.id,
                asked.redirect_uri,
                asked.challenge,
                consent.event_id,
                " ".join(consent.scope),
                endpoint.clock.seconds(),
            ),
        )
    return code


def trade(client: Client, form: dict[str, str]) -> Consent | None:
    """Spend a code; None when it is unknown, spent, too old, or was made for somebody else."""
    endpoint = client.home
    with endpoint.database.write() as tx:
        known = (form.get("code", ""), client.id)
        row = tx.execute(
            "SELECT * FROM authorisation_code WHERE code = ? AND client_id = ?", known
        ).fetchone()
        # Whatever comes of it: one attempt is all a code is good for.
        tx.execute("DELETE FROM authorisation_code WHERE code = ? AND client_id = ?", known)
    if row is None or endpoint.clock.seconds() > row["issued"] + CODE_LIFE_S:
        return None
    asked = Asked(row["redirect_uri"], row["challenge"])
    if form.get("redirect_uri") != asked.redirect_uri or not _proven(client, asked, form):
        return None
    return Consent(client.id, row["auth_event_id"], tuple(row["scope"].split()))


def _proven(client: Client, asked: Asked, form: dict[str, str]) -> bool:
    verifier = form.get("code_verifier", "")
    if not asked.challenge:
        return client.kind is Kind.WEB
    if not VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    return hmac.compare_digest(proof, asked.challenge)
