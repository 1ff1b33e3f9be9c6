"""Xero's identity server: tokens, connections and the end of a consent, over bounded HTTP.

Every address comes from the settings and is the vendor's own unless the settings say otherwise
(R37); no redirect is followed, and an answer is limited in time and size.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from dynamics_xero.errors import DynamicsXeroError, UnavailableError
from dynamics_xero.ports import Clock
from dynamics_xero.settings import XeroSettings
from dynamics_xero.xero.auth_flight import StillFlyingError
from dynamics_xero.xero.auth_grant import Tenant
from dynamics_xero.xero.errors import Refused, parse, refusal, untrusted

MAX_BYTES = 1_000_000
ANSWER_S = 20.0
"""The longest an answer may take, and what a flight is measured by."""

_TIMEOUT_S = (5.0, 15.0)


class IdentityEndpoint:
    """Calls of one app. Threads may share it."""

    def __init__(self, settings: XeroSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._session = _session(settings)

    def token(self, form: Mapping[str, str]) -> tuple[Mapping[str, Any], datetime]:
        """Ask the token endpoint; return its document and when it was asked.

        The document may be a refusal, told by its "error". A call that the connection broke off is
        made once more: a refresh token may be used again then (xero.md section 1, Grace).
        """
        asked_at = self._clock.now()
        try:
            answer = self._token(form)
        except _BrokenOffError:
            answer = self._token(form)
        if answer.status not in (200, 400, 401):
            raise _unclear(answer.status)
        try:
            document = parse(answer.body)
        except ValueError:
            raise _unclear(answer.status) from None
        if answer.status == 200 and not isinstance(document.get("access_token"), str):
            raise _unclear(answer.status)
        return document, asked_at

    def organisations(self, token: str, *, consent: str = "") -> list[Tenant] | Refused:
        """Return the organisations a token is good for; consent: only those that came with it."""
        query = f"?authEventId={quote(consent, safe='')}" if consent else ""
        answer = self._request("GET", f"{_root(self._settings)}/connections{query}", token=token)
        if answer.status == 401:
            return answer
        return [
            Tenant(str(row["tenantId"]).lower(), str(row.get("tenantName") or ""))
            for row in _rows(answer)
            if row.get("tenantType") == "ORGANISATION"
        ]

    def _token(self, form: Mapping[str, str]) -> Refused:
        settings = self._settings
        return self._request(
            "POST", f"{settings.identity_url.rstrip('/')}/connect/token", form=form
        )

    def _request(
        self, method: str, url: str, *, token: str = "", form: Mapping[str, str] | None = None
    ) -> Refused:
        """Make one call; errors are raised "from None": theirs may show what we have sent."""
        until = self._clock.now() + timedelta(seconds=ANSWER_S)
        try:
            with self._session.request(
                method,
                url,
                data=form,
                headers={"Authorization": f"Bearer {token}"} if token else None,
                auth=self._credentials() if form is not None else None,
                timeout=_TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            ) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Refused(answer.status_code, headers, self._body(answer, until))
        except requests.exceptions.SSLError:
            raise untrusted() from None
        except requests.exceptions.ConnectTimeout:
            raise UnavailableError("Xero's sign-in cannot be reached.") from None
        except requests.exceptions.Timeout:
            raise _too_slow() from None
        except requests.exceptions.RequestException as error:
            raise _broken(error) from None

    def _credentials(self) -> tuple[str, str] | None:
        """Return what goes into the header; an app without a secret names itself in the form."""
        settings = self._settings
        return (settings.client_id, settings.client_secret) if settings.client_secret else None

    def _body(self, answer: requests.Response, until: datetime) -> bytes:
        body = bytearray()
        for chunk in answer.iter_content(65_536):
            body += chunk
            if len(body) > MAX_BYTES:
                raise UnavailableError("Xero's sign-in sent more than it should.")
            if self._clock.now() > until:
                raise _too_slow()
        return bytes(body)


class _BrokenOffError(UnavailableError):
    """The connection ended before the answer was complete."""


def _broken(error: requests.exceptions.RequestException) -> DynamicsXeroError:
    if "NewConnectionError" in repr(error) or isinstance(error, requests.exceptions.ProxyError):
        return UnavailableError("Xero's sign-in cannot be reached.")
    return _BrokenOffError("Xero's sign-in broke off its answer.")


def _too_slow() -> StillFlyingError:
    return StillFlyingError("Xero's sign-in takes too long to answer.")


def _unclear(status: int) -> UnavailableError:
    return UnavailableError("Xero's sign-in does not answer as it should.", status=status)


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


def _rows(answer: Refused) -> list[dict[str, Any]]:
    if answer.status != 200:
        raise refusal(answer, writing=False)
    try:
        rows = json.loads(answer.body)
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unclear(answer.status)
    return [row for row in rows if "tenantId" in row]
