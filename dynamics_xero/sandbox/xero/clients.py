"""Apps registered with the twin, and the organisations each of them may reach."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from dynamics_xero.sandbox.endpoint import Endpoint

REDIRECT_URIS = frozenset(f"http://localhost:{port}/callback" for port in range(8740, 8790))
"""Registered for both apps: as many as Xero takes (xero.md 1, Redirect URIs)."""


class Kind(Enum):
    """How an app gets its tokens (xero.md 1)."""

    CUSTOM = "custom connection"
    WEB = "web app: people consent, and it has a secret"
    NATIVE = "native app: people consent, PKCE stands in for a secret"


@dataclass(frozen=True)
class Client:
    """One app; a custom connection of it reaches `home` only (xero.md 1, Custom connection)."""

    id: str
    secret: str
    endpoints: tuple[Endpoint, ...]
    kind: Kind = Kind.CUSTOM

    @property
    def home(self) -> Endpoint:
        """The first organisation, whose clock, switches and database serve the sign-in."""
        return self.endpoints[0]

    @property
    def key(self) -> bytes:
        """What its access tokens are signed with."""
        secret = self.secret or self.home.facts["web_client_secret"]
        return hmac.digest(secret.encode(), f"access token {self.id}".encode(), "sha256")


class Clients:
    """All apps, found by their client_id."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        owned: dict[str, list[Endpoint]] = {}
        for endpoint in endpoints:
            owned.setdefault(endpoint.facts["client_id"], []).append(endpoint)
        facts, everything = endpoints[0].facts, tuple(endpoints)
        self._clients = {
            name: Client(name, group[0].facts["client_secret"], tuple(group))
            for name, group in owned.items()
        }
        for app in (
            Client(facts["web_client_id"], facts["web_client_secret"], everything, Kind.WEB),
            Client(facts["native_client_id"], "", everything, Kind.NATIVE),
        ):
            self._clients[app.id] = app

    def get(self, client_id: object) -> Client | None:
        """Return the app, or None when nobody registered it."""
        return self._clients.get(client_id) if isinstance(client_id, str) else None

    def authenticate(self, client_id: str, secret: str) -> Client | None:
        """Return the app if the secret is its own; a native one has none and sends none."""
        client = self.get(client_id)
        if client is None or not hmac.compare_digest(client.secret.encode(), secret.encode()):
            return None
        return client
