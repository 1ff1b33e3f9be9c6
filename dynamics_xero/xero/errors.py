"""Translate what Xero, or the road to it, answers into the errors of the package, once.

The shapes are those of xero.md sections 1 (auth errors), 2 (limits) and 4 (400 body).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from urllib3 import exceptions as wire

from dynamics_xero.errors import (
    DynamicsXeroError,
    LostAnswerError,
    RejectedError,
    SignInError,
    ThrottledError,
    UnavailableError,
)
from dynamics_xero.xero.remarks import sentence

CONCURRENT_WAIT_S = 1.0
"""Xero promises no Retry-After for calls in flight (xero.md section 2); a slot frees soon."""

WINDOW_WAIT_S = 60.0
"""A limit of a minute is whole again after that, should Retry-After be missing."""

_NOT_SENT = (wire.NewConnectionError, wire.ConnectTimeoutError, wire.ProxyError)


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is no success; headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        """What Xero's staff ask for."""
        return self.headers.get("xero-correlation-id", "")

    @property
    def problem(self) -> str:
        """Which limit a 429 is about; "" when it is not said."""
        return self.headers.get("x-rate-limit-problem", "").strip().lower()


def parse(body: bytes) -> dict[str, Any]:
    """Read a JSON object with exact numbers. Raises ValueError for anything else (HTML, text)."""
    document = json.loads(body, parse_float=Decimal)
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    return document


def retry_after_s(refused: Refused) -> float:
    """Return how long a 429 asks to wait."""
    try:
        return max(0.0, float(refused.headers["retry-after"]))
    except (KeyError, ValueError):
        return CONCURRENT_WAIT_S if refused.problem == "concurrent" else WINDOW_WAIT_S


def refusal(refused: Refused, *, writing: bool) -> DynamicsXeroError:
    """Return the error an answer means; a write that failed inside Xero has an unknown outcome."""
    status, request_id = refused.status, refused.request_id
    if status == 429:
        return ThrottledError(
            f"Xero's limit of calls is reached ({refused.problem or 'unnamed'}).",
            status=status,
            code=refused.problem,
            retry_after_s=retry_after_s(refused),
            request_id=request_id,
        )
    if status in (401, 403):
        return SignInError(_sign_in_words(refused), status=status, request_id=request_id)
    if status == 400:
        return _bad_request(refused)
    if status == 404:
        return RejectedError(
            "Xero does not know this record.", status=status, request_id=request_id
        )
    if status == 413:
        return RejectedError(
            "This is too much text for Xero to take in one piece.",
            status=status,
            request_id=request_id,
        )
    if status >= 500:
        return unclear("Xero answered with an error of its own.", writing=writing, status=status)
    if 300 <= status < 400:
        return UnavailableError("Xero redirected the call, which is not followed.", status=status)
    return RejectedError(
        f"Xero refused the call (HTTP {status}).", status=status, request_id=request_id
    )


def unclear(
    message: str, *, writing: bool, status: int | None = None
) -> LostAnswerError | UnavailableError:
    """Return the error for a call that Xero may have carried out: it matters only for a write."""
    kind = LostAnswerError if writing else UnavailableError
    return kind(message, status=status)


def transport(error: BaseException, *, writing: bool) -> DynamicsXeroError:
    """Return the error for a call that brought no answer."""
    if isinstance(error, _NOT_SENT):
        return UnavailableError("Xero cannot be reached.")
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return untrusted()
    return unclear("The connection to Xero broke before it answered.", writing=writing)


def untrusted() -> SignInError:
    """Return the error for a certificate nobody we trust has signed."""
    return SignInError(
        "The certificate of the Xero address is not trusted. Check api_url, identity_url and "
        "ca_file of the Xero connection.",
        code="certificate",
    )


def _sign_in_words(refused: Refused) -> str:
    detail = _detail(refused.body)
    if refused.status == 403:
        return (
            "Xero does not let this app into the organisation. Connect the app to it again (one "
            "that people let in: dynamics-xero auth xero), and check tenant_id of the Xero "
            "connection."
        )
    if detail.startswith("AuthorizationUnsuccessful"):
        return (
            "The Xero app lacks a scope. Give it accounting.contacts and accounting.settings in "
            "Xero's developer portal, then connect it again."
        )
    return "Xero does not accept the access token, not even a new one. Connect the app again."


def _detail(body: bytes) -> str:
    # Some captures spell the keys in lower case (xero.md section 1).
    try:
        document = parse(body)
    except ValueError:
        return ""
    return str(document.get("Detail") or document.get("detail") or "")


def _bad_request(refused: Refused) -> RejectedError:
    try:
        document = parse(refused.body)
    except ValueError:
        document = {}
    texts = element_texts(document.get("Elements")) or [str(document.get("Message") or "")]
    return RejectedError(
        " ".join(dict.fromkeys(sentence(text) for text in texts)),
        status=400,
        code=str(document.get("Type") or ""),
        request_id=refused.request_id,
    )


_NESTED = (list, dict)


def element_texts(elements: object) -> list[str]:
    """Return every message inside elements, those of their addresses and persons too."""
    found: list[str] = []
    if isinstance(elements, list):
        for element in elements:
            found += element_texts(element)
    elif isinstance(elements, dict):
        for key, value in elements.items():
            if key == "ValidationErrors" and isinstance(value, list):
                found += [str(row.get("Message", "")) for row in value if isinstance(row, dict)]
            elif isinstance(value, _NESTED):
                found += element_texts(value)
    return found
