"""What it means in plain words when the database cannot do its work: a full disk and the like.

These are troubles of the machine, not of a query of ours, so whoever runs us is told in a sentence.
What was not committed is not there, and no call leaves before its request is (R21), so that it goes
on where it was.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

_FULL = (
    "The disk of the database is full, so nothing more is done: what cannot be written down is not "
    "sent either. Free some space, then run this again: it goes on where it was."
)
_CAUSES = {
    "SQLITE_FULL": _FULL,
    "53100": _FULL,
    "SQLITE_IOERR": "The database file cannot be read or written. Is its disk full, or failing?",
    "SQLITE_READONLY": "The database file cannot be written. May this user write in its folder?",
    "SQLITE_BUSY": "Another program has kept the database locked for too long. End it.",
    "SQLITE_CORRUPT": "The database file is damaged. Put a backup in its place.",
    "SQLITE_NOTADB": "The file that `state` names is no database.",
    "SQLITE_CANTOPEN": "The database file cannot be opened. Does its folder exist, and may this "
    "user write there?",
    "08": "The database server cannot be reached. Is it running?",
    "53": "The database server has nothing left to work with: connections, memory or disk.",
    "57": "The database server is shutting down, or has ended our connection.",
}
"""By SQLite's name of the error, or by SQLSTATE (or its first two characters, its class)."""

_PASSING = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY", "53", "57")

_OTHER = "The database does not work. Is it running, and is its disk full?"


def told(error: DBAPIError) -> str:
    """Return the sentence for a failure that is no defect."""
    known = [text for code, text in _CAUSES.items() if _name(error).startswith(code)]
    return known[0] if known else _OTHER


def passes(error: DBAPIError) -> bool:
    """Say whether it is over once the machine is well again, whatever the settings say."""
    return _name(error).startswith(_PASSING)


def _name(error: DBAPIError) -> str:
    name = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    return str(name or "")
