"""Access tokens shaped like Xero's JWTs (xero.md 1): self-contained, so a restart loses none."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from dynamics_xero.sandbox.xero.clients import Client, Clients

ACCESS_LIFE_S = 1800
IDENTITY_LIFE_S = 300
_ISSUER = "https://identity.xero.com"


@dataclass(frozen=True)
class Claims:
    """What an access token says; `custom` = got by client_credentials, good for one tenant."""

    client: Client
    jti: str
    scopes: frozenset[str]
    expires: datetime
    custom: bool


def mint(client: Client, scopes: tuple[str, ...], *, event_id: str, user_id: str | None) -> str:
    """Return a signed token that lives 30 minutes; no user = a custom connection's."""
    now = client.home.clock.now()
    issued = int(now.timestamp())
    claims: dict[str, object] = {
        "nbf": issued,
        "exp": issued + ACCESS_LIFE_S,
        "iss": _ISSUER,
        "aud": f"{_ISSUER}/resources",
        "client_id": client.id,
        "jti": client.home.new_id().replace("-", "").upper(),
        "authentication_event_id": event_id,
        "scope": list(scopes),
    }
    if user_id is not None:
        claims |= {
            "sub": user_id.replace("-", ""),
            "auth_time": issued,
            "xero_userid": user_id,
            "global_session_id": client.home.new_id().replace("-", ""),
        }
    return _signed(client, claims)


def mint_identity(client: Client, user_id: str) -> str:
    """Return what tells an app who has signed in, for whoever asked for `openid`."""
    issued = int(client.home.clock.now().timestamp())
    claims: dict[str, object] = {
        "nbf": issued,
        "exp": issued + IDENTITY_LIFE_S,
        "iss": _ISSUER,
        "aud": client.id,
        "iat": issued,
        "sub": user_id.replace("-", ""),
        "auth_time": issued,
        "xero_userid": user_id,
    }
    return _signed(client, claims)


def _signed(client: Client, claims: dict[str, object]) -> str:
    head = {"alg": "HS256", "typ": "JWT", "kid": "sandbox"}
    signed = f"{_encode(json.dumps(head).encode())}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_encode(_signature(client, signed))}"


def read(token: str, clients: Clients) -> Claims | None:
    """Return the claims of a token the twin signed, expired or not; None for any other."""
    try:
        signed, _, signature = token.rpartition(".")
        claims = json.loads(_decode(signed.split(".")[1]))
        client = clients.get(claims["client_id"])
        genuine = client is not None and hmac.compare_digest(
            _decode(signature), _signature(client, signed)
        )
    except (ValueError, KeyError, IndexError, TypeError, binascii.Error):
        return None
    if client is None or not genuine:
        return None
    return Claims(
        client,
        claims["jti"],
        frozenset(claims["scope"]),
        datetime.fromtimestamp(claims["exp"], UTC),
        "xero_userid" not in claims,
    )


def _signature(client: Client, signed: str) -> bytes:
    return hmac.digest(client.key, signed.encode(), "sha256")


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
