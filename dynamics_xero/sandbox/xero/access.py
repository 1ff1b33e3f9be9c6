"""Who calls, and may they: tokens, tenants and scopes (xero.md 1, Auth errors on API calls)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.people import CONNECTOR
from dynamics_xero.sandbox.web import Request
from dynamics_xero.sandbox.xero import connections, scopes, tokens
from dynamics_xero.sandbox.xero.clients import Clients
from dynamics_xero.sandbox.xero.errors import (
    LACKS_SCOPE,
    UNSUCCESSFUL,
    expired,
    forbidden,
    unauthorized,
)


@dataclass(frozen=True)
class Caller:
    """The author of a call; `scopes` is None for people, who may do everything."""

    actor: str
    token: str
    client_id: str
    scopes: frozenset[str] | None


class Access:
    """Recognise callers of the accounting API."""

    def __init__(self, endpoints: Sequence[Endpoint], clients: Clients) -> None:
        self._tenants = {endpoint.facts["tenant_id"].lower(): endpoint for endpoint in endpoints}
        self._endpoints = tuple(endpoints)
        self._clients = clients
        self._revoked = {jti for endpoint in endpoints for jti in _revoked(endpoint)}

    def endpoint_for(self, request: Request) -> Endpoint | None:
        """Return the organisation a call is about, None when it names none that exists.

        Without the header the token decides: a custom connection has one organisation only.
        """
        tenant = request.headers.get("xero-tenant-id", "").strip().lower()
        if tenant:
            return self._tenants.get(tenant)
        token = request.bearer()
        claims = tokens.read(token or "", self._clients)
        if claims is not None:
            return claims.client.home if claims.custom else None
        return next(
            (endpoint for endpoint in self._endpoints if endpoint.people.actor_of(token)), None
        )

    def caller(self, request: Request, endpoint: Endpoint | None) -> Caller:
        """Return who calls. Raises RefusedError with Xero's 401 or 403."""
        token = request.bearer() or ""
        origin = endpoint or self._endpoints[0]
        person = None if endpoint is None else endpoint.people.actor_of(token)
        if endpoint is not None and person is not None:
            return Caller(person, token, "", None)
        claims = tokens.read(token, self._clients)
        if claims is None or self.is_revoked(claims):
            raise unauthorized(UNSUCCESSFUL, origin.new_id())
        if origin.clock.now() >= claims.expires:
            raise unauthorized(expired(claims.expires), origin.new_id())
        if endpoint is None or not _connected(claims, endpoint):
            raise forbidden(origin.new_id())
        if endpoint.faults.draw_kind("revoke_token", request.method, request.path):
            self._revoke(endpoint, claims.jti)
            raise unauthorized(UNSUCCESSFUL, origin.new_id())
        return Caller(CONNECTOR, token, claims.client.id, claims.scopes)

    def is_revoked(self, claims: tokens.Claims) -> bool:
        """Tell whether a token was killed before its time."""
        return claims.jti in self._revoked

    def forgive(self) -> None:
        """Forget revoked tokens that the databases no longer know of."""
        self._revoked = {jti for endpoint in self._endpoints for jti in _revoked(endpoint)}

    def _revoke(self, endpoint: Endpoint, jti: str) -> None:
        with endpoint.database.write() as tx:
            tx.execute("INSERT OR IGNORE INTO revoked_access VALUES (?)", (jti,))
        self._revoked.add(jti)


def check_scope(caller: Caller, needed: str, *, read: bool, endpoint: Endpoint) -> None:
    """Refuse a token that lacks the scope, as Xero does: with 401, not 403."""
    if caller.scopes is not None and not scopes.suffices(caller.scopes, needed, read=read):
        raise unauthorized(LACKS_SCOPE, endpoint.new_id())


def reached(claims: tokens.Claims) -> tuple[Endpoint, ...]:
    """Return the organisations that a token may be good for, connected or not."""
    return (claims.client.home,) if claims.custom else claims.client.endpoints


def _connected(claims: tokens.Claims, endpoint: Endpoint) -> bool:
    connected = connections.row_of(endpoint, claims.client.id) is not None
    return endpoint in reached(claims) and connected


def _revoked(endpoint: Endpoint) -> list[str]:
    with endpoint.database.read() as tx:
        return [str(row["jti"]) for row in tx.execute("SELECT jti FROM revoked_access")]
