"""Keep secrets out of texts, by two nets, since either alone has holes.

Known values wherever they stand, and values that stand behind the name of a secret (failures.md
section 4, "Secrets in logs").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

MARK = "[hidden]"
LEAST_LENGTH = 4
"""Shorter values are not searched for: they would blot out half of every text."""

_NAMES = (
    r"authorization|proxy-authorization|cookie|set-cookie|password|passwd|pwd|api[-_]?key|"
    r"(?:client|webhook|shared)[-_]?secret|secret|(?:access|refresh|id|bearer|csrf)[-_]?token|"
    r"token|client[-_]?assertion|code[-_]?verifier|sentry[-_]?dsn|private[-_]?key|dsn"
)
_NAME = re.compile(rf"(?:.*[-_.\s])?(?:{_NAMES})|key", re.IGNORECASE)
_NAMED = re.compile(
    rf"""((?:{_NAMES})[\\"']*\s*[:=]\s*[\\"']*(?:(?:bearer|basic)\s+)?)([^\s"'&,;}}\]]+)""",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?")
_URL_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+@")


class Redactor:
    """Replaces secrets in texts and in nested values."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {
            form
            for secret in secrets
            if len(secret) >= LEAST_LENGTH
            for form in (secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1])
        }
        # Longest first: a secret that begins with another one would leave its tail behind.
        ordered = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known is not None:
            text = self._known.sub(MARK, text)
        text = _JWT.sub(MARK, text)
        text = _NAMED.sub(rf"\g<1>{MARK}", text)
        text = _SCHEME.sub(rf"\g<1> {MARK}", text)
        return _URL_PASSWORD.sub(rf"\g<1>{MARK}@", text)

    def value(self, value: object) -> object:
        """Return the same nested value without secrets, told by its keys as well as its texts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        if isinstance(value, Mapping):
            return {
                self.value(name): MARK if _is_name(name) and item else self.value(item)
                for name, item in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        return value


def _is_name(name: object) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None
