"""Sign-in to Dynamics: by secret, certificate or managed identity, through msal alone.

dataverse.md section 1. An authority that is not Microsoft's own stands in for Entra.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msal
import requests
from msal.authority import WELL_KNOWN_AUTHORITY_HOSTS
from msal.exceptions import MsalError

from dynamics_xero.dynamics.auth_words import explain
from dynamics_xero.dynamics.transport import open_session
from dynamics_xero.errors import SignInError, UnavailableError
from dynamics_xero.ports import Clock
from dynamics_xero.settings import DynamicsSettings

_RENEW_BEFORE = timedelta(seconds=300)


class DynamicsSignIn:
    """The access token of one application user, kept in this process and shared by its threads."""

    def __init__(self, settings: DynamicsSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        # A machine's metadata service is on the machine: no proxy leads there.
        proxy = None if settings.managed_identity else settings.proxy
        self._session = open_session(ca_file=settings.ca_file, proxy=proxy, clock=clock)
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
        answer = self._ask_machine() if self._settings.managed_identity else self._ask_entra()
        token, seconds = answer.get("access_token"), answer.get("expires_in", 0)
        if not isinstance(token, str):
            raise explain(answer, self._settings)
        self._token = token
        lifetime = timedelta(seconds=float(seconds))
        self._renew_at = self._clock.now() + max(lifetime - _RENEW_BEFORE, lifetime / 2)

    def _ask_entra(self) -> dict[str, Any]:
        file = self._settings.certificate_file
        proof = self._settings.client_secret if file is None else _certificate(file)
        scope = f"{self._settings.url.rstrip('/')}/.default"
        try:
            application = self._open(proof)
            self._pin(application.authority.token_endpoint)
            answer: dict[str, Any] = application.acquire_token_for_client(scopes=[scope])
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

    def _ask_machine(self) -> dict[str, Any]:
        """Ask the machine; msal finds out by the environment which kind of one it is."""
        identity = (
            msal.UserAssignedManagedIdentity(client_id=self._settings.client_id)
            if self._settings.client_id
            else msal.SystemAssignedManagedIdentity()
        )
        try:
            # A new client each time, as below: what it has fetched before may be revoked by now.
            client = msal.ManagedIdentityClient(
                identity, http_client=self._session, token_cache=msal.TokenCache()
            )
            answer: dict[str, Any] = client.acquire_token_for_client(
                resource=self._settings.url.rstrip("/")
            )
            return answer
        except (requests.exceptions.RequestException, MsalError, json.JSONDecodeError) as fault:
            raise UnavailableError(
                "The managed identity of this machine does not answer. Does this run in Azure, on "
                "a machine or app with a managed identity?"
            ) from fault

    def _pin(self, endpoint: object) -> None:
        """Refuse to prove ourselves to another host than the settings name (R37).

        The address comes from a document that the authority hands out.
        """
        home = urlsplit(self._settings.authority)
        found = urlsplit(endpoint if isinstance(endpoint, str) else "")
        if (found.scheme, found.netloc.lower()) != (home.scheme, home.netloc.lower()):
            raise SignInError(
                "The sign-in address of Dynamics sends us to another host. Check authority."
            )

    def _open(self, proof: str | dict[str, str]) -> Any:
        """Return a new application: msal's cache runs on another clock and keeps revoked tokens."""
        host = urlsplit(self._settings.authority).hostname
        known = host in WELL_KNOWN_AUTHORITY_HOSTS
        return msal.ConfidentialClientApplication(
            self._settings.client_id,
            client_credential=proof,
            authority=self._settings.authority,
            http_client=self._session,
            # A stand-in is not in Microsoft's directory of clouds (dataverse.md section 1.2).
            instance_discovery=None if known else False,
        )


def _certificate(file: Path) -> dict[str, str]:
    """Return what msal signs with; only who has a certificate loads what reads it."""
    from dynamics_xero.dynamics.auth_certificate import credential

    return credential(file)
