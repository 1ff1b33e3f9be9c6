"""The metadata service of an Azure machine: tokens of its managed identity (dataverse.md 1.1).

Plain HTTP on purpose, as the real one; its answers in form and status are not verified beyond
what msal reads of them.
"""

from __future__ import annotations

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request, Response, json_response

PATH = "/metadata/identity/oauth2/token"
API_VERSION = "2018-02-01"
LIFETIME_S = 86_399


def fault_of(endpoint: Endpoint, request: Request) -> Response | None:
    """Return the refusal of a call that is not as it should be."""
    asked = dict(request.params())
    if request.method != "GET":
        return json_response({"error": "method_not_allowed"}, 405)
    if request.headers.get("metadata", "").lower() != "true":
        return _refusal("invalid_request", "Required metadata header not specified")
    if asked.get("api-version") != API_VERSION:
        return _refusal("invalid_request", "Required api-version query parameter not supported")
    if not asked.get("resource"):
        return _refusal("invalid_request", "Required audience parameter not specified")
    if asked.get("client_id", endpoint.facts["client_id"]) != endpoint.facts["client_id"]:
        return _refusal("invalid_request", "Identity not found")
    return None


def unknown_resource(resource: str) -> Response:
    """Refuse a resource that the tenant does not know."""
    text = f"AADSTS500011: The resource principal named {resource} was not found in the tenant."
    return _refusal("invalid_resource", text)


def granted(endpoint: Endpoint, token: str, resource: str) -> Response:
    """Return the answer with a token; its numbers are texts."""
    now_s = int(endpoint.clock.seconds())
    return json_response(
        {
            "access_token": token,
            "client_id": endpoint.facts["client_id"],
            "expires_in": str(LIFETIME_S),
            "expires_on": str(now_s + LIFETIME_S),
            "ext_expires_in": str(LIFETIME_S),
            "not_before": str(now_s),
            "resource": resource,
            "token_type": "Bearer",
        }
    )


def _refusal(error: str, text: str) -> Response:
    return json_response({"error": error, "error_description": text}, 400)
