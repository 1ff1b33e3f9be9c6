"""Archived and merged contacts."""

from __future__ import annotations

import pytest

from tests.contract.xero_server import Json, Xero, messages, names

ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)


def archived(xero: Xero, **contact: object) -> Json:
    """Create a contact and archive it."""
    made = xero.created(**contact)
    return xero.updated(ContactID=made["ContactID"], ContactStatus="ARCHIVED")


def test_archiving_is_a_post_of_the_status(xero: Xero) -> None:
    """xero.md 5, Contacts: archive = POST with ContactStatus ARCHIVED."""
    contact = archived(xero, Name="Acme")
    assert contact["ContactStatus"] == "ARCHIVED"
    assert xero.ledger()[-1]["action"] == "archive"


def test_contacts_are_never_deleted(xero: Xero) -> None:
    """xero.md 4, Verbs: no DELETE for contacts."""
    contact = xero.created(Name="Acme")
    assert xero.call("DELETE", f"/Contacts/{contact['ContactID']}").status_code == 405
    assert xero.call("DELETE", "/Contacts").status_code == 405


def test_archived_contacts_are_left_out_unless_asked_for(xero: Xero) -> None:
    """xero.md 3: archived contacts are excluded unless includeArchived=true."""
    xero.created(Name="Live")
    old = archived(xero, Name="Old")
    assert names(xero.listed(page=1)) == ["Live"]
    for truth in ("true", "True"):
        assert sorted(names(xero.listed(page=1, includeArchived=truth))) == ["Live", "Old"]
    assert xero.listed(IDs=old["ContactID"]) == []
    assert names(xero.listed(IDs=old["ContactID"], includeArchived="true")) == ["Old"]
    assert xero.contact(old["ContactID"])["ContactStatus"] == "ARCHIVED"


@pytest.mark.parametrize(
    "change", [{"Name": "New"}, {"ContactStatus": "ACTIVE"}, {"ContactStatus": "ARCHIVED"}]
)
def test_archived_contacts_cannot_be_edited(xero: Xero, change: dict[str, str]) -> None:
    """xero.md 4, catalogue: update of an archived contact; 5: nor restored."""
    old = archived(xero, Name="Acme", ContactNumber="n")
    for key in ({"ContactID": old["ContactID"]}, {"ContactNumber": "n"}):
        assert messages(xero.post({**key, **change})) == [ARCHIVED]
    assert xero.contact(old["ContactID"]) == old


def test_an_archived_contact_number_is_not_created_again(xero: Xero) -> None:
    """xero.md 4, catalogue: contact details matched an archived contact."""
    archived(xero, Name="Acme", ContactNumber="n")
    assert messages(xero.put({"Name": "Other", "ContactNumber": "n"})) == [ARCHIVED]


def test_restoring_by_api_is_a_switch(running_xero: Xero) -> None:
    """xero.md 10.7: ARCHIVED to ACTIVE by the API is not verified."""
    xero = running_xero.fresh(unarchive_allowed="yes")
    old = archived(xero, Name="Acme")
    assert messages(xero.post({"ContactID": old["ContactID"], "Name": "N"})) == [ARCHIVED]
    back = xero.updated(ContactID=old["ContactID"], ContactStatus="ACTIVE")
    assert back["ContactStatus"] == "ACTIVE"
    assert xero.ledger()[-1]["action"] == "restore"


def test_a_restored_name_must_be_free(running_xero: Xero) -> None:
    """xero.md 5, Contacts: names are unique among ACTIVE contacts."""
    xero = running_xero.fresh(unarchive_allowed="yes")
    old = archived(xero, Name="Acme")
    xero.created(Name="Acme")
    answer = xero.post({"ContactID": old["ContactID"], "ContactStatus": "ACTIVE"})
    assert "already assigned to another contact" in messages(answer)[0]


def test_people_restore_on_the_screen(xero: Xero) -> None:
    """xero.md 5, Contacts: un-archive must be in the UI."""
    old = archived(xero, Name="Acme")
    assert xero.screen("unarchive", "ada", contact=old["ContactID"]).status_code == 200
    assert xero.contact(old["ContactID"])["ContactStatus"] == "ACTIVE"
    assert xero.ledger()[-1]["actor"] == "ada"


def test_a_merged_contact_points_to_its_winner(xero: Xero) -> None:
    """xero.md 5, Contacts: the loser is archived and exposes MergedToContactID."""
    loser, winner = xero.created(Name="Lost", ContactNumber="l"), xero.created(Name="Won")
    xero.screen("merge", "grace", loser=loser["ContactID"], winner=winner["ContactID"])
    for key in (loser["ContactID"], "l"):
        merged = xero.contact(key)
        assert merged["ContactStatus"] == "ARCHIVED"
        assert merged["MergedToContactID"] == winner["ContactID"]
    assert "MergedToContactID" not in xero.contact(winner["ContactID"])
    assert xero.contact(winner["ContactID"]) == winner


def test_the_winner_is_shown_only_with_paging_or_by_id(xero: Xero) -> None:
    """xero.md 5, Contacts: MergedToContactID "(only with paging or by id/number)", as the OAS."""
    loser, winner = xero.created(Name="Lost"), xero.created(Name="Won")
    xero.screen("merge", "grace", loser=loser["ContactID"], winner=winner["ContactID"])
    key = {"IDs": loser["ContactID"], "includeArchived": "true"}
    assert "MergedToContactID" not in xero.listed(**key)[0]
    assert xero.listed(**key, page=1)[0]["MergedToContactID"] == winner["ContactID"]
    paged = xero.listed(**key, page=1, summaryOnly="true")[0]
    assert paged["MergedToContactID"] == winner["ContactID"]
    assert "MergedToContactID" not in xero.listed(**key, summaryOnly="true")[0]


def test_impossible_merges_are_refused(xero: Xero) -> None:
    """xero.md 5, Contacts: merging joins two live contacts."""
    live, old = xero.created(Name="Live"), archived(xero, Name="Old")
    for loser, winner in ((live, live), (old, live), (live, old)):
        answer = xero.screen("merge", "ada", loser=loser["ContactID"], winner=winner["ContactID"])
        assert answer.status_code == 400
    assert xero.contact(live["ContactID"]) == live


def test_a_name_taken_meanwhile_hinders_restoring_on_the_screen(xero: Xero) -> None:
    """xero.md 5, Contacts: names are unique among ACTIVE contacts."""
    old = archived(xero, Name="Acme")
    xero.created(Name="Acme")
    assert xero.screen("unarchive", "ada", contact=old["ContactID"]).status_code == 400
    assert xero.contact(old["ContactID"])["ContactStatus"] == "ARCHIVED"
