"""The one filter behind logs, errors, Sentry and broker (R38).

Secrets are found by value and by name (`redactor`). Names, bank numbers and all else that records
hold cannot be known beforehand, so texts that may hold them do not leave at all: an exception goes
out as its kind, its place and its facts (`incident`), another library's log line without what was
filled into it (`lines`).
"""

from __future__ import annotations

from dynamics_xero.redact.incident import account, summary
from dynamics_xero.redact.lines import RedactingFormatter, log_to_stderr, spoken
from dynamics_xero.redact.redactor import LEAST_LENGTH, MARK, Redactor

__all__ = [
    "LEAST_LENGTH",
    "MARK",
    "RedactingFormatter",
    "Redactor",
    "account",
    "log_to_stderr",
    "spoken",
    "summary",
]
