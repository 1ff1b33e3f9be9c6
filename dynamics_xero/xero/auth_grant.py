"""What the store keeps of a sign-in to Xero, as one sealed text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organisation the token is good for."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Flight:
    """A fetch of a token that is under way, or whose process died before it landed.

    until: nobody else may begin another one before.
    """

    began_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """The state of one sign-in.

    refresh: refresh tokens, the newest first; older ones only where an answer came late. consent:
    the id of the consent they belong to. lapsed: Xero takes none of them, a person has to consent
    anew. failed_at: when the latest fetch failed, None after one that did not. proof: tells the
    credentials that fetched it from others.
    """

    access: str = field(default="", repr=False)
    expires_at: datetime | None = None
    refresh: tuple[str, ...] = field(default=(), repr=False)
    scopes: tuple[str, ...] = ()
    consent: str = ""
    tenant: Tenant | None = None
    lapsed: bool = False
    flight: Flight | None = None
    failed_at: datetime | None = None
    proof: str = ""

    def seconds_left(self, now: datetime, *, refused: str | None = None) -> float:
        """Return how long the access token lives; nothing when it is the one Xero has refused."""
        if not self.access or self.access == refused or self.expires_at is None:
            return 0.0
        return (self.expires_at - now).total_seconds()

    def landed(self, fetched: Grant) -> Grant:
        """Return what a finished fetch makes of this state; the choice of organisation stays."""
        return replace(fetched, tenant=self.tenant)

    def with_spare(self, late: Grant) -> Grant:
        """Keep the refresh token of an answer that came too late: it lives, perhaps alone."""
        if late.consent != self.consent:
            return self
        return replace(self, refresh=tuple(dict.fromkeys((*self.refresh, *late.refresh))))


def pack(grant: Grant) -> str:
    """Return the text to seal."""
    flight, tenant = grant.flight, grant.tenant
    document: dict[str, Any] = {
        "access_token": grant.access,
        "expires_at": _text(grant.expires_at),
        "refresh_tokens": list(grant.refresh),
        "scopes": list(grant.scopes),
        "consent": grant.consent,
        "tenant": [tenant.id, tenant.name] if tenant else None,
        "lapsed": grant.lapsed,
        "flight": [_text(flight.began_at), _text(flight.until)] if flight else None,
        "failed_at": _text(grant.failed_at),
        "proof": grant.proof,
    }
    return json.dumps({name: value for name, value in document.items() if value})


def unpack(text: str) -> Grant:
    """Read a text that was sealed; what no version of ours wrote is as good as nothing."""
    try:
        document = json.loads(text)
        flight, tenant = document.get("flight"), document.get("tenant")
        return Grant(
            access=document.get("access_token", ""),
            expires_at=_instant(document.get("expires_at")),
            refresh=tuple(document.get("refresh_tokens", ())),
            scopes=tuple(document.get("scopes", ())),
            consent=document.get("consent", ""),
            tenant=Tenant(*tenant) if tenant else None,
            lapsed=document.get("lapsed", False),
            flight=Flight(*map(datetime.fromisoformat, flight)) if flight else None,
            failed_at=_instant(document.get("failed_at")),
            proof=document.get("proof", ""),
        )
    except (ValueError, AttributeError, TypeError):
        return Grant()


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
