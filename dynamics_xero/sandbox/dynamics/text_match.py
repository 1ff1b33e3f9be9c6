"""Text as Dataverse compares it where SQLite's own operators fall short (section 2, $filter).

SQLite folds the case of ASCII alone, and its LIKE knows no `[]`. The functions here do both, for
the filters that need them; all others keep to SQL, which can use an index.
"""

from __future__ import annotations

import re
import sqlite3
from functools import lru_cache

FOLD, MATCHES = "dataverse_fold", "dataverse_matches"


def needs_folding(text: str) -> bool:
    """Tell whether an equality with a text has to fold letters beyond ASCII."""
    return not text.isascii()


def needs_matching(pattern: str) -> bool:
    """Tell whether LIKE would read a pattern otherwise than the server does."""
    return "[" in pattern or not pattern.isascii()


def register_for(tx: sqlite3.Connection, condition: str) -> None:
    """Give a connection the functions a condition names; others keep their prepared statements."""
    if FOLD in condition:
        tx.create_function(FOLD, 1, _fold, deterministic=True)
    if MATCHES in condition:
        tx.create_function(MATCHES, 2, _matches, deterministic=True)


def _fold(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def _matches(text: str | None, pattern: str) -> bool | None:
    if text is None:
        return None
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = []
    for class_text, mark in re.findall(r"\[(\^?[^\]]+)\]|(.)", pattern, re.DOTALL):
        if class_text:
            pieces.append(_character_class(class_text))
        else:
            pieces.append({"%": ".*", "_": "."}.get(mark, re.escape(mark)))
    return re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)


def _character_class(text: str) -> str:
    negated, listed = ("^", text[1:]) if text.startswith("^") else ("", text)
    ranges = re.findall(r"(.)-(.)|(.)", listed, re.DOTALL)
    escaped = (
        f"{re.escape(low)}-{re.escape(high)}"
        if low and low <= high
        else re.escape(low + high + one)
        for low, high, one in ranges
    )
    return f"[{negated}{''.join(escaped)}]"
