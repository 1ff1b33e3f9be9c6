"""Sign in to Xero as a custom connection: one token for every thread and process (xero.md 1).

The token lives 30 minutes and has no refresh token; it is kept sealed through the TokenStore.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from dynamics_xero.errors import SignInError, UnavailableError, WrongEndpointError
from dynamics_xero.ports import Clock, TokenStore
from dynamics_xero.settings import XeroSettings
from dynamics_xero.xero.errors import Refused, parse, refusal, untrusted

GRANULAR_SCOPES = (
    "accounting.contacts",
    "accounting.settings",
    "accounting.invoices",
    "accounting.payments",
)
BROAD_SCOPES = ("accounting.contacts", "accounting.settings", "accounting.transactions")
"""What connections older than March 2026 may hold instead (xero.md 1, the 2026 change)."""

RENEW_BEFORE = timedelta(seconds=60)
MAX_BYTES = 1_000_000

_TIMEOUT_S = (5, 30)
_ADVICE = {
    "invalid_client": "Check client_id and client_secret of the Xero connection.",
    "unauthorized_client": (
        "Check in Xero's developer portal that the app is a custom connection and authorised."
    ),
    "invalid_grant": "Authorise the custom connection again in Xero.",
    "invalid_scope": f"Give the custom connection these scopes: {', '.join(GRANULAR_SCOPES)}.",
}


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the time it ends at."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organisation the token is good for."""

    id: str
    name: str


class XeroSignIn:
    """The access token of one app, fetched once however many ask for it."""

    def __init__(self, settings: XeroSettings, clock: Clock, tokens: TokenStore) -> None:
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self._name = f"xero:{settings.client_id}:access"
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._tenant: Tenant | None = None
        self._session = _session(settings)

    def access_token(self, *, refused: str | None = None) -> str:
        """Return a token good for another minute; never the one that Xero has just refused.

        Raises SignInError, UnavailableError.
        """
        token = self._token
        if token is None or not self._is_good(token, refused):
            with self._lock:
                token = self._token
                if token is None or not self._is_good(token, refused):
                    token = self._token = self._obtain(refused)
        return token.text

    def tenant(self) -> Tenant:
        """Return the organisation of this connection as first asked for by this process."""
        return self._tenant or self.find_tenant()

    def find_tenant(self) -> Tenant:
        """Ask Xero which organisation the token is good for (GET /connections).

        Raises WrongEndpointError when it is not the one in the settings.
        """
        answer = self._connections(self.access_token())
        if answer.status_code == 401:
            answer = self._connections(self.access_token(refused=self.access_token()))
        found = [
            Tenant(str(row["tenantId"]).lower(), str(row.get("tenantName") or ""))
            for row in _rows(answer)
            if row.get("tenantType") == "ORGANISATION"
        ]
        self._tenant = self._choose(found)
        return self._tenant

    def _choose(self, found: list[Tenant]) -> Tenant:
        wanted = (self._settings.tenant_id or "").lower()
        matching = [tenant for tenant in found if not wanted or tenant.id == wanted]
        if len(matching) == 1:
            return matching[0]
        if not found:
            raise SignInError(
                "The Xero app is not connected to any organisation. Connect it in Xero's "
                "developer portal."
            )
        if wanted:
            raise WrongEndpointError(
                "The Xero app is connected to another organisation than tenant_id names."
            )
        raise SignInError(
            "The Xero app is connected to several organisations. Name one by tenant_id."
        )

    def _is_good(self, token: Token, refused: str | None) -> bool:
        return token.text != refused and token.expires_at - RENEW_BEFORE > self._clock.now()

    def _obtain(self, refused: str | None) -> Token:
        """Take the token another process has fetched, or fetch one and offer it to the others."""
        generation = 0
        stored = self._tokens.load(self._name)
        if stored is not None:
            token, generation = _unpack(stored[0]), stored[1]
            if token is not None and self._is_good(token, refused):
                return token
        fetched = self._fetch()
        if self._tokens.save(self._name, _pack(fetched), generation=generation + 1):
            return fetched
        stored = self._tokens.load(self._name)
        winner = _unpack(stored[0]) if stored is not None else None
        return winner if winner is not None and self._is_good(winner, refused) else fetched

    def _fetch(self) -> Token:
        document: Mapping[str, Any] = {}
        for scopes in (GRANULAR_SCOPES, BROAD_SCOPES):
            asked_at = self._clock.now()
            document = self._ask(scopes)
            if "access_token" in document:
                life = timedelta(seconds=float(document.get("expires_in", 1800)))
                return Token(str(document["access_token"]), asked_at + life)
            if document.get("error") != "invalid_scope":
                break
        code = str(document.get("error") or "unknown")
        advice = _ADVICE.get(code, "Check the Xero connection in the settings.")
        raise SignInError(f"Xero does not sign us in. {advice}", code=code)

    def _ask(self, scopes: tuple[str, ...]) -> Mapping[str, Any]:
        form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
        answer = self._request(
            "POST",
            f"{self._settings.identity_url.rstrip('/')}/connect/token",
            data=form,
            auth=(self._settings.client_id, self._settings.client_secret),
        )
        if answer.status_code not in (200, 400, 401):
            raise _unavailable(answer.status_code)
        try:
            return parse(_body(answer))
        except ValueError:
            raise _unavailable(answer.status_code) from None

    def _connections(self, token: str) -> requests.Response:
        return self._request(
            "GET",
            f"{_root(self._settings)}/connections",
            headers={"Authorization": f"Bearer {token}"},
        )

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:
        # Errors are raised "from None": theirs may show the request, and that holds the secret.
        try:
            return self._session.request(
                method, url, timeout=_TIMEOUT_S, allow_redirects=False, stream=True, **options
            )
        except requests.exceptions.SSLError:
            raise untrusted() from None
        except requests.exceptions.RequestException:
            raise UnavailableError("Xero's sign-in cannot be reached.") from None


def _session(settings: XeroSettings) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = str(settings.ca_file) if settings.ca_file else True
    session.headers["Accept"] = "application/json"
    if settings.proxy:
        session.proxies = {"http": settings.proxy, "https": settings.proxy}
    return session


def _root(settings: XeroSettings) -> str:
    """Return where /connections stands: beside the accounting API.

    An api_url without the API's own path is a proxy before that API alone; the sign-in's host
    is asked then.
    """
    api = urlsplit(settings.api_url)
    beside = api.path.rstrip("/").lower().endswith("/api.xro/2.0")
    host = api if beside else urlsplit(settings.identity_url)
    return f"{host.scheme}://{host.netloc}"


def _body(answer: requests.Response) -> bytes:
    body = bytearray()
    try:
        for chunk in answer.iter_content(65_536):
            body += chunk
            if len(body) > MAX_BYTES:
                raise UnavailableError("Xero's sign-in sent more than it should.")
    except requests.exceptions.RequestException:
        raise UnavailableError("Xero's sign-in broke off its answer.") from None
    finally:
        answer.close()
    return bytes(body)


def _rows(answer: requests.Response) -> list[dict[str, Any]]:
    body = _body(answer)
    if answer.status_code != 200:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        raise refusal(Refused(answer.status_code, headers, body), writing=False)
    try:
        rows = json.loads(body)
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unavailable(answer.status_code)
    return [row for row in rows if "tenantId" in row]


def _unavailable(status: int) -> UnavailableError:
    return UnavailableError("Xero's sign-in does not answer as it should.", status=status)


def _pack(token: Token) -> str:
    return json.dumps({"access_token": token.text, "expires_at": token.expires_at.isoformat()})


def _unpack(secret: str) -> Token | None:
    try:
        document = json.loads(secret)
        return Token(document["access_token"], datetime.fromisoformat(document["expires_at"]))
    except (ValueError, KeyError, TypeError):
        return None
