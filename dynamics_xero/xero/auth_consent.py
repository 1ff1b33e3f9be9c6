"""A person lets an app into Xero: authorization code with PKCE and state (xero.md section 1).

What comes back passes through a browser or a clipboard, so it counts for nothing unless it answers
this very request: same address, same state, and a code that only our verifier redeems.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlencode, urlsplit

from dynamics_xero.errors import SignInError
from dynamics_xero.settings import XeroSettings
from dynamics_xero.xero.auth import BROAD_SCOPES, GRANULAR_SCOPES, XeroSignIn, granted
from dynamics_xero.xero.auth_grant import Grant, Tenant

SIGN_IN_SCOPES = ("openid", "offline_access")
"""offline_access brings the refresh token."""

NEEDED = ("accounting.contacts", "accounting.settings")
_VERIFIER_BYTES = 48
_STATE_BYTES = 24

_REFUSALS = {
    "access_denied": "The person did not let the app in.",
    "invalid_scope": "The app may not ask for these scopes. If it is older than March 2026, run "
    "the command again with --older-scopes.",
}


@dataclass(frozen=True, slots=True)
class Asking:
    """One request for consent. url: the page to open."""

    url: str
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def ask(
    settings: XeroSettings,
    *,
    port: int,
    older_scopes: bool,
    random_bytes: Callable[[int], bytes],
) -> Asking:
    """Return a new request for consent."""
    verifier = _text(random_bytes(_VERIFIER_BYTES))
    state = _text(random_bytes(_STATE_BYTES))
    redirect_uri = f"http://localhost:{port}/callback"
    query = urlencode(
        {
            "response_type": "code",
            "client_id": settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(
                (*SIGN_IN_SCOPES, *(BROAD_SCOPES if older_scopes else GRANULAR_SCOPES))
            ),
            "state": state,
            "code_challenge": _text(hashlib.sha256(verifier.encode("ascii")).digest()),
            "code_challenge_method": "S256",
        }
    )
    url = f"{settings.login_url.rstrip('/')}/identity/connect/authorize?{query}"
    return Asking(url, redirect_uri, state, verifier)


def code_in(asking: Asking, answer: str) -> str:
    """Return the code in the address that the browser was sent to. Raises SignInError."""
    try:
        found, home = urlsplit(answer.strip()), urlsplit(asking.redirect_uri)
        here = (found.scheme, found.netloc, found.path) == (home.scheme, home.netloc, home.path)
    except ValueError:
        here = False
    if not here:
        raise SignInError(
            "That is not the address Xero sent the browser to. It begins with "
            f"{asking.redirect_uri}?code= and has to be pasted whole."
        )
    fields = {name: values[-1] for name, values in parse_qs(found.query).items()}
    if not hmac.compare_digest(fields.get("state", "").encode(), asking.state.encode()):
        raise SignInError(
            "The answer belongs to another attempt to sign in. Run the command again, and use the "
            "newest page only."
        )
    if "error" in fields or not fields.get("code"):
        error = fields.get("error", "")
        text = _REFUSALS.get(error, "Xero did not let the app in.")
        raise SignInError(text, code=error if error in _REFUSALS else "")
    return fields["code"]


def redeem(sign_in: XeroSignIn, asking: Asking, code: str, *, settings: XeroSettings) -> Grant:
    """Trade a code for tokens; nothing is stored yet. Raises SignInError."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": asking.redirect_uri,
        "code_verifier": asking.verifier,
    }
    if not settings.client_secret:
        form["client_id"] = settings.client_id
    document, asked_at = sign_in.identity.token(form)
    if "access_token" not in document:
        error = str(document.get("error") or "unknown")
        advice = (
            "Check client_id and client_secret of the Xero connection."
            if error in ("invalid_client", "unauthorized_client")
            else "Run the command again: what the browser brought was used or too old."
        )
        raise SignInError(f"Xero gives no token for this consent. {advice}", code=error)
    grant = granted(document, asked_at)
    if not grant.refresh:
        raise SignInError("Xero gave no refresh token. The app must ask for offline_access.")
    missing = [scope for scope in NEEDED if grant.scopes and scope not in grant.scopes]
    if missing:
        raise SignInError(
            f"The consent lacks the scope {', '.join(missing)}. Run the command again, and let the "
            "app have all it asks for.",
            code="scope",
        )
    return replace(grant, consent=consent_of(grant.access))


def let_in(sign_in: XeroSignIn, grant: Grant) -> list[Tenant]:
    """Return the organisations that a new consent is good for; those that came with it, if any."""
    every = sign_in.identity.organisations(grant.access)
    new = (
        sign_in.identity.organisations(grant.access, consent=grant.consent) if grant.consent else []
    )
    if not isinstance(every, list) or not isinstance(new, list):
        raise SignInError("Xero does not accept the token it has just given.")
    return new or every


def consent_of(access: str) -> str:
    """Return the id of the consent that an access token tells, "" when it tells none.

    The token is read, not trusted: the id only filters a list that Xero gives.
    """
    try:
        middle = access.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return str(claims.get("authentication_event_id") or "")
    except (IndexError, ValueError, AttributeError, binascii.Error):
        return ""


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
