"""Sign in to Xero: one token for every thread and process, one organisation for a connection.

A custom connection fetches its token by its secret; an app that people consent to trades a refresh
token, which is good for one use (xero.md section 1). Both share the single flight.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dynamics_xero.errors import SignInError, WrongEndpointError
from dynamics_xero.ports import Clock, TokenStore
from dynamics_xero.settings import CODE_FLOW, XeroSettings
from dynamics_xero.xero.auth_endpoint import IdentityEndpoint
from dynamics_xero.xero.auth_flight import LAPSED, RENEW_BEFORE_S, USABLE_S, SingleFlight
from dynamics_xero.xero.auth_grant import Grant, Tenant
from dynamics_xero.xero.errors import Refused, refusal

GRANULAR_SCOPES = (
    "accounting.contacts",
    "accounting.settings",
    "accounting.invoices",
    "accounting.payments",
)
BROAD_SCOPES = ("accounting.contacts", "accounting.settings", "accounting.transactions")
"""What connections older than March 2026 may hold instead (xero.md 1, the 2026 change)."""

LIFETIME_S = 1800.0
"""Of an access token (xero.md section 1)."""

_ADVICE = {
    "invalid_client": "Check client_id and client_secret of the Xero connection.",
    "unauthorized_client": (
        "Check in Xero's developer portal that the app is a custom connection and authorised."
    ),
    "invalid_grant": "Authorise the custom connection again in Xero.",
    "invalid_scope": f"Give the custom connection these scopes: {', '.join(GRANULAR_SCOPES)}.",
}


class XeroSignIn:
    """The access token of one connection, fetched once however many ask for it."""

    def __init__(
        self, settings: XeroSettings, clock: Clock, tokens: TokenStore, *, connection: str = "main"
    ) -> None:
        """Touch nothing yet. connection: whose consent it is, and named in what people are told."""
        self._settings = settings
        self._clock = clock
        self._connection = connection
        self._lock = threading.Lock()
        self._grant = Grant()
        self._tenant: Tenant | None = None
        self._asked = settings.flow == CODE_FLOW
        name = f"xero:{settings.client_id}:{connection if self._asked else 'access'}"
        self.identity = IdentityEndpoint(settings, clock)
        self.flight = SingleFlight(tokens, clock, name=name, proof=_proof(settings))

    def access_token(self, *, refused: str | None = None) -> str:
        """Return a token good for a call; never the one that Xero has just refused.

        Raises SignInError, UnavailableError.
        """
        if self._left_s(refused) > RENEW_BEFORE_S:
            return self._grant.access
        # Who finds another thread at it works on with the old token while that lives.
        usable = self._left_s(refused) > USABLE_S
        if self._lock.acquire(blocking=not usable):
            try:
                if self._left_s(refused) <= RENEW_BEFORE_S:
                    fetch = self._refresh if self._asked else self._fetch
                    self._grant = self.flight.renewed(fetch, refused=refused)
            finally:
                self._lock.release()
        return self._grant.access

    def tenant(self) -> Tenant:
        """Return the organisation of this connection as first asked for by this process."""
        return self._tenant or self.find_tenant()

    def find_tenant(self) -> Tenant:
        """Ask Xero which organisation the token is good for (GET /connections).

        Raises WrongEndpointError when it is not the one in the settings.
        """
        self._tenant = self._choose(self.organisations())
        return self._tenant

    def organisations(self, *, consent: str = "") -> list[Tenant]:
        """Return all organisations the token is good for; consent: only what came with that one."""
        token = self.access_token()
        found = self.identity.organisations(token, consent=consent)
        if isinstance(found, Refused):
            again = self.access_token(refused=token)
            found = self.identity.organisations(again, consent=consent)
        if isinstance(found, Refused):
            raise refusal(found, writing=False)
        return found

    def adopt(self, grant: Grant, tenant: Tenant) -> None:
        """Work with a new consent, for this organisation, in place of whatever was before."""
        kept = replace(grant, tenant=tenant)
        self.flight.replace(kept)
        self._grant, self._tenant = kept, None

    def standing(self) -> str:
        """Return what a person has to do about the consent, "" when nothing; asks no remote."""
        grant = self.flight.load()
        if grant.refresh and not grant.lapsed:
            return ""
        return self._lapsed if grant.lapsed else self._missing

    def _left_s(self, refused: str | None) -> float:
        return self._grant.seconds_left(self._clock.now(), refused=refused)

    def _choose(self, found: Sequence[Tenant]) -> Tenant:
        wanted = (self._settings.tenant_id or "").lower()
        chosen = self._grant.tenant
        if self._asked and not wanted and chosen:
            wanted = chosen.id
        matching = [tenant for tenant in found if not wanted or tenant.id == wanted]
        if len(matching) == 1:
            return matching[0]
        if self._asked and (not found or (chosen and chosen.id == wanted)):
            raise SignInError(
                f"Nobody lets the app into the Xero organisation any more. {self._ask}"
            )
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

    @property
    def _ask(self) -> str:
        return f"Run: dynamics-xero auth xero --connection {self._connection}"

    @property
    def _missing(self) -> str:
        return f"Nobody has let the connection {self._connection} into Xero yet. {self._ask}"

    @property
    def _lapsed(self) -> str:
        return (
            f"The consent of the connection {self._connection} has ended: it was taken back in "
            f"Xero, or not used for 60 days. Somebody has to let the app in again. {self._ask}"
        )

    def _fetch(self, _: Grant) -> Grant:
        """Fetch a custom connection's token, with the scopes that it holds."""
        document: Mapping[str, Any] = {}
        for scopes in (GRANULAR_SCOPES, BROAD_SCOPES):
            form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
            document, asked_at = self.identity.token(form)
            if "access_token" in document:
                return granted(document, asked_at)
            if document.get("error") != "invalid_scope":
                break
        code = str(document.get("error") or "unknown")
        advice = _ADVICE.get(code, "Check the Xero connection in the settings.")
        raise SignInError(f"Xero does not sign us in. {advice}", code=code)

    def _refresh(self, grant: Grant) -> Grant:
        """Trade a refresh token; where answers came late, the older ones get their try too."""
        if not grant.refresh:
            raise SignInError(self._missing, code="no_consent")
        for token in () if grant.lapsed else grant.refresh:
            form = {"grant_type": "refresh_token", "refresh_token": token}
            if not self._settings.client_secret:
                form["client_id"] = self._settings.client_id
            document, asked_at = self.identity.token(form)
            if "access_token" in document:
                found = granted(document, asked_at, consent=grant.consent)
                # RFC 6749 section 6: without a new refresh token the old one goes on counting.
                return found if found.refresh else replace(found, refresh=grant.refresh)
            code = str(document.get("error") or "unknown")
            if code != LAPSED:
                advice = "Check client_id and client_secret of the Xero connection."
                raise SignInError(f"Xero does not renew our token. {advice}", code=code)
        raise SignInError(self._lapsed, code=LAPSED)


def granted(document: Mapping[str, Any], asked_at: datetime, *, consent: str = "") -> Grant:
    """Read the answer of the token endpoint."""
    refresh, scopes = document.get("refresh_token"), document.get("scope")
    return Grant(
        access=str(document["access_token"]),
        expires_at=asked_at + timedelta(seconds=_lifetime_s(document.get("expires_in"))),
        refresh=(str(refresh),) if refresh else (),
        scopes=tuple(scopes.split()) if isinstance(scopes, str) else (),
        consent=consent,
    )


def _lifetime_s(said: object) -> float:
    """Return how long a token lives: what the answer says, or what Xero documents."""
    text = str(said)
    return float(text) if text.isdecimal() else LIFETIME_S


def _proof(settings: XeroSettings) -> str:
    """Return what tells these credentials from others; it is kept sealed."""
    whole = f"{settings.client_id} {settings.client_secret}"
    return hashlib.sha256(whole.encode("utf-8")).hexdigest()[:16]
