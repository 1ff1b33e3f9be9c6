"""Log lines: what is ours as it is, what is another library's without what was filled into it."""

from __future__ import annotations

import copy
import logging
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from dynamics_xero.errors import DynamicsXeroError
from dynamics_xero.redact.incident import account, summary, words
from dynamics_xero.redact.redactor import MARK, Redactor

_OURS = ("dynamics_xero", "worker")
_TALKATIVE = ("celery", "kombu", "amqp", "urllib3", "msal", "xero_python", "sqlalchemy", "alembic")
"""They tell every message, call or statement, some with what is in it."""

_HARMLESS = re.compile(r"None|worker\.[a-z_]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Names of tasks, and ids."""


class RedactingFormatter(logging.Formatter):
    """Formats a log line, and hides what is secret or may be about a person."""

    def __init__(self, redactor: Redactor, layout: str) -> None:
        super().__init__(layout)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Return the finished line, with the traceback's places but without its words."""
        told = copy.copy(record)  # others may format the same record by rules of their own
        told.msg, told.args, told.exc_info, told.exc_text = spoken(record), (), None, None
        if record.exc_info and record.exc_info[1] is not None:
            told.exc_text = account(record.exc_info[1])
        return self._redactor.text(super().format(told))


class QuietHandler(logging.StreamHandler[TextIO]):
    """Writes lines; one that cannot be written is not told in Python's way, which shows it raw."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say where the line was to come from."""
        with suppress(OSError, ValueError):
            place = f"{record.name}, {record.module}:{record.lineno}"
            self.stream.write(f"A log line could not be written ({place}).\n")


def log_to_stderr(redactor: Redactor, *, layout: str, level: int) -> None:
    """Send the log to stderr through the one filter; other libraries' from warnings up."""
    handler = QuietHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(redactor, layout))
    handler.addFilter(_is_worth_telling)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def spoken(record: logging.LogRecord) -> str:
    """Return a record's message; what was filled into it only where that is harmless."""
    if isinstance(record.msg, BaseException):
        return summary(record.msg)
    template, args = str(record.msg), record.args
    if not args:
        return template
    try:
        if isinstance(args, Mapping):
            return template % {name: _filled(record, value) for name, value in args.items()}
        return template % tuple(_filled(record, value) for value in args)
    except (TypeError, ValueError, KeyError):
        return template


def _filled(record: logging.LogRecord, value: object) -> object:
    """Ours says ids and names of settings only (R38), other libraries whatever they hold."""
    if isinstance(value, BaseException):
        return words(value) if isinstance(value, DynamicsXeroError) else summary(value)
    harmless = isinstance(value, int | float) or _HARMLESS.fullmatch(str(value))
    return value if harmless or _is_ours(record) else MARK


def _is_worth_telling(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or _is_ours(record)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in _OURS
