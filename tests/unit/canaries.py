"""Thirty canaries and the kinds of exception that carry them; none may ever leave.

A canary is found by its core, which no way of quoting or encoding text changes.
"""

from __future__ import annotations

import base64
import errno
import json
import socket
import sqlite3
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import celery.exceptions
import click
import kombu.exceptions
import marshmallow
import msal.exceptions
import psycopg
import requests
import sqlalchemy.exc
import urllib3
import xero_python.exceptions
from cryptography.fernet import InvalidToken
from urllib3 import exceptions as wire

from dynamics_xero import errors
from dynamics_xero.settings import Settings
from tests.unit.settings_cases import KEY, read


@dataclass(frozen=True)
class Canary:
    """What is planted: where it lies, the text it lies in, and the part to look for."""

    place: str
    text: str
    core: str


def _told(place: str, form: str, count: int) -> list[Canary]:
    """Return canaries whose text is the form with the core put in."""
    cores = [f"cnry{place.lower()}{number}q7x" for number in range(count)]
    return [Canary(place, form.format(core), core) for core in cores]


SETTINGS = [
    *_told("Settings", "client_secret {} was refused", 2),
    *_told("Password", "could not reach https://app:{}@db.example/x", 3),
    Canary("Settings", f"the key {KEY}", KEY),
    *_told("Dsn", "https://{}@sentry.example/1", 1),
]
TOKENS = [
    *_told("Access", "'access_token': '{}'", 1),
    *_told("Refresh", "refresh_token={}&grant_type=refresh_token", 2),
    *_told("Id", '{{"id_token": "{}"}}', 1),
    *_told("Jwt", "token eyJhbGciOiJSUzI1NiJ9.{}.c2lnbg", 1),
    *_told("Verifier", "code_verifier={}", 1),
    *_told("Assertion", "client_assertion={}", 1),
]
HEADERS = [
    *_told("Bearer", "Authorization: Bearer {}", 1),
    *_told("Basic", "'Proxy-Authorization': 'Basic {}=='", 1),
    *_told("Cookie", "Set-Cookie: {}; Path=/", 1),
    *_told("Signature", "x-api-key: {}", 1),
]
NAMES = [
    *_told("Company", "{} Tea & Spices Ltd", 2),
    *_told("Person", "Ada {}", 2),
    *_told("Mail", "{}@harbour.example", 2),
    *_told("Street", "12 {} Street", 1),
]
BANK = [
    Canary("Bank", "12-3456-9907001-00", "12-3456-9907001-00"),
    Canary("Bank", "DE89370400449907002300", "DE89370400449907002300"),
    Canary("Bank", "BSB 062-990 account 99070034", "99070034"),
    *_told("Payee", "account of {}", 1),
    *_told("Tax", "GB{}", 1),
]
SECRET = [*SETTINGS, *TOKENS, *HEADERS]
PERSONAL = [*NAMES, *BANK]
CANARIES = [*SECRET, *PERSONAL]


def found(text: str | bytes) -> set[str]:
    """Return the cores of the canaries in a text, however it is quoted."""
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return {one.core for one in CANARIES if one.core in shown or quote(one.core) in shown}


def planted(folder: Path) -> Settings:
    """Return settings that hold the first seven canaries."""
    first, second, *passwords = [one.core for one in SETTINGS[:5]]
    main = "connections__main__"
    return read(
        folder,
        {
            "DYNAMICS_XERO_CONNECTIONS__MAIN__DYNAMICS__CLIENT_SECRET": first,
            "DYNAMICS_XERO_CONNECTIONS__MAIN__XERO__CLIENT_SECRET": second,
        },
        state=f"postgresql+psycopg://app:{passwords[0]}@db.example/x",
        broker=f"amqp://app:{passwords[1]}@mq.example//",
        sentry_dsn=f"https://{SETTINGS[6].core}@sentry.example/1",
        **{f"{main}xero__proxy": f"http://app:{passwords[2]}@proxy.example:8080"},
    )


def text_of(canaries: list[Canary]) -> str:
    """Return one text that holds them all."""
    return " | ".join(one.text for one in canaries)


ALL, SECRETS = text_of(CANARIES), text_of(SECRET)


def _answer() -> urllib3.HTTPResponse:
    headers = {"Set-Cookie": HEADERS[2].text}
    return urllib3.HTTPResponse(body=ALL.encode(), headers=headers, status=400, reason=ALL)


def _pool() -> Any:
    return urllib3.HTTPConnectionPool("localhost")


OURS: Mapping[str, Callable[[], BaseException]] = {
    "ThrottledError": lambda: errors.ThrottledError(SECRETS, code="minute", retry_after_s=3),
    "UnavailableError": lambda: errors.UnavailableError(SECRETS, request_id=SECRETS),
    "LostAnswerError": lambda: errors.LostAnswerError(SECRETS),
    "LockedError": lambda: errors.LockedError(SECRETS),
    "CursorExpiredError": lambda: errors.CursorExpiredError(SECRETS),
    "SignInError": lambda: errors.SignInError(SECRETS, code=SECRETS, status=401),
    "MissingColumnError": lambda: errors.MissingColumnError(SECRETS),
    "WrongEndpointError": lambda: errors.WrongEndpointError(SECRETS),
    "SettingsError": lambda: errors.SettingsError([SECRETS, SECRETS]),
}
"""About the connection: sentences of ours, so nobody's name is in them; of secrets all are."""

RECORD: Mapping[str, Callable[[], BaseException]] = {
    "MappingError": lambda: errors.MappingError([ALL, ALL]),
    "RejectedError": lambda: errors.RejectedError(ALL, status=400, code=SECRETS),
    "ConflictError": lambda: errors.ConflictError(ALL),
}
"""About a record: the terminal of whoever asked may show it, log and Sentry may not."""

FOREIGN: Mapping[str, Callable[[], BaseException]] = {
    "requests.ConnectionError": lambda: requests.ConnectionError(ALL),
    "requests.HTTPError": lambda: requests.HTTPError(ALL),
    "requests.SSLError": lambda: requests.exceptions.SSLError(ALL),
    "requests.ReadTimeout": lambda: requests.ReadTimeout(ALL),
    "requests.InvalidURL": lambda: requests.exceptions.InvalidURL(ALL),
    "requests.JSONDecodeError": lambda: requests.JSONDecodeError(ALL, ALL, 0),
    "urllib3.MaxRetryError": lambda: wire.MaxRetryError(_pool(), ALL, OSError(ALL)),
    "urllib3.ReadTimeoutError": lambda: wire.ReadTimeoutError(_pool(), ALL, ALL),
    "urllib3.ProtocolError": lambda: wire.ProtocolError(ALL, OSError(ALL)),
    "urllib3.LocationParseError": lambda: wire.LocationParseError(ALL),
    "sqlalchemy.OperationalError": lambda: sqlalchemy.exc.OperationalError(
        ALL, {"name": ALL}, sqlite3.OperationalError(ALL)
    ),
    "sqlalchemy.IntegrityError": lambda: sqlalchemy.exc.IntegrityError(
        ALL, [{"name": ALL}], psycopg.errors.UniqueViolation(ALL)
    ),
    "sqlalchemy.ArgumentError": lambda: sqlalchemy.exc.ArgumentError(ALL),
    "sqlite3.IntegrityError": lambda: sqlite3.IntegrityError(ALL),
    "psycopg.OperationalError": lambda: psycopg.OperationalError(ALL),
    "msal.MsalServiceError": lambda: msal.exceptions.MsalServiceError(
        ALL, error=ALL, error_description=ALL
    ),
    "xero_python.HTTPStatusException": lambda: xero_python.exceptions.HTTPStatusException(
        status=400, reason=ALL, http_resp=None
    ),
    "xero_python.OAuth2InvalidGrantError": lambda: xero_python.exceptions.OAuth2InvalidGrantError(
        ALL
    ),
    "xero_python.ApiValueError": lambda: xero_python.exceptions.ApiValueError(ALL),
    "celery.Reject": lambda: celery.exceptions.Reject(ALL, requeue=False),
    "celery.MaxRetriesExceededError": lambda: celery.exceptions.MaxRetriesExceededError(ALL),
    "celery.WorkerLostError": lambda: celery.exceptions.WorkerLostError(ALL),
    "kombu.OperationalError": lambda: kombu.exceptions.OperationalError(ALL),
    "kombu.DecodeError": lambda: kombu.exceptions.DecodeError(ALL),
    "json.JSONDecodeError": lambda: json.JSONDecodeError(ALL, ALL, 3),
    "ssl.SSLError": lambda: ssl.SSLError(1, ALL),
    "ssl.SSLCertVerificationError": lambda: ssl.SSLCertVerificationError(1, ALL),
    "socket.gaierror": lambda: socket.gaierror(socket.EAI_NONAME, ALL),
    "marshmallow.ValidationError": lambda: marshmallow.ValidationError(
        {"name": [ALL]}, data={"n": ALL}
    ),
    "cryptography.InvalidToken": lambda: InvalidToken(ALL),
    "click.UsageError": lambda: click.UsageError(SECRETS),
    "OSError": lambda: OSError(errno.ENOSPC, ALL, ALL),
    "ConnectionResetError": lambda: ConnectionResetError(errno.ECONNRESET, ALL),
    "TimeoutError": lambda: TimeoutError(ALL),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", ALL.encode(), 0, 1, ALL),
    "KeyError": lambda: KeyError(ALL),
    "ValueError": lambda: ValueError(ALL, {"name": ALL}),
    "RuntimeError": lambda: RuntimeError(ALL),
    "RecursionError": lambda: RecursionError(ALL),
    "ExceptionGroup": lambda: ExceptionGroup(ALL, [ValueError(ALL), KeyError(ALL)]),
}


def raw(file: Path) -> bytes:
    """Return a database's bytes, with what is not checkpointed yet."""
    files = [file, file.with_name(f"{file.name}-wal")]
    return b"".join(one.read_bytes() for one in files if one.exists())


def messages(file: Path) -> list[bytes]:
    """Return the messages in the embedded broker's file, each with its body, which is base64."""
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT payload FROM kombu_message").fetchall()
    return [row.encode() + base64.b64decode(json.loads(row)["body"]) for (row,) in rows]


KINDS = {**OURS, **RECORD, **FOREIGN}


def fail(kind: str) -> None:
    """Raise one, with canaries in its cause, its context, its notes and the locals around it."""
    planted_here = {"secrets": SECRETS, "row": ALL, "answer": _answer()}
    error = KINDS[kind]()
    error.add_note(ALL)
    try:
        raise LookupError(ALL, len(planted_here))
    except LookupError:
        try:
            raise ConnectionError(ALL)
        except ConnectionError as before:
            before.add_note(ALL)
            raise error from before
