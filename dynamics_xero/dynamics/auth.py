"""Sign-in to Dynamics: client credentials against Entra, or an authority that stands in for it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msal
import requests
from msal.authority import WELL_KNOWN_AUTHORITY_HOSTS
from msal.exceptions import MsalError

from dynamics_xero.dynamics.transport import open_session
from dynamics_xero.errors import DynamicsXeroError, SignInError, UnavailableError
from dynamics_xero.ports import Clock
from dynamics_xero.settings import DynamicsSettings

_RENEW_BEFORE = timedelta(seconds=300)


class DynamicsSignIn:
    """The access token of one application user, kept in this process and shared by its threads."""

    def __init__(self, settings: DynamicsSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._session = open_session(ca_file=settings.ca_file, proxy=settings.proxy)
        self._token = ""
        self._renew_at: datetime | None = None

    def token(self, *, rejected: str = "") -> str:
        """Return a token that is not `rejected`, asking for a new one where needed.

        Raises SignInError in plain words, UnavailableError when nobody answers.
        """
        with self._lock:
            fresh = self._renew_at is not None and self._clock.now() < self._renew_at
            if not fresh or self._token == rejected:
                self._renew()
            return self._token

    def _renew(self) -> None:
        answer = self._ask()
        token, seconds = answer.get("access_token"), answer.get("expires_in", 0)
        if not isinstance(token, str):
            raise _explain(answer)
        self._token = token
        lifetime = timedelta(seconds=float(seconds))
        self._renew_at = self._clock.now() + max(lifetime - _RENEW_BEFORE, lifetime / 2)

    def _ask(self) -> dict[str, Any]:
        scope = f"{self._settings.url.rstrip('/')}/.default"
        try:
            answer: dict[str, Any] = self._open().acquire_token_for_client(scopes=[scope])
            return answer
        except requests.exceptions.SSLError as fault:
            raise SignInError(
                "The certificate of the sign-in address is not trusted. Check authority and "
                "ca_file."
            ) from fault
        except (requests.exceptions.RequestException, MsalError) as fault:
            raise UnavailableError("The sign-in address of Dynamics does not answer.") from fault
        except ValueError as fault:
            raise SignInError(
                "The sign-in address of Dynamics is not usable. Check authority: it reads "
                "https://login.microsoftonline.com/<tenant>."
            ) from fault

    def _open(self) -> Any:
        """Return a new application: msal's cache runs on another clock and keeps revoked tokens."""
        host = urlsplit(self._settings.authority).hostname
        known = host in WELL_KNOWN_AUTHORITY_HOSTS
        return msal.ConfidentialClientApplication(
            self._settings.client_id,
            client_credential=self._settings.client_secret,
            authority=self._settings.authority,
            http_client=self._session,
            # A stand-in is not in Microsoft's directory of clouds (dataverse.md section 1.2).
            instance_discovery=None if known else False,
        )


_CAUSES = (
    (("7000215", "7000222"), "client_secret is wrong or has expired. Make a new one in Entra."),
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


def _explain(answer: dict[str, Any]) -> DynamicsXeroError:
    """Return the error for a refusal; its description is left out, it may hold more than words."""
    code = str(answer.get("error") or "")
    request_id = str(answer.get("correlation_id") or "")
    if code in ("temporarily_unavailable", "server_error", ""):
        text = "Entra cannot sign us in right now."
        return UnavailableError(text, code=code, request_id=request_id)
    return SignInError(_cause(answer, code), code=code, request_id=request_id)


def _cause(answer: dict[str, Any], code: str) -> str:
    numbers = {str(number) for number in answer.get("error_codes") or ()}
    described = str(answer.get("error_description") or "")
    for wanted, text in _CAUSES:
        if any(number in numbers or f"AADSTS{number}:" in described for number in wanted):
            return text
    return _KINDS.get(code, "Entra refused the sign-in. Check client_id and authority.")
