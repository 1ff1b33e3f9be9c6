"""Apps registered with the twin, and the organisations each of them may reach."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from dynamics_xero.sandbox.endpoint import Endpoint


@dataclass(frozen=True)
class Client:
    """One app; a custom connection of it reaches `home` only (xero.md 1, Custom connection)."""

    id: str
    secret: str
    endpoints: tuple[Endpoint, ...]

    @property
    def home(self) -> Endpoint:
        """The first organisation, whose clock, switches and database serve the sign-in."""
        return self.endpoints[0]

    @property
    def key(self) -> bytes:
        """What its access tokens are signed with."""
        return hmac.digest(self.secret.encode(), b"access token", "sha256")


class Clients:
    """All apps, found by their client_id."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        owned: dict[str, list[Endpoint]] = {}
        for endpoint in endpoints:
            owned.setdefault(endpoint.facts["client_id"], []).append(endpoint)
        self._clients = {
            name: Client(name, group[0].facts["client_secret"], tuple(group))
            for name, group in owned.items()
        }

    def get(self, client_id: object) -> Client | None:
        """Return the app, or None when nobody registered it."""
        return self._clients.get(client_id) if isinstance(client_id, str) else None

    def authenticate(self, client_id: str, secret: str) -> Client | None:
        """Return the app if the secret is its own."""
        client = self.get(client_id)
        if client is None or not hmac.compare_digest(client.secret.encode(), secret.encode()):
            return None
        return client
