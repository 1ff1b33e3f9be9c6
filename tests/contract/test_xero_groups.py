"""Groups of contacts, their history and the organisation's currencies (xero.md 5)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.contract.xero_server import Xero, messages

Json = dict[str, Any]


def group(xero: Xero, name: str) -> Json:
    """Create a group."""
    answer = xero.call("PUT", "/ContactGroups", body={"ContactGroups": [{"Name": name}]})
    assert answer.status_code == 200, answer.text
    (made,) = answer.json()["ContactGroups"]
    return dict(made)


def join(xero: Xero, made: Json, *contacts: object) -> requests.Response:
    """Put contacts into a group."""
    body = {"Contacts": [{"ContactID": contact} for contact in contacts]}
    return xero.call("PUT", f"/ContactGroups/{made['ContactGroupID']}/Contacts", body=body)


def change(xero: Xero, made: Json, **values: object) -> requests.Response:
    """Update a group."""
    body = {"ContactGroups": [values]}
    return xero.call("POST", f"/ContactGroups/{made['ContactGroupID']}", body=body)


def groups_of(xero: Xero, contact: object) -> list[str]:
    """Return the names of the groups a contact shows."""
    return [one["Name"] for one in xero.contact(contact)["ContactGroups"]]


def notes(xero: Xero, contact: object, *details: object) -> requests.Response:
    """Write notes into a contact's history."""
    body = {"HistoryRecords": [{"Details": one} for one in details]}
    return xero.call("PUT", f"/Contacts/{contact}/History", body=body)


def test_a_contact_shows_its_groups_as_they_are_named_and_deleted(xero: Xero) -> None:
    """OAS, ContactGroup: deleted by its Status, then shown nowhere any more."""
    contact = xero.created(Name="A")["ContactID"]
    first, second = group(xero, "One"), group(xero, "Two")
    assert join(xero, first, contact, contact).status_code == 200
    assert join(xero, second, contact).status_code == 200
    assert groups_of(xero, contact) == ["One", "Two"]
    assert change(xero, first, Name="Uno").status_code == 200
    assert groups_of(xero, contact) == ["Uno", "Two"]
    assert change(xero, first, Status="DELETED").json()["ContactGroups"][0]["Status"] == "DELETED"
    assert groups_of(xero, contact) == ["Two"]
    assert change(xero, first, Name="Back").status_code == 404
    listed = xero.call("GET", "/ContactGroups", where='Name!="One"', order="Name DESC").json()
    assert [one["Name"] for one in listed["ContactGroups"]] == ["Two"]
    kinds = [(one["resource"], one["action"]) for one in xero.ledger()]
    assert kinds.count(("ContactGroup", "update")) == 3
    assert kinds[-1] == ("ContactGroup", "delete")


def test_what_is_wrong_with_a_group_is_told(xero: Xero) -> None:
    """xero.md 4, catalogue; deleting who is no member is the one 400 of DELETE (OAS)."""
    made = group(xero, "One")
    gone = xero.created(Name="Gone")
    xero.updated(ContactID=gone["ContactID"], ContactStatus="ARCHIVED")
    (archived, unknown) = messages(join(xero, made, gone["ContactID"], str(uuid4())))
    assert archived.startswith("The specified contact details matched an archived contact.")
    assert "could not be found" in unknown
    assert messages(change(xero, made, Name=" ")) == ["The contact group name must be specified."]
    assert "Status" in messages(change(xero, made, Status="ASLEEP"))[0]
    member = f"/ContactGroups/{made['ContactGroupID']}/Contacts/{gone['ContactID']}"
    assert messages(xero.call("DELETE", member)) == ["The contact is not in the contact group."]
    assert (
        xero.call("PUT", "/ContactGroups", body={})
        .json()["Message"]
        .endswith("expecting ContactGroup data to be specifed in the request body.")
    )


def test_there_are_at_most_100_groups(xero: Xero) -> None:
    """xero.md 4, catalogue: You've reached the limit of 100 contact groups."""
    made = [group(xero, f"G{number}") for number in range(100)]
    body = {"ContactGroups": [{"Name": "One more"}]}
    (message,) = messages(xero.call("PUT", "/ContactGroups", body=body))
    assert message == "You’ve reached the limit of 100 contact groups."
    change(xero, made[0], Status="DELETED")
    assert xero.call("PUT", "/ContactGroups", body=body).status_code == 200


@pytest.mark.parametrize("position", ["no", "yes"])
def test_whether_joining_a_group_moves_the_contact_is_a_switch(xero: Xero, position: str) -> None:
    xero.control("POST", "switches", {"group_moves_updated": position})
    before = xero.created(Name="A")
    xero.control("POST", "clock", {"advance_s": 5})
    join(xero, group(xero, "One"), before["ContactID"])
    after = xero.contact(before["ContactID"])
    assert (after["UpdatedDateUTC"] != before["UpdatedDateUTC"]) is (position == "yes")
    assert after["ContactGroups"][0]["Name"] == "One"


def test_history_tells_what_was_done_and_is_only_appended(xero: Xero) -> None:
    """xero.md 5, History: GET any, PUT a note, no edit, no delete."""
    contact = xero.created(Name="A")["ContactID"]
    xero.updated(ContactID=contact, Name="A")
    xero.updated(ContactID=contact, Name="B")
    assert notes(xero, contact, "Rang").status_code == 200
    xero.updated(ContactID=contact, ContactStatus="ARCHIVED")
    address = f"/Contacts/{contact}/History"

    records = xero.call("GET", address).json()["HistoryRecords"]

    assert [one["Changes"] for one in records] == [
        "Contact Archived",
        "Note",
        "Contact Edited",
        "Contact Created",
    ]
    assert {one["User"] for one in records} == {"System Generated"}
    for method in ("POST", "DELETE"):
        assert xero.call(method, address, body={}).status_code == 405
    assert messages(notes(xero, contact, "fine", " ")) == ["The Details field must be specified."]
    xero.control("POST", "switches", {"history_details_length": "250"})
    assert notes(xero, contact, "x" * 251).status_code == 400
    assert notes(xero, contact, "x" * 250).status_code == 200


def test_currencies_are_enabled_one_by_one_and_a_reset_takes_them_back(xero: Xero) -> None:
    """xero.md 5, Currencies: list and PUT; the body is bare, or a list."""
    assert xero.call("PUT", "/Currencies", body={"Code": "SEK"}).status_code == 200
    body = {"Currencies": [{"Code": "SEK"}]}
    assert xero.call("PUT", "/Currencies", body=body).status_code == 200
    assert xero.call("PUT", "/Currencies", body={"Code": "XXQ"}).status_code == 400
    assert xero.call("PUT", "/Currencies", body={"Description": "?"}).status_code == 400
    assert xero.created(Name="A", DefaultCurrency="SEK")["DefaultCurrency"] == "SEK"
    xero.fresh()
    assert messages(xero.put({"Name": "A", "DefaultCurrency": "SEK"})) == [
        "Users Organisation is not subscribed to currency SEK"
    ]


def test_ten_files_at_most_hang_on_a_contact(xero: Xero) -> None:
    """xero.md 5, Attachments: at most ten per document; the same name overwrites."""
    address = f"/Contacts/{xero.created(Name='A')['ContactID']}/Attachments"
    for number in range(10):
        assert xero.call("PUT", f"{address}/{number}.txt", body="x").status_code == 200
    assert xero.call("PUT", f"{address}/ten.txt", body="x").status_code == 400
    assert xero.call("POST", f"{address}/9.txt", body="longer").status_code == 200
    listed = xero.call("GET", address).json()["Attachments"]
    assert [one["FileName"] for one in listed] == [f"{number}.txt" for number in range(10)]
    assert xero.call("GET", f"{address}/9.txt").content == b'"longer"'
