"""People of companies: each contact stands in its company's list, and each row has an owner.

A person has no id in Xero, so rows are compared by what they show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.simulation.history import Ending, Entry
from tests.simulation.mapped import CONTACT, PERSON, SYNCED, in_dynamics, persons
from tests.simulation.oracle_edits import Face, typed_rows
from tests.simulation.tale import Tale

FOR_EVER = "9999"


def findings(ending: Ending, tale: Tale) -> list[str]:
    """Return contacts that are missing in Xero, and rows in Xero that nobody put there."""
    return [found for row in ending.accounts for found in _company(ending, tale, row)]


def _company(ending: Ending, tale: Tale, account: Entry) -> Iterator[str]:
    contact = next((one for one in ending.xero if one["ContactID"] == account.get("xero_id")), None)
    if contact is None or contact["ContactStatus"] != "ACTIVE" or account["statecode"] != 0:
        return
    listed = Counter(persons(contact))
    for person in _people(ending, account):
        face = _face(person)
        shown = face if listed[face] else _told_apart(person, listed)
        if shown is not None:
            listed[shown] -= 1
        elif not person.get("xero_remark"):
            yield f"contact {person['contactid']} {face}: not in its company's list, unsaid"
    if account.get("xero_status") != SYNCED and account.get("xero_remark"):
        return  # refused as a whole, and said so: who left goes with the company's next change
    typed = typed_rows(tale, str(contact["ContactID"]), until=FOR_EVER)
    for face, count in listed.items():
        if count and face not in typed:
            yield f"contact {contact['ContactID']}: {face} stands in the list and belongs to nobody"


def _told_apart(person: Entry, listed: Counter[Face]) -> Face | None:
    """Return the row that differs from a person in just the fields that its remark names."""
    remark, face = str(person.get("xero_remark") or ""), _face(person)
    named = [same.label in remark for same in CONTACT]
    for row, count in listed.items():
        apart = [mine != theirs for mine, theirs in zip(face, row, strict=True)]
        if count and apart == named:
            return row
    return None


def _people(ending: Ending, account: Entry) -> Iterator[Entry]:
    """Yield those of the company who want a row: active, and not its primary person."""
    for row in ending.contacts:
        here = row.get("_parentcustomerid_value") == account["accountid"] and row["statecode"] == 0
        if here and row["contactid"] != account.get("_primarycontactid_value"):
            yield row


def _face(row: Entry) -> Face:
    return tuple(in_dynamics(row, column) for column in PERSON)
