"""GET of contacts: lists, pages, one by id or number (xero.md 3, Reading)."""

from __future__ import annotations

import sqlite3

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Response
from dynamics_xero.sandbox.xero import envelope
from dynamics_xero.sandbox.xero.call import Call
from dynamics_xero.sandbox.xero.contacts import fields, store
from dynamics_xero.sandbox.xero.contacts.document import Document, without
from dynamics_xero.sandbox.xero.contacts.query import Selection, select
from dynamics_xero.sandbox.xero.contacts.validate import guid
from dynamics_xero.sandbox.xero.errors import no_value, not_found
from dynamics_xero.sandbox.xero.paging import Page, page_of

# Less than this fraction of all contacts is few.
_FEW = 5


def list_contacts(call: Call) -> Response:
    """Answer GET /Contacts; without a page it gives summaries only."""
    endpoint, request = call.endpoint, call.request
    selection = select(request, endpoint)
    page = page_of(envelope.parameters(request))
    summary = envelope.truth(request, "summaryOnly", default=False)
    with endpoint.database.read() as tx:
        _check_tested(tx, selection)
        items = _count(tx, selection)
        texts = _texts(tx, selection, page, items)
    if summary or page is None:
        shown = (fields.SUMMARY_TOO if summary else frozenset()) | (
            fields.PAGED_TOO if page is not None else frozenset()
        )
        left_out = fields.WHOLE_ONLY - shown
        texts = [envelope.text_of(without(store.document_of(text), left_out)) for text in texts]
    response = envelope.answer(
        endpoint, "Contacts", texts, None if page is None else page.pagination(items)
    )
    response.rows_read = len(texts)
    return response


def one_contact(call: Call) -> Response:
    """Answer GET /Contacts/{ContactID or ContactNumber}: a list of one, archived or not."""
    endpoint, key = call.endpoint, call.keys[0]
    contact_id = guid(key)
    with endpoint.database.read() as tx:
        found = store.by_id(tx, contact_id) if contact_id else None
        found = found or store.by_number(tx, key)
    if found is None:
        raise not_found()
    response = envelope.answer(endpoint, "Contacts", [envelope.text_of(found.document)])
    response.rows_read = 1
    return response


def dump(endpoint: Endpoint, *, after: int, limit: int) -> tuple[list[Document], int | None]:
    """Return contacts in the order of their creation, archived ones too."""
    with endpoint.database.read() as tx:
        rows = tx.execute(
            "SELECT seq, document FROM contact WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, limit + 1),
        ).fetchall()
    documents = [store.document_of(row["document"]) for row in rows[:limit]]
    return documents, rows[limit - 1]["seq"] if len(rows) > limit else None


def _texts(
    tx: sqlite3.Connection, selection: Selection, page: Page | None, items: int
) -> list[str]:
    """Return the documents; a page far down is found on the index before rows are touched."""
    limit, offset = (-1, 0) if page is None else (page.size, page.offset)
    newest = int(tx.execute("SELECT COALESCE(MAX(seq), 0) FROM contact").fetchone()[0])
    order = selection.order(walk_index=items * _FEW >= newest)
    rows = tx.execute(
        "SELECT document FROM (SELECT seq AS wanted FROM contact "  # noqa: S608 - from declared fields
        f"WHERE {selection.condition.sql} ORDER BY {order} LIMIT ? OFFSET ?) "
        f"JOIN contact ON contact.seq = wanted ORDER BY {order}",
        (*selection.condition.arguments, limit, offset),
    )
    return [row["document"] for row in rows]


def _check_tested(tx: sqlite3.Connection, selection: Selection) -> None:
    """Refuse a test without a null check as soon as one contact lacks what is tested."""
    for sql in selection.condition.unguarded:
        lacking = f"SELECT 1 FROM contact WHERE {sql} IS NULL LIMIT 1"  # noqa: S608 - from declared fields
        if tx.execute(lacking).fetchone():
            raise no_value()


def _count(tx: sqlite3.Connection, selection: Selection) -> int:
    row = tx.execute(
        f"SELECT COUNT(*) FROM contact WHERE {selection.condition.sql}",  # noqa: S608 - from declared fields
        selection.condition.arguments,
    ).fetchone()
    return int(row[0])
