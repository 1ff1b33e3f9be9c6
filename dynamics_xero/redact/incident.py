"""An exception as it may leave this process: its kind, its place, its facts, not its words.

Words of other people's exceptions, and of ours that are about a record, hold names, bank numbers:
those belong in the remark and the history, nowhere else. Facts are numbers and codes that the
operating system, TLS or the database give out, and sentences of ours that are about the connection.
"""

from __future__ import annotations

import os
import re
import ssl
import traceback
from collections.abc import Iterator

from dynamics_xero.errors import DynamicsXeroError, RecordError

_DATABASE_CODE = re.compile(r"SQLITE_[A-Z_]{2,40}|[0-9A-Z]{5}")
_TLS_REASON = re.compile(r"[A-Z][A-Z_]{5,60}")
_HIDDEN = "what is said of the record stands in its Remark"
_CAUSED = "\nThat led to:\n\n"


def summary(error: BaseException) -> str:
    """Return one line: the exception's kind, and what may be said of it."""
    kind = type(error)
    home = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    said = words(error)
    return f"{home}{kind.__qualname__}: {said}" if said else f"{home}{kind.__qualname__}"


def words(error: BaseException) -> str:
    """Return what may be said of an exception beside its kind, "" when nothing may."""
    if isinstance(error, RecordError):
        facts = (("HTTP", error.status), ("code", error.code), ("request", error.request_id))
        known = ", ".join(f"{name} {value}" for name, value in facts if value)
        return f"{_HIDDEN} ({known})" if known else _HIDDEN
    if isinstance(error, DynamicsXeroError):
        return str(error)
    below = getattr(error, "orig", None)
    if isinstance(below, BaseException) and getattr(below, "orig", None) is None:
        return summary(below)  # SQLAlchemy's own text repeats the statement
    return _code(error)


def _code(error: BaseException) -> str:
    for name in ("sqlite_errorname", "sqlstate"):
        code = getattr(error, name, None)
        if isinstance(code, str) and _DATABASE_CODE.fullmatch(code):
            return code
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None)  # only TLS itself sets it
        return reason if isinstance(reason, str) and _TLS_REASON.fullmatch(reason) else ""
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return os.strerror(error.errno)
    return ""


def account(error: BaseException) -> str:
    """Return a traceback of the whole chain, with places and facts, without words."""
    return _CAUSED.join(
        f"Traceback (most recent call last):\n{''.join(traceback.format_tb(one.__traceback__))}"
        f"{summary(one)}\n"
        for one in reversed(list(chain(error)))
    ).rstrip("\n")


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and everything that led to it, each once, the members of groups too."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        members = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        before = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        waiting += [*members, before]
