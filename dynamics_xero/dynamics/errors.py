"""What Dataverse refuses, translated once into the package's errors (dataverse.md section 0)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from dynamics_xero.errors import (
    ConflictError,
    DynamicsXeroError,
    LostAnswerError,
    MissingColumnError,
    RejectedError,
    SignInError,
    ThrottledError,
    UnavailableError,
)

ROW_NOT_FOUND = "0x80040217"
DUPLICATES = frozenset({"0x80040237", "0x80060892", "0x80040333"})
PLUGIN_REFUSED = "0x80040265"
TEXT_TOO_LONG = "0x80044331"
ROW_RIGHT_MISSING = "0x80048306"

DEFAULT_WAIT_S = 10.0
LONGEST_WAIT_S = 3600.0

_MAX_REMOTE_TEXT = 300
_MISSING = re.compile(
    r"find a property named '([^']+)'|property '([^']+)' does not exist on type"
    r"|Invalid property '([^']+)' was found in entity"
)
_UNDECLARED = re.compile(r"undeclared property '([^']+)'")
_UNTRACKED = re.compile(r"change tracking is not enabled", re.IGNORECASE)
_LENGTH = re.compile(r"length of the '([^']+)' attribute .* maximum allowed length of '(\d+)'")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not a success: of a whole call, or of one part of a $batch."""

    status: int
    code: str
    message: str
    request_id: str
    retry_after_s: float | None


def read_refusal(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Refusal:
    """Read an error answer; a body that is no Dataverse error leaves code and message empty."""
    code, message = _read_error(body)
    request_id = (
        headers.get("x-ms-service-request-id")
        or headers.get("req_id")
        or headers.get("x-ms-request-id")
        or ""
    )
    wait_s = _read_wait(headers.get("retry-after"), now=now)
    return Refusal(status, code, message, request_id, wait_s)


def translate(refusal: Refusal, *, is_write: bool) -> DynamicsXeroError:
    """Return the error that says what to do next.

    is_write: the refusal answers a whole call that writes, so a server's fault may have come
    after some of it was carried out. A part of a $batch is a transaction of its own: not a write.
    """
    kind, text = _judge(refusal, is_write=is_write)
    return kind(
        text,
        status=refusal.status,
        code=refusal.code,
        request_id=refusal.request_id,
        retry_after_s=refusal.retry_after_s if kind in _WAITING else None,
    )


_WAITING = (ThrottledError, UnavailableError)


def _judge(refusal: Refusal, *, is_write: bool) -> tuple[type[DynamicsXeroError], str]:
    status = refusal.status
    if status == 429:
        return ThrottledError, "Dynamics asks to wait: its service protection limit is reached."
    if status in (401, 403):
        return _judge_access(refusal)
    if status == 404:
        return _judge_absence(refusal)
    if status == 412:
        return _judge_precondition(refusal)
    if status in (408, 503) or 300 <= status < 400:
        return UnavailableError, "Dynamics did not take the call."
    if status >= 500:
        if is_write:
            return LostAnswerError, "Dynamics failed while it wrote; the outcome is unknown."
        return UnavailableError, "Dynamics failed to answer."
    return _judge_content(refusal)


def _judge_access(refusal: Refusal) -> tuple[type[DynamicsXeroError], str]:
    if refusal.status == 401:
        return SignInError, (
            "Dynamics does not accept the token. Check that the application user exists and is "
            "enabled in this environment, and that url names the right one."
        )
    if refusal.code == ROW_RIGHT_MISSING:
        return RejectedError, (
            "The connector may not change this record in Dynamics. Please ask your administrator "
            "to share it with the connector's application user."
        )
    return SignInError, (
        "The application user lacks a privilege in Dynamics. Add it to its security role: "
        + _quote(refusal.message)
    )


def _judge_absence(refusal: Refusal) -> tuple[type[DynamicsXeroError], str]:
    if is_row_missing(refusal):
        return RejectedError, "The record no longer exists in Dynamics."
    return MissingColumnError, (
        "Dynamics does not know the table or address asked for. Run `dynamics-xero provision "
        "apply` and check url: " + _quote(refusal.message)
    )


def is_row_missing(refusal: Refusal) -> bool:
    """Tell whether a 404 is about the row, not about the table or the address."""
    named = refusal.message.casefold()
    return refusal.status == 404 and (
        refusal.code == ROW_NOT_FOUND or "does not exist" in named or "do not exist" in named
    )


def _judge_precondition(refusal: Refusal) -> tuple[type[DynamicsXeroError], str]:
    exists = "already exists" in refusal.message or "duplicate" in refusal.message.casefold()
    if refusal.code in DUPLICATES or exists:
        return RejectedError, "Dynamics already holds a record with the same key."
    return ConflictError, "The record was changed in Dynamics meanwhile."


def _judge_content(refusal: Refusal) -> tuple[type[DynamicsXeroError], str]:
    missing = _MISSING.search(refusal.message) or _UNDECLARED.search(refusal.message)
    if missing:
        name = next(group for group in missing.groups() if group)
        return MissingColumnError, (
            f"Dynamics has no column {name} here. Run `dynamics-xero provision apply`, or correct "
            "the mapping."
        )
    if _UNTRACKED.search(refusal.message):
        return MissingColumnError, (
            "Change tracking is off for a table. Run `dynamics-xero provision apply`."
        )
    too_long = _LENGTH.search(refusal.message)
    if refusal.code == TEXT_TOO_LONG and too_long:
        column, limit = too_long.groups()
        return RejectedError, f"Dynamics allows {limit} characters in {column}. Please shorten it."
    if refusal.code == PLUGIN_REFUSED:
        return RejectedError, _quote(refusal.message)
    if refusal.status == 413:
        return RejectedError, "Dynamics finds the call too large."
    return RejectedError, "Dynamics says: " + _quote(refusal.message)


def _quote(text: str) -> str:
    """Return remote text fit for a person: one line, bounded, printable."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line[:_MAX_REMOTE_TEXT] or "no reason was given."


def _read_error(body: bytes) -> tuple[str, str]:
    try:
        error = json.loads(body)["error"]
        return str(error.get("code") or ""), str(error.get("message") or "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "", ""


def _read_wait(text: str | None, *, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header in either of its forms, within bounds."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return DEFAULT_WAIT_S
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    if math.isnan(seconds):
        return DEFAULT_WAIT_S
    return min(max(seconds, 0.0), LONGEST_WAIT_S)
