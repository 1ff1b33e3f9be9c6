"""Edits of both sides meet in the middle: nobody's edit is lost, nothing is written twice."""

from __future__ import annotations

import pytest

from dynamics_xero.connector import Connector
from tests.trips.test_outages import Ticker, fault
from tests.trips.world import World, remarks


def changed(world: World, since: dict[str, int]) -> list[tuple[str, str]]:
    """Return what the connector changed after a mark: resource and action."""
    rows = [row for row in world.written(since) if row["changed"]]
    return [(str(row["resource"]), str(row["action"])) for row in rows]


def test_r7_an_edit_in_xero_reaches_dynamics_in_one_write(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="030-1")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit_xero(contact, Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": "040-9"}])
    before = world.mark()

    report = connector.sync()

    row = world.in_dynamics("account", account)
    assert row["telephone1"] == "040-9"
    assert changed(world, before) == [("account", "update")]
    assert report.failed == []
    entities = report.connections[0].as_json()["entities"]
    assert isinstance(entities, dict)
    assert entities["account"]["to_dynamics"]["update"] == 1


def test_r7_different_fields_edited_on_both_sides_both_arrive(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="030-1", address1_city="Berlin")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit_xero(contact, Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": "040-9"}])
    world.edit("accounts", account, address1_city="Hamburg")

    connector.sync()

    row, there = world.in_dynamics("account", account), world.in_xero("Alfreds")
    assert (row["telephone1"], row["address1_city"]) == ("040-9", "Hamburg")
    addresses = there["Addresses"]
    assert isinstance(addresses, list)
    assert "Hamburg" in [one.get("City") for one in addresses]
    before = world.mark()
    connector.sync()
    assert world.written(before) == []


def test_r7_the_same_field_edited_on_both_sides_goes_by_its_owner(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="030-1", xero_taxnumber="T1")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    phones = [{"PhoneType": "DEFAULT", "PhoneNumber": "040-9"}]
    world.edit_xero(contact, Phones=phones, TaxNumber="T-xero")
    world.edit("accounts", account, telephone1="050-5", xero_taxnumber="T-dynamics")

    report = connector.sync()

    assert world.in_dynamics("account", account)["telephone1"] == "050-5"
    assert "Changed on both sides: Tax number" in remarks(report)[account]
    assert world.in_xero("Alfreds")["TaxNumber"] == "T-xero"
    assert world.in_dynamics("account", account)["xero_taxnumber"] == "T-dynamics"


def test_r27_a_person_edited_in_xero_is_edited_here(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders", emailaddress1="maria@alfreds.example")
    connector.sync()
    contact = world.in_xero("Alfreds")
    people = contact["ContactPersons"]
    assert isinstance(people, list)
    people[0]["EmailAddress"] = "new@alfreds.example"
    world.edit_xero(str(contact["ContactID"]), ContactPersons=people)
    before = world.mark()

    connector.sync()

    assert world.in_dynamics("contact", maria)["emailaddress1"] == "new@alfreds.example"
    assert changed(world, before) == [("contact", "update")]


def test_r9_a_value_too_long_for_dynamics_is_told_and_not_cut(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit_xero(contact, Name="A" * 200)

    report = connector.sync()

    assert "has 200 characters, Dynamics allows 160" in remarks(report)[account]
    assert world.in_dynamics("account", account)["name"] == "Alfreds"


@pytest.mark.parametrize("unarchive_allowed", ["yes", "no"])
def test_r15_an_account_that_is_active_again_gets_its_contact_back(
    world: World, connector: Connector, unarchive_allowed: str
) -> None:
    world.xero.post("switches", {"unarchive_allowed": unarchive_allowed})
    account = world.account("Alfreds")
    connector.sync()
    world.edit("accounts", account, statecode=1, statuscode=2)
    connector.sync()
    assert world.in_xero("Alfreds")["ContactStatus"] == "ARCHIVED"
    world.edit("accounts", account, statecode=0, statuscode=1)
    world.edit("accounts", account, telephone1="030-7")

    report = connector.sync()

    if unarchive_allowed == "no":
        assert "did not let its archived contact be restored" in remarks(report)[account]
        world.restore_in_xero(str(world.in_xero("Alfreds")["ContactID"]))
        report = connector.sync()
    assert report.failed == [], remarks(report)
    assert world.in_xero("Alfreds")["ContactStatus"] == "ACTIVE"
    assert "030-7" in str(world.in_xero("Alfreds")["Phones"])


def test_r15_gone_here_and_edited_there_asks(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit_xero(contact, AccountNumber="X-1")
    world.edit("accounts", account, statecode=1, statuscode=2)

    report = connector.sync()

    assert "deactivated here, and changed in Xero" in remarks(report)[account]
    assert world.in_xero("Alfreds")["ContactStatus"] == "ACTIVE"


def test_r15_a_contact_restored_in_xero_is_not_fought_over(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit("accounts", account, statecode=1, statuscode=2)
    connector.sync()
    world.restore_in_xero(contact)

    report = connector.sync()

    assert "restored in Xero while it is inactive" in remarks(report)[account]
    assert world.in_xero("Alfreds")["ContactStatus"] == "ACTIVE"


def test_r15_a_merge_in_xero_is_followed_to_the_contact_that_survives(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="030-1")
    connector.sync()
    loser = str(world.in_xero("Alfreds")["ContactID"])
    winner = world.xero_contact(Name="Alfreds Futterkiste", AccountNumber="K-7")
    world.merge_in_xero(loser, winner)

    connector.sync()

    row = world.in_dynamics("account", account)
    assert row["xero_id"] == winner
    assert row["accountnumber"] == "K-7"  # the winner's own values stay, empty ones are filled
    assert row["name"] == "Alfreds"
    world.edit("accounts", account, telephone1="030-2")
    connector.sync()
    kept = [one for one in world.all_in_xero() if one["ContactID"] == winner]
    assert "030-2" in str(kept[0]["Phones"])


def test_r15_two_accounts_whose_contacts_were_merged_ask_one_person(
    world: World, connector: Connector
) -> None:
    first, second = world.account("Alfreds"), world.account("Alfreds Nord")
    connector.sync()
    loser = str(world.in_xero("Alfreds Nord")["ContactID"])
    world.merge_in_xero(loser, str(world.in_xero("Alfreds")["ContactID"]))

    report = connector.sync()

    assert list(remarks(report)) == [second]
    assert "merged in Xero into the contact of another account" in remarks(report)[second]
    world.edit("accounts", second, telephone1="1")
    before = world.mark()
    connector.sync()
    assert changed(world, before) == []
    assert world.in_dynamics("account", first)["xero_status"] is not None


def test_r15_an_un_merged_contact_is_its_accounts_again(world: World, connector: Connector) -> None:
    world.account("Alfreds")
    second = world.account("Alfreds Nord")
    connector.sync()
    loser = str(world.in_xero("Alfreds Nord")["ContactID"])
    world.merge_in_xero(loser, str(world.in_xero("Alfreds")["ContactID"]))
    connector.sync()
    world.restore_in_xero(loser)
    world.edit("accounts", second, telephone1="030-3")

    report = connector.sync()

    assert report.failed == [], remarks(report)
    assert "030-3" in str(world.in_xero("Alfreds Nord")["Phones"])


def test_r40_what_a_call_without_answer_may_have_overwritten_is_told(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="030-1")
    maria = world.contact(account, "Maria", "Anders")
    connector.sync()
    world.edit("accounts", account, telephone1="030-2")
    world.edit("contacts", maria, lastname="Larsson")
    fault(world, "xero", "drop_answer", method="POST", path="/Contacts")

    with Ticker(world):
        connector.sync()

    (told,) = [row for row in connector.history(account) if row["action"] == "unanswered_update"]
    changes = told["changes"]
    assert isinstance(changes, dict)
    assert changes["phone"]["before"] == "030-1"
    assert "030-2" in str(world.in_xero("Alfreds")["Phones"])
    (told,) = [row for row in connector.history(maria) if row["action"] == "unanswered_update"]
    assert list(told["changes"]) == ["last_name"]  # type: ignore[call-overload]
    assert told["changes"]["last_name"]["before"] == "Anders"  # type: ignore[index]
