"""History of a contact: what was done to it, and notes; only ever appended (xero.md 5, History)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.people import CONNECTOR
from dynamics_xero.sandbox.web import Response
from dynamics_xero.sandbox.xero import envelope
from dynamics_xero.sandbox.xero.call import Author, Call
from dynamics_xero.sandbox.xero.contacts import store
from dynamics_xero.sandbox.xero.contacts.texts import text_of
from dynamics_xero.sandbox.xero.contacts.validate import guid
from dynamics_xero.sandbox.xero.dates import milliseconds, ms_date
from dynamics_xero.sandbox.xero.errors import (
    RefusedError,
    exception,
    validation_failed,
)
from dynamics_xero.sandbox.xero.switches import HISTORY_DETAILS_LENGTH

_PROGRAM = "System Generated"
_NO_DOCUMENT = "The document with the supplied id was not found for this endpoint."
_NO_DETAILS = "The Details field must be specified."
_WORDS = {
    "create": "Created",
    "update": "Edited",
    "archive": "Archived",
    "restore": "Unarchived",
}


def list_history(call: Call) -> Response:
    """Answer GET /Contacts/{ContactID}/History, newest first."""
    with call.endpoint.database.read() as tx:
        contact_id = _contact_id(tx, call.keys[0])
        rows = tx.execute(
            "SELECT * FROM history WHERE contact_id = ? ORDER BY seq DESC", (contact_id,)
        ).fetchall()
    elements = [envelope.text_of(_form(row)) for row in rows]
    response = envelope.answer(call.endpoint, "HistoryRecords", elements)
    response.rows_read = len(rows)
    return response


def add_notes(call: Call, tx: sqlite3.Connection) -> Response:
    """Answer PUT /Contacts/{ContactID}/History."""
    contact_id = _contact_id(tx, call.keys[0])
    sent = call.elements("HistoryRecords", "HistoryRecord")
    details = [text_of(entry.get("Details")) for entry in sent]
    wrong = [
        {**_echo(entry), "ValidationErrors": [{"Message": message}]}
        for entry, text in zip(sent, details, strict=True)
        if (message := _objection(call.endpoint, text))
    ]
    if wrong:
        return validation_failed(wrong)
    now = milliseconds(call.endpoint.clock.now())
    rows = [_append(tx, contact_id, "Note", text, call.author, now) for text in details]
    elements = [
        envelope.text_of({**_written(row), "ValidationErrors": []})
        for row in (_row(tx, number) for number in rows)
    ]
    response = envelope.answer(call.endpoint, "HistoryRecords", elements)
    response.rows_written = len(rows)
    return response


def note_change(
    tx: sqlite3.Connection, contact_id: str, action: str, author: Author, at: int
) -> None:
    """Append what a write did to a contact; the words are the twin's, after Xero's samples."""
    word = _WORDS[action]
    how = "on the screen" if author.method == "SCREEN" else "through the Xero API"
    details = f"{word} {how} using {envelope.PROVIDER}"
    _append(tx, contact_id, f"Contact {word}", details, author, at)


def clear(tx: sqlite3.Connection) -> None:
    """Forget everything."""
    tx.execute("DELETE FROM history")


def _append(
    tx: sqlite3.Connection, contact_id: str, changes: str, details: str, author: Author, at: int
) -> int:
    user = _PROGRAM if author.actor == CONNECTOR else author.actor
    cursor = tx.execute(
        "INSERT INTO history (contact_id, at, changes, user, details) VALUES (?, ?, ?, ?, ?)",
        (contact_id, at, changes, user, details),
    )
    return int(cursor.lastrowid or 0)


def _row(tx: sqlite3.Connection, number: int) -> sqlite3.Row:
    row: sqlite3.Row = tx.execute("SELECT * FROM history WHERE seq = ?", (number,)).fetchone()
    return row


def _form(row: sqlite3.Row) -> dict[str, object]:
    at = datetime.fromtimestamp(row["at"] / 1000, UTC)
    return {
        "Changes": row["changes"],
        "DateUTCString": f"{at:%Y-%m-%dT%H:%M:%S}",
        "DateUTC": ms_date(row["at"]),
        "User": row["user"],
        "Details": row["details"],
    }


def _written(row: sqlite3.Row) -> dict[str, object]:
    """Return what a PUT shows of a record: less than a GET does (OAS, example)."""
    form = _form(row)
    return {name: form[name] for name in ("DateUTCString", "DateUTC", "Details")}


def _contact_id(tx: sqlite3.Connection, key: str) -> str:
    contact_id = guid(key)
    if contact_id is None or store.by_id(tx, contact_id) is None:
        # In the catalogue of messages, xero.md 4: refused with 400, not with 404.
        raise RefusedError(exception(10, "ValidationException", _NO_DOCUMENT))
    return contact_id


def _objection(endpoint: Endpoint, details: str) -> str | None:
    limit = int(endpoint.switches.get(HISTORY_DETAILS_LENGTH.name))
    if not details:
        return _NO_DETAILS
    if len(details) > limit:
        return f"The Details field must not be longer than {limit} characters."
    return None


def _echo(entry: Mapping[str, object]) -> dict[str, object]:
    return {field: value for field, value in entry.items() if value is not None}
