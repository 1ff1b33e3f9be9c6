"""The page on which a user lets an app into organisations (xero.md section 1, Authorize).

Whoever opens it counts as signed in. The page is a plain form, so that a test can post it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qs, urlencode

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request, Response
from dynamics_xero.sandbox.xero import codes, connections, scopes
from dynamics_xero.sandbox.xero.clients import REDIRECT_URIS, Client, Clients, Kind
from dynamics_xero.sandbox.xero.refresh import Consent
from dynamics_xero.sandbox.xero.switches import BULK_CONSENT, SCOPE_MODEL, SCOPE_REFUSAL

PATH = "/identity/connect/authorize"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_KEPT = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


@dataclass(frozen=True)
class _Asking:
    """An app's request that may be shown to a user."""

    client: Client
    fields: dict[str, str]

    @property
    def scope(self) -> tuple[str, ...]:
        return tuple(self.fields.get("scope", "").split())

    def back(self, **answer: str) -> Response:
        """Send the browser back to the app."""
        state = {"state": self.fields["state"]} if self.fields.get("state") else {}
        target = f"{self.fields['redirect_uri']}?{urlencode({**answer, **state})}"
        return Response(302, b"", {"Location": target, "Cache-Control": "no-store"})


def answer(clients: Clients, request: Request) -> Response:
    """Show the page, or take the user's answer."""
    source = request.query if request.method == "GET" else request.body.decode("utf-8", "replace")
    given = parse_qs(source, keep_blank_values=True)
    asking = _asking(clients, {name: values[-1] for name, values in given.items()})
    if isinstance(asking, Response):
        return asking
    if request.method == "GET":
        return _consent_page(asking)
    if request.method != "POST":
        return _error_page("invalid_request", 405)
    return _answered(asking, given)


def _asking(clients: Clients, fields: dict[str, str]) -> _Asking | Response:
    """Check what the app asks; nothing goes back to an address that is not its own."""
    client = clients.get(fields.get("client_id"))
    if client is None or client.kind is Kind.CUSTOM:
        return _error_page("unauthorized_client")
    if fields.get("redirect_uri") not in REDIRECT_URIS:
        return _error_page("invalid_request: Invalid redirect_uri")
    if fields.get("response_type") != "code":
        return _error_page("unsupported_response_type")
    challenge, method = fields.get("code_challenge", ""), fields.get("code_challenge_method")
    wanted = challenge or client.kind is Kind.NATIVE
    if wanted and (method != "S256" or not _CHALLENGE.fullmatch(challenge)):
        return _error_page("invalid_request: code challenge required")
    asking = _Asking(client, fields)
    model = client.home.switches.get(SCOPE_MODEL.name)
    if not asking.scope or not scopes.allowed(model, asking.scope, user=True):
        if client.home.switches.get(SCOPE_REFUSAL.name) == "redirect":
            return asking.back(error="invalid_scope")
        return _error_page("unauthorized_client: Invalid scope for client")
    return asking


def _answered(asking: _Asking, given: dict[str, list[str]]) -> Response:
    if given.get("answer", [""])[-1] != "allow":
        return asking.back(error="access_denied")
    chosen = [
        endpoint
        for endpoint in asking.client.endpoints
        if endpoint.facts["tenant_id"] in given.get("organisation", ())
    ]
    if not chosen or (len(chosen) > 1 and not _many(asking.client)):
        return _error_page("choose one organisation")
    return _consented(asking, chosen)


def _consented(asking: _Asking, chosen: list[Endpoint]) -> Response:
    client = asking.client
    event_id = client.home.new_id()
    for endpoint in chosen:
        connections.consented(endpoint, client.id, event_id)
    asked = codes.Asked(asking.fields["redirect_uri"], asking.fields.get("code_challenge", ""))
    code = codes.issue(client, asked, Consent(client.id, event_id, asking.scope))
    return asking.back(code=code, scope=" ".join(asking.scope))


def _many(client: Client) -> bool:
    return client.home.switches.get(BULK_CONSENT.name) == "yes"


def _consent_page(asking: _Asking) -> Response:
    kind = "checkbox" if _many(asking.client) else "radio"
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asking.fields[name])}">'
        for name in _KEPT
        if name in asking.fields
    )
    organisations = "".join(
        f'<p><label><input type="{kind}" name="organisation" '
        f'value="{endpoint.facts["tenant_id"]}"> {escape(connections.tenant_name(endpoint))}'
        f"{_already(endpoint, asking.client)}</label></p>"
        for endpoint in asking.client.endpoints
    )
    wanted = "".join(f"<li>{escape(scope)}</li>" for scope in asking.scope)
    return _page(
        200,
        "An app wants access",
        f'<form method="post" action="{PATH}">{kept}<p>The app {escape(asking.client.id)} wants:'
        f"</p><ul>{wanted}</ul><p>Organisation:</p>{organisations}"
        '<button name="answer" value="allow">Allow access</button> '
        '<button name="answer" value="deny">Cancel</button></form>',
    )


def _already(endpoint: Endpoint, client: Client) -> str:
    return " (connected)" if connections.row_of(endpoint, client.id) else ""


def _error_page(error: str, status: int = 400) -> Response:
    return _page(status, "Sorry, something went wrong", f"<p>Error: {escape(error)}</p>")


def _page(status: int, title: str, body: str) -> Response:
    text = f"<!doctype html><title>{title}</title><h1>{title} (sandbox)</h1>{body}"
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Response(status, text.encode("utf-8"), headers)
