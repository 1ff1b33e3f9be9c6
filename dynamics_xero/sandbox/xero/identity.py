"""Sign-in of the Xero twin: the consent page, tokens, their revocation, and /connections."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qs, unquote

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request, Response, json_response
from dynamics_xero.sandbox.xero import authorise, codes, connections, refresh, scopes, tokens
from dynamics_xero.sandbox.xero.access import Access, reached
from dynamics_xero.sandbox.xero.clients import Client, Clients, Kind
from dynamics_xero.sandbox.xero.errors import (
    NOT_FOUND_TEXT,
    UNSUCCESSFUL,
    RefusedError,
    expired,
    plain,
    unauthorized,
)
from dynamics_xero.sandbox.xero.organisation import user_id
from dynamics_xero.sandbox.xero.switches import SCOPE_MODEL


class Identity:
    """Answer what belongs to no organisation's API; none of it is counted."""

    def __init__(self, clients: Clients, access: Access, fallback: Endpoint) -> None:
        """Use `fallback`'s ids and clock where a call names no app."""
        self._clients = clients
        self._access = access
        self._fallback = fallback

    def handle(self, request: Request) -> Response:
        """Answer one call; paths match without regard to case (xero.md 1, Connections)."""
        path = request.path.lower().rstrip("/")
        try:
            if path == authorise.PATH:
                return authorise.answer(self._clients, request)
            if path == "/connect/token":
                return self._post(request) or self._token(request)
            if path == "/connect/revocation":
                return self._post(request) or self._revocation(request)
            if path == "/connections" or path.startswith("/connections/"):
                return self._connections(request, path.removeprefix("/connections").strip("/"))
        except RefusedError as refused:
            return refused.response
        return plain(404, NOT_FOUND_TEXT)

    def _post(self, request: Request) -> Response | None:
        return None if request.method == "POST" else plain(405, "Method not allowed")

    def _token(self, request: Request) -> Response:
        form = _form(request)
        client = self._client(request, form)
        if client is None:
            return _error("invalid_client")
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return _client_credentials(client, form)
        if grant == "refresh_token":
            return _refresh(client, form, request)
        if grant == "authorization_code":
            return _code(client, form)
        return _error("unsupported_grant_type" if grant else "invalid_request")

    def _revocation(self, request: Request) -> Response:
        form = _form(request)
        client = self._client(request, form)
        if client is None:
            return _error("invalid_client")
        if not form.get("token"):
            return _error("invalid_request")
        if refresh.revoke(client, form["token"]):
            for endpoint in client.endpoints:
                connections.disconnect(endpoint, client.id)
        return Response(200)

    def _connections(self, request: Request, connection_id: str) -> Response:
        claims = self._claims(request)
        name, within = claims.client.id, reached(claims)
        if request.method == "GET" and not connection_id:
            wanted = {name.lower(): value for name, value in request.params()}.get("autheventid")
            return json_response(connections.listing(within, name, wanted))
        if request.method == "DELETE" and connection_id:
            removed = connections.remove(within, name, connection_id)
            return Response(204) if removed else plain(404, NOT_FOUND_TEXT)
        return plain(405, "Method not allowed")

    def _claims(self, request: Request) -> tokens.Claims:
        claims = tokens.read(request.bearer() or "", self._clients)
        home = claims.client.home if claims else self._fallback
        if claims is None or self._access.is_revoked(claims):
            raise unauthorized(UNSUCCESSFUL, home.new_id())
        if home.clock.now() >= claims.expires:
            raise unauthorized(expired(claims.expires), home.new_id())
        return claims

    def _client(self, request: Request, form: dict[str, str]) -> Client | None:
        """Find the app by Basic credentials or by those in the body; Xero takes both."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return self._clients.authenticate(
                form.get("client_id", ""), form.get("client_secret", "")
            )
        try:
            name, _, secret = (
                base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
            )
        except (binascii.Error, ValueError):
            return None
        return self._clients.authenticate(unquote(name), unquote(secret))


def _client_credentials(client: Client, form: dict[str, str]) -> Response:
    if client.kind is not Kind.CUSTOM:
        return _error("unauthorized_client")
    model = client.home.switches.get(SCOPE_MODEL.name)
    asked = tuple(form.get("scope", "").split())
    if not scopes.allowed(model, asked, user=False):
        return _error("invalid_scope")
    scope = asked or scopes.granted(model, user=False)
    event = connections.event_id(client.home)
    return _granted(tokens.mint(client, scope, event_id=event, user_id=None), scope)


def _refresh(client: Client, form: dict[str, str], request: Request) -> Response:
    token = form.get("refresh_token")
    if not token:
        return _error("invalid_request")
    if client.home.faults.draw_kind("revoke_token", request.method, request.path):
        refresh.revoke(client, token)
    rotated = refresh.rotate(client, token)
    if rotated is None:
        return _error("invalid_grant")
    return _user_tokens(client, *rotated)


def _code(client: Client, form: dict[str, str]) -> Response:
    if client.kind is Kind.CUSTOM:
        return _error("unauthorized_client")
    if not form.get("code"):
        return _error("invalid_request")
    consent = codes.trade(client, form)
    if consent is None:
        return _error("invalid_grant")
    if "offline_access" not in consent.scope:
        return _user_tokens(client, consent, None)
    with client.home.database.write() as tx:
        return _user_tokens(client, consent, refresh.issue(client.home, tx, consent))


def _user_tokens(client: Client, consent: refresh.Consent, successor: str | None) -> Response:
    model = client.home.switches.get(SCOPE_MODEL.name)
    scope = consent.scope or scopes.granted(model, user=True)
    user = user_id(client.home)
    access = tokens.mint(client, scope, event_id=consent.event_id, user_id=user)
    identity = tokens.mint_identity(client, user) if "openid" in scope else None
    return _granted(access, scope, refresh_token=successor, id_token=identity)


def _granted(access: str, scope: tuple[str, ...], **further: str | None) -> Response:
    # No further keys: the official client chokes on them (xero.md 7, trap 13).
    body: dict[str, object] = {
        "access_token": access,
        "expires_in": tokens.ACCESS_LIFE_S,
        "token_type": "Bearer",
        "scope": " ".join(scope),
    }
    return json_response(body | {name: token for name, token in further.items() if token})


def _error(code: str) -> Response:
    # Compact on purpose: the official client compares the text (xero.md 1, Token errors).
    return json_response({"error": code}, 400)


def _form(request: Request) -> dict[str, str]:
    fields = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}
