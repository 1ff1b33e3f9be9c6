"""Contacts as rows: finding, putting and changing them inside one transaction."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from dynamics_xero.sandbox.xero.contacts.document import Document, search_text

_COLUMNS = (
    "contact_id, number, name_key, archived, status, updated, name, email, account_number, "
    "search, document"
)


@dataclass(frozen=True)
class Stored:
    """One contact as the database holds it."""

    seq: int
    contact_id: str
    archived: bool
    document: Document

    @property
    def active(self) -> bool:
        """Tell whether it counts for the uniqueness of names."""
        return self.document["ContactStatus"] == "ACTIVE"


def by_id(tx: sqlite3.Connection, contact_id: str) -> Stored | None:
    """Find a contact by ContactID."""
    return _first(tx, "contact_id = ?", contact_id)


def by_number(tx: sqlite3.Connection, number: str) -> Stored | None:
    """Find a contact by ContactNumber."""
    return _first(tx, "number = ?", number)


def by_name_key(tx: sqlite3.Connection, key: str) -> list[Stored]:
    """Find the contacts whose names are equal in the loosest fold, oldest first."""
    rows = tx.execute("SELECT * FROM contact WHERE name_key = ? ORDER BY seq", (key,))
    return [_stored(row) for row in rows]


def insert(tx: sqlite3.Connection, document: Document, updated: int) -> None:
    """Add a contact."""
    tx.execute(
        f"INSERT INTO contact ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - constants
        _row(document, updated),
    )


def update(tx: sqlite3.Connection, document: Document, updated: int) -> None:
    """Put a contact's new form in place of the old one."""
    tx.execute(
        "UPDATE contact SET number = ?, name_key = ?, archived = ?, status = ?, updated = ?, "
        "name = ?, email = ?, account_number = ?, search = ?, document = ? WHERE contact_id = ?",
        (*_row(document, updated)[1:], document["ContactID"]),
    )


def show(tx: sqlite3.Connection, document: Document) -> None:
    """Keep a contact's new form without counting it as a change: nothing else of it moves."""
    tx.execute(
        "UPDATE contact SET document = ? WHERE contact_id = ?",
        (_text(document), document["ContactID"]),
    )


def clear(tx: sqlite3.Connection) -> None:
    """Forget every contact."""
    tx.execute("DELETE FROM contact")


def name_key(name: str) -> str:
    """Return the loosest fold: whatever any position of the switch finds equal is equal here."""
    return " ".join(name.casefold().split())


def document_of(text: str) -> Document:
    """Return a stored document."""
    document: Document = json.loads(text)
    return document


def _row(document: Document, updated: int) -> tuple[object, ...]:
    name = str(document["Name"])
    return (
        document["ContactID"],
        document.get("ContactNumber"),
        name_key(name),
        int(document["ContactStatus"] == "ARCHIVED"),
        document["ContactStatus"],
        updated,
        name,
        document["EmailAddress"] or None,
        document.get("AccountNumber"),
        search_text(document),
        _text(document),
    )


def _text(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _first(tx: sqlite3.Connection, condition: str, value: str) -> Stored | None:
    row = tx.execute(f"SELECT * FROM contact WHERE {condition}", (value,)).fetchone()  # noqa: S608 - constants
    return None if row is None else _stored(row)


def _stored(row: sqlite3.Row) -> Stored:
    return Stored(
        row["seq"], row["contact_id"], bool(row["archived"]), document_of(row["document"])
    )
