"""Entra as far as msal needs it: discovery, client credentials by secret or certificate, and the
metadata service of a machine with a managed identity (dataverse.md section 1).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl

from dynamics_xero.sandbox.dynamics import assertion, machine_identity
from dynamics_xero.sandbox.dynamics.values import format_moment
from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request, Response, json_response

LIFETIME_S = 3599
_DISCOVERY = "/v2.0/.well-known/openid-configuration"
_SIGN_IN = "/oauth2/v2.0/token"


def is_identity(path: str) -> bool:
    """Tell whether a path belongs to sign-in and not to the Web API."""
    return path.endswith((_DISCOVERY, _SIGN_IN)) or path == machine_identity.PATH


def answer(endpoint: Endpoint, request: Request) -> Response:
    """Answer a sign-in call of any tenant; only the environment's own is known."""
    if request.path == machine_identity.PATH:
        return _machine_token(endpoint, request)
    tenant, _, rest = request.path.lstrip("/").partition("/")
    if tenant != endpoint.facts["tenant_id"]:
        text = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
        return _refusal(endpoint, _Fault(400, "invalid_request", 90002, text))
    if f"/{rest}" == _DISCOVERY:
        return _discovery(request.base_url, tenant)
    if request.method != "POST":
        fault = _Fault(405, "invalid_request", 900561, "Only POST is accepted here.")
        return _refusal(endpoint, fault)
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return _token(endpoint, form, audience=f"{request.base_url}{request.path}")


def is_valid(endpoint: Endpoint, token: str) -> bool:
    """Tell whether an access token of this environment still holds."""
    with endpoint.database.read() as tx:
        row = tx.execute("SELECT expires_at FROM dv_token WHERE token = ?", (token,)).fetchone()
    return row is not None and row["expires_at"] > endpoint.clock.seconds()


def revoke(endpoint: Endpoint, token: str) -> None:
    """Forget an access token before its time."""
    with endpoint.database.write() as tx:
        tx.execute("DELETE FROM dv_token WHERE token = ?", (token,))


def signed_out(endpoint: Endpoint) -> Response:
    """Answer a Web API call whose token is missing, unknown or expired."""
    root = f"{endpoint.facts['url']}/{endpoint.facts['tenant_id']}"
    challenge = (
        f"Bearer authorization_uri={root}/oauth2/authorize, resource_id={endpoint.facts['url']}/"
    )
    return Response(
        401,
        b"HTTP Error 401 - Unauthorized: Access is denied",
        {"Content-Type": "text/plain", "WWW-Authenticate": challenge},
    )


def _discovery(base_url: str, tenant: str) -> Response:
    root = f"{base_url}/{tenant}"
    return json_response(
        {
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
    )


@dataclass(frozen=True)
class _Fault:
    """Why Entra issues no token: status, OAuth error, AADSTS number, text."""

    status: int
    error: str
    number: int
    text: str


def _token(endpoint: Endpoint, form: dict[str, str], *, audience: str) -> Response:
    fault = (
        _grant_fault(form)
        or _client_fault(endpoint, form, audience=audience)
        or _scope_fault(endpoint, form)
    )
    return _refusal(endpoint, fault) if fault is not None else _issue(endpoint)


def _machine_token(endpoint: Endpoint, request: Request) -> Response:
    fault = machine_identity.fault_of(endpoint, request)
    resource = dict(request.params()).get("resource", "")
    if fault is not None:
        return fault
    if resource.rstrip("/") not in _resources(endpoint):
        return machine_identity.unknown_resource(resource)
    token = _new_token(endpoint, machine_identity.LIFETIME_S)
    return machine_identity.granted(endpoint, token, resource)


def _grant_fault(form: dict[str, str]) -> _Fault | None:
    grant = form.get("grant_type", "")
    if grant == "client_credentials":
        return None
    text = f"The app requested an unsupported grant type '{grant}'."
    return _Fault(400, "unsupported_grant_type", 70003, text)


def _client_fault(endpoint: Endpoint, form: dict[str, str], *, audience: str) -> _Fault | None:
    client_id, secret = form.get("client_id", ""), form.get("client_secret")
    if client_id != endpoint.facts["client_id"]:
        text = f"Application with identifier '{client_id}' was not found in the directory."
        return _Fault(400, "unauthorized_client", 700016, text)
    if form.get("client_assertion_type") == assertion.KIND:
        found = assertion.fault_of(endpoint, form.get("client_assertion", ""), audience=audience)
        return None if found is None else _Fault(401, "invalid_client", *found)
    if secret is None:
        text = (
            "'client_assertion', 'client_secret' or 'request' is required for the "
            "'client_credentials' grant type."
        )
        return _Fault(401, "invalid_client", 7000216, text)
    if not hmac.compare_digest(secret.encode(), endpoint.facts["client_secret"].encode()):
        text = f"Invalid client secret provided for app '{client_id}'."
        return _Fault(401, "invalid_client", 7000215, text)
    return None


def _scope_fault(endpoint: Endpoint, form: dict[str, str]) -> _Fault | None:
    scope = form.get("scope", "")
    resource = scope.removesuffix("/.default")
    if resource == scope:
        text = (
            f"The provided value for scope {scope} is not valid. Client credential flows must "
            f"have a scope value with /.default suffixed to the resource identifier."
        )
        return _Fault(400, "invalid_scope", 1002012, text)
    if resource not in _resources(endpoint):
        text = f"The resource principal named {resource} was not found in the tenant."
        return _Fault(400, "invalid_resource", 500011, text)
    return None


def _resources(endpoint: Endpoint) -> set[str]:
    url = endpoint.facts["url"]
    return {url, url.replace("https://localhost:", "https://127.0.0.1:")}


def _new_token(endpoint: Endpoint, lifetime_s: int) -> str:
    token, now_s = endpoint.new_token(), endpoint.clock.seconds()
    with endpoint.database.write() as tx:
        tx.execute("DELETE FROM dv_token WHERE expires_at <= ?", (now_s,))
        tx.execute("INSERT INTO dv_token VALUES (?, ?)", (token, now_s + lifetime_s))
    return token


def _issue(endpoint: Endpoint) -> Response:
    token = _new_token(endpoint, LIFETIME_S)
    return json_response(
        {
            "token_type": "Bearer",
            "expires_in": LIFETIME_S,
            "ext_expires_in": LIFETIME_S,
            "access_token": token,
        }
    )


def _refusal(endpoint: Endpoint, fault: _Fault) -> Response:
    trace, correlation = endpoint.new_id(), endpoint.new_id()
    stamp = format_moment(endpoint.clock.now()).replace("T", " ")
    description = (
        f"AADSTS{fault.number}: {fault.text} Trace ID: {trace} Correlation ID: {correlation} "
        f"Timestamp: {stamp}"
    )
    return json_response(
        {
            "error": fault.error,
            "error_description": description,
            "error_codes": [fault.number],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
        },
        fault.status,
    )
