"""Files attached to a contact (xero.md 5, Attachments): raw bytes under a name."""

from __future__ import annotations

import sqlite3
from urllib.parse import quote

from dynamics_xero.sandbox.web import Response
from dynamics_xero.sandbox.xero import envelope
from dynamics_xero.sandbox.xero.call import Call
from dynamics_xero.sandbox.xero.contacts import document as documents
from dynamics_xero.sandbox.xero.contacts import store
from dynamics_xero.sandbox.xero.contacts.store import Stored
from dynamics_xero.sandbox.xero.contacts.validate import guid
from dynamics_xero.sandbox.xero.contacts.write import ContactWriter
from dynamics_xero.sandbox.xero.errors import invalid, not_found

MOST = 10
_ANY_KIND = "application/octet-stream"
_TOO_MANY = "A document cannot have more than 10 attachments."
_EMPTY = "The attachment has no content."


def list_attachments(call: Call) -> Response:
    """Answer GET /Contacts/{ContactID}/Attachments."""
    with call.endpoint.database.read() as tx:
        contact_id = _contact(tx, call.keys[0]).contact_id
        rows = tx.execute(
            "SELECT * FROM attachment WHERE contact_id = ? ORDER BY rowid", (contact_id,)
        ).fetchall()
    response = _answer(call, rows)
    response.rows_read = len(rows)
    return response


def content(call: Call) -> Response:
    """Answer GET /Contacts/{ContactID}/Attachments/{AttachmentID or FileName}: the bytes."""
    with call.endpoint.database.read() as tx:
        contact_id = _contact(tx, call.keys[0]).contact_id
        row = tx.execute(
            "SELECT * FROM attachment WHERE contact_id = ? AND (attachment_id = ? OR name = ?)",
            (contact_id, guid(call.keys[1]), call.keys[1]),
        ).fetchone()
    if row is None:
        raise not_found()
    response = Response(200, row["content"], {"Content-Type": row["kind"]})
    response.rows_read = 1
    return response


def attach(call: Call, tx: sqlite3.Connection) -> Response:
    """Answer PUT and POST of a file: the same name again replaces the old content."""
    contact, name = _contact(tx, call.keys[0]), call.keys[1]
    if not call.request.body:
        raise invalid(_EMPTY)
    names = {
        row["name"]: row["attachment_id"]
        for row in tx.execute(
            "SELECT * FROM attachment WHERE contact_id = ?", (contact.contact_id,)
        )
    }
    if len(names) >= MOST and name not in names:
        raise invalid(_TOO_MANY)
    kind = call.request.headers.get("content-type", "") or _ANY_KIND
    attachment_id = names.get(name) or call.endpoint.new_id()
    tx.execute(
        "INSERT OR REPLACE INTO attachment VALUES (?, ?, ?, ?, ?)",
        (attachment_id, contact.contact_id, name, kind, call.request.body),
    )
    writer = ContactWriter.of(call.endpoint, tx, call.author)
    writer.keep(contact, documents.changed(contact.document, {"HasAttachments": True}))
    rows = tx.execute(
        "SELECT * FROM attachment WHERE attachment_id = ?", (attachment_id,)
    ).fetchall()
    response = _answer(call, rows)
    response.rows_written = 1
    return response


def clear(tx: sqlite3.Connection) -> None:
    """Forget every file."""
    tx.execute("DELETE FROM attachment")


def _contact(tx: sqlite3.Connection, key: str) -> Stored:
    contact_id = guid(key)
    found = store.by_id(tx, contact_id) if contact_id else None
    if found is None:
        raise not_found()
    return found


def _answer(call: Call, rows: list[sqlite3.Row]) -> Response:
    return envelope.answer(
        call.endpoint, "Attachments", [envelope.text_of(_form(call, row)) for row in rows]
    )


def _form(call: Call, row: sqlite3.Row) -> dict[str, object]:
    root = f"{call.request.base_url}/api.xro/2.0/Contacts/{row['contact_id']}/Attachments"
    return {
        "AttachmentID": row["attachment_id"],
        "FileName": row["name"],
        "Url": f"{root}/{quote(row['name'])}",
        "MimeType": row["kind"],
        "ContentLength": len(row["content"]),
    }
