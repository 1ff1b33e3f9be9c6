"""Groups of contacts (xero.md 5, ContactGroups): one at a time, at most 100, softly deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping

from dynamics_xero.sandbox.web import Response
from dynamics_xero.sandbox.xero import envelope
from dynamics_xero.sandbox.xero.call import Call
from dynamics_xero.sandbox.xero.contacts import document as documents
from dynamics_xero.sandbox.xero.contacts import messages, store
from dynamics_xero.sandbox.xero.contacts.store import Stored
from dynamics_xero.sandbox.xero.contacts.texts import Objections
from dynamics_xero.sandbox.xero.contacts.validate import guid
from dynamics_xero.sandbox.xero.contacts.write import ContactWriter
from dynamics_xero.sandbox.xero.errors import (
    ZERO_GUID,
    RefusedError,
    not_found,
    validation_failed,
)
from dynamics_xero.sandbox.xero.listing import listed
from dynamics_xero.sandbox.xero.switches import GROUP_MOVES_UPDATED
from dynamics_xero.sandbox.xero.where import Kind

MOST_GROUPS = 100
# The apostrophe is Xero's own (OAS, example of PUT /ContactGroups).
_TOO_MANY = "You\N{RIGHT SINGLE QUOTATION MARK}ve reached the limit of 100 contact groups."
_NAME_MISSING = "The contact group name must be specified."
_NO_MEMBER = "The contact is not in the contact group."
_FIELDS = {"ContactGroupID": Kind.GUID, "Name": Kind.TEXT, "Status": Kind.TEXT}
_LISTS = ("Addresses", "Phones", "ContactGroups", "ContactPersons")
Form = dict[str, object]


def list_groups(call: Call) -> Response:
    """Answer GET /ContactGroups: the active ones, without their contacts."""
    with call.endpoint.database.read() as tx:
        rows = tx.execute("SELECT * FROM contact_group ORDER BY seq").fetchall()
    return listed(call, "ContactGroups", [_form(row) for row in rows], _FIELDS, of="ContactGroup")


def one_group(call: Call) -> Response:
    """Answer GET /ContactGroups/{ContactGroupID}, with its contacts."""
    with call.endpoint.database.read() as tx:
        row = _row(tx, call.keys[0])
        members = _members(tx, row["group_id"])
        contacts = [_thin(one.document) for one in _known(tx, members)]
    response = _answer(call, {**_form(row), "Contacts": contacts})
    response.rows_read = 1
    return response


def create(call: Call, tx: sqlite3.Connection) -> Response:
    """Answer PUT /ContactGroups."""
    sent = call.elements("ContactGroups", "ContactGroup")[0]
    name = _name(sent)
    count = tx.execute("SELECT COUNT(*) FROM contact_group").fetchone()[0]
    if count >= MOST_GROUPS:
        raise _refused(sent, _TOO_MANY)
    group_id = call.endpoint.new_id()
    tx.execute("INSERT INTO contact_group (group_id, name) VALUES (?, ?)", (group_id, name))
    form = _form(_row(tx, group_id))
    _record(call, tx, "create", before=None, after=form)
    return _answer(call, form)


def update(call: Call, tx: sqlite3.Connection) -> Response:
    """Answer POST /ContactGroups/{ContactGroupID}: another name, or Status DELETED."""
    row = _row(tx, call.keys[0])
    before = _form(row)
    sent = call.elements("ContactGroups", "ContactGroup")[0]
    members = _members(tx, row["group_id"])
    if _status(sent) == "DELETED":
        tx.execute("DELETE FROM contact_group WHERE group_id = ?", (row["group_id"],))
        tx.execute("DELETE FROM group_member WHERE group_id = ?", (row["group_id"],))
        after = {**before, "Status": "DELETED"}
        _record(call, tx, "delete", before=before, after=None)
    else:
        name = _name({"Name": row["name"], **sent})
        tx.execute("UPDATE contact_group SET name = ? WHERE seq = ?", (name, row["seq"]))
        after = {**before, "Name": name}
        _record(call, tx, "update", before=before, after=after)
    _show(call, tx, members)
    return _answer(call, after)


def add_contacts(call: Call, tx: sqlite3.Connection) -> Response:
    """Answer PUT /ContactGroups/{ContactGroupID}/Contacts: all named by ContactID, or none."""
    group_id = _row(tx, call.keys[0])["group_id"]
    sent = call.elements("Contacts", "Contact")
    ids = [guid(str(entry.get("ContactID"))) for entry in sent]
    wrong = [
        _objected("ContactID", entry, message)
        for entry, contact_id in zip(sent, ids, strict=True)
        if (message := _objection(tx, contact_id))
    ]
    if wrong:
        return validation_failed(wrong)
    before = _members(tx, group_id)
    wanted = [contact_id for contact_id in ids if contact_id]
    tx.executemany(
        "INSERT OR IGNORE INTO group_member VALUES (?, ?)", [(group_id, one) for one in wanted]
    )
    _moved(call, tx, group_id, before)
    elements = [
        {
            "ContactID": contact_id,
            **{name: [] for name in _LISTS},
            "HasValidationErrors": False,
            "ValidationErrors": [],
        }
        for contact_id in wanted
    ]
    response = envelope.answer(call.endpoint, "Contacts", [envelope.text_of(e) for e in elements])
    response.rows_written = len(elements)
    return response


def remove_contacts(call: Call, tx: sqlite3.Connection) -> Response:
    """Answer DELETE /ContactGroups/{ContactGroupID}/Contacts: all of them."""
    group_id = _row(tx, call.keys[0])["group_id"]
    before = _members(tx, group_id)
    tx.execute("DELETE FROM group_member WHERE group_id = ?", (group_id,))
    _moved(call, tx, group_id, before)
    return Response(204)


def remove_contact(call: Call, tx: sqlite3.Connection) -> Response:
    """Answer DELETE /ContactGroups/{ContactGroupID}/Contacts/{ContactID}."""
    group_id = _row(tx, call.keys[0])["group_id"]
    before, contact_id = _members(tx, group_id), guid(call.keys[1])
    if contact_id not in before:
        return validation_failed([_objected("ContactID", {}, _NO_MEMBER)])
    tx.execute(
        "DELETE FROM group_member WHERE group_id = ? AND contact_id = ?", (group_id, contact_id)
    )
    _moved(call, tx, group_id, before)
    return Response(204)


def clear(tx: sqlite3.Connection) -> None:
    """Forget every group."""
    tx.execute("DELETE FROM group_member")
    tx.execute("DELETE FROM contact_group")


def _moved(call: Call, tx: sqlite3.Connection, group_id: str, before: list[str]) -> None:
    """Enter a change of members into the ledger, and show it in the contacts it concerns."""
    after = _members(tx, group_id)
    _record(
        call,
        tx,
        "update",
        before={"ContactGroupID": group_id, "Contacts": before},
        after={"ContactGroupID": group_id, "Contacts": after},
    )
    _show(call, tx, set(before) ^ set(after))


def _show(call: Call, tx: sqlite3.Connection, contacts: Collection[str]) -> None:
    moves = call.endpoint.switches.get(GROUP_MOVES_UPDATED.name) == "yes"
    writer = ContactWriter.of(call.endpoint, tx, call.author)
    for contact in _known(tx, contacts):
        rows = tx.execute(
            "SELECT contact_group.* FROM contact_group JOIN group_member USING (group_id) "
            "WHERE contact_id = ? ORDER BY seq",
            (contact.contact_id,),
        )
        after = documents.changed(contact.document, {"ContactGroups": [_form(row) for row in rows]})
        if moves:
            writer.keep(contact, after)
        else:
            store.show(tx, after)


def _record(
    call: Call, tx: sqlite3.Connection, action: str, *, before: Form | None, after: Form | None
) -> None:
    author, shown = call.author, after or before or {}
    call.endpoint.ledger.record(
        tx,
        request=author.request,
        actor=author.actor,
        method=author.method,
        path=author.path,
        resource="ContactGroup",
        id=str(shown["ContactGroupID"]),
        action=action,
        before=before,
        after=after,
    )


def _row(tx: sqlite3.Connection, key: str) -> sqlite3.Row:
    """Return an active group. Raises RefusedError: a deleted one is not shown any more (OAS)."""
    row: sqlite3.Row | None = tx.execute(
        "SELECT * FROM contact_group WHERE group_id = ?", (guid(key),)
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def _members(tx: sqlite3.Connection, group_id: str) -> list[str]:
    rows = tx.execute(
        "SELECT contact_id FROM group_member WHERE group_id = ? ORDER BY contact_id", (group_id,)
    )
    return [row["contact_id"] for row in rows]


def _known(tx: sqlite3.Connection, contacts: Collection[str]) -> list[Stored]:
    found = (store.by_id(tx, contact_id) for contact_id in sorted(contacts))
    return [one for one in found if one is not None]


def _form(row: sqlite3.Row) -> Form:
    return {
        "ContactGroupID": row["group_id"],
        "Name": row["name"],
        "Status": "ACTIVE",
        "Contacts": [],
        "HasValidationErrors": False,
    }


def _thin(document: documents.Document) -> Form:
    return {
        "ContactID": document["ContactID"],
        "Name": document["Name"],
        **{name: [] for name in _LISTS},
        "HasValidationErrors": False,
    }


def _answer(call: Call, form: Mapping[str, object]) -> Response:
    response = envelope.answer(call.endpoint, "ContactGroups", [envelope.text_of(form)])
    response.rows_written = 1 if call.request.method != "GET" else 0
    return response


def _name(sent: Mapping[str, object]) -> str:
    wrong = Objections()
    name = wrong.text("Name", sent.get("Name"), None)
    if not name:
        raise _refused(sent, _NAME_MISSING)
    return name


def _status(sent: Mapping[str, object]) -> str:
    wrong = Objections()
    status = wrong.choice("Status", sent.get("Status"), ("ACTIVE", "DELETED"))
    if wrong.messages:
        raise _refused(sent, wrong.messages[0])
    return status


def _objection(tx: sqlite3.Connection, contact_id: str | None) -> str | None:
    found = store.by_id(tx, contact_id) if contact_id else None
    if found is None:
        return messages.UNKNOWN_ID
    return messages.ARCHIVED if found.archived else None


def _refused(sent: Mapping[str, object], message: str) -> RefusedError:
    return RefusedError(validation_failed([_objected("ContactGroupID", sent, message)]))


def _objected(key: str, sent: Mapping[str, object], message: str) -> Form:
    echo = {field: value for field, value in sent.items() if value is not None}
    error = {"Message": message}
    return {**echo, key: ZERO_GUID, "HasValidationErrors": True, "ValidationErrors": [error]}
