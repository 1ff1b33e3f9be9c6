"""What a refusal of Entra or of a machine's identity means in plain words."""

from __future__ import annotations

from typing import Any

from dynamics_xero.errors import DynamicsXeroError, SignInError, UnavailableError
from dynamics_xero.settings import DynamicsSettings

_CAUSES = (
    (("7000215", "7000222"), "client_secret is wrong or has expired. Make a new one in Entra."),
    (
        ("700027",),
        "Entra does not know the certificate in certificate_file, or it has expired. Upload it to "
        "the application's registration, without its private key.",
    ),
    (
        ("700024",),
        "Entra finds our proof too old or too new. Check this machine's clock.",
    ),
    (("700021", "700023", "50027"), "Entra does not accept our proof. Check authority."),
    (("700016",), "client_id is not known in this tenant. Check client_id and authority."),
    (("90002", "900023"), "The tenant in authority does not exist. Check authority."),
    (("500011", "500013"), "url is not known in this tenant. Check url."),
    (("53003",), "A conditional access policy blocks the application. Ask your administrator."),
)
"""Entra's error numbers and the setting to mend."""

_KINDS = {
    "invalid_client": "Entra does not accept client_id or client_secret.",
    "unauthorized_client": "The application may not sign in by itself. Check client_id.",
    "invalid_scope": "Entra does not know url as a resource. Check url.",
    "invalid_resource": "Entra does not know url as a resource. Check url.",
}


def explain(answer: dict[str, Any], settings: DynamicsSettings) -> DynamicsXeroError:
    """Return the error for a refusal; its description is left out, it may hold more than words."""
    code = str(answer.get("error") or "")
    request_id = str(answer.get("correlation_id") or "")
    if code in ("temporarily_unavailable", "server_error", ""):
        text = "Entra cannot sign us in right now."
        return UnavailableError(text, code=code, request_id=request_id)
    text = _machine_cause(answer, settings) or _cause(answer, code)
    return SignInError(text, code=code, request_id=request_id)


def _machine_cause(answer: dict[str, Any], settings: DynamicsSettings) -> str:
    if not settings.managed_identity or answer.get("error") != "invalid_request":
        return ""
    whose = "with the client_id of the settings" if settings.client_id else "of its own"
    return f"This machine has no managed identity {whose}. Assign one to it in Azure."


def _cause(answer: dict[str, Any], code: str) -> str:
    numbers = {str(number) for number in answer.get("error_codes") or ()}
    described = str(answer.get("error_description") or "")
    for wanted, text in _CAUSES:
        if any(number in numbers or f"AADSTS{number}:" in described for number in wanted):
            return text
    return _KINDS.get(code, "Entra refused the sign-in. Check client_id and authority.")
