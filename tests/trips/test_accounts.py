"""Accounts over real sockets: what a person does in Dynamics, and what Xero then holds."""

from __future__ import annotations

from dynamics_xero.connector import Connector
from tests.trips.world import World, remarks


def test_a_new_account_becomes_a_contact_and_shows_its_details(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds Futterkiste", accountnumber="ALFKI", telephone1="030-1")

    report = connector.sync()

    contact = world.in_xero("Alfreds Futterkiste")
    row = world.in_dynamics("account", account)
    assert contact["AccountNumber"] == "ALFKI"
    assert str(contact["ContactNumber"]).endswith(account)
    assert row["xero_id"] == contact["ContactID"]
    assert row["xero_organisationid"] == world.serving.organisations[0].tenant_id
    assert row["xero_lastsyncedon"]
    assert report.failed == []


def test_r26_a_second_sync_writes_nothing_on_either_side(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    world.contact(account, "Maria", "Anders")
    connector.sync()
    mark = world.mark()

    connector.sync()

    assert world.written(mark) == []


def test_r8_only_what_changed_is_written(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", telephone1="1", address1_city="Berlin")
    connector.sync()
    mark = world.mark()

    world.edit("accounts", account, address1_city="Hamburg")
    connector.sync()

    written = [e for e in world.written(mark) if e["resource"] == "Contact"]
    assert [entry["fields"] for entry in written] == [["Addresses"]]


def test_r8_a_write_group_keeps_what_people_typed_in_xero(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", address1_city="Berlin")
    connector.sync()
    contact = world.in_xero("Alfreds")
    address = {"AddressType": "POBOX", "City": "Berlin", "AttentionTo": "Maria"}
    world.edit_xero(str(contact["ContactID"]), Addresses=[address])

    world.edit("accounts", account, address1_city="Hamburg")
    connector.sync()

    addresses = world.in_xero("Alfreds")["Addresses"]
    assert isinstance(addresses, list)
    billing = next(one for one in addresses if one["AddressType"] == "POBOX")
    assert (billing["City"], billing["AttentionTo"]) == ("Hamburg", "Maria")


def test_r23_an_edit_made_in_xero_just_before_survives(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", xero_taxnumber="1", telephone1="030-1")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])

    world.edit_xero(contact, CompanyNumber="HRB 7")
    world.edit("accounts", account, telephone1="030-2")
    connector.sync()

    assert world.in_xero("Alfreds")["CompanyNumber"] == "HRB 7"


def test_r15_a_deactivated_account_archives_its_contact(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    connector.sync()

    world.edit("accounts", account, statecode=1, statuscode=2)
    report = connector.sync()

    assert world.in_xero("Alfreds")["ContactStatus"] == "ARCHIVED"
    assert report.failed == []


def test_r15_a_deleted_account_archives_its_contact(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    connector.sync()

    world.delete("accounts", account)
    connector.sync()

    assert world.in_xero("Alfreds")["ContactStatus"] == "ARCHIVED"


def test_a_contact_archived_in_xero_is_told_on_its_account(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    connector.sync()
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), ContactStatus="ARCHIVED")

    world.edit("accounts", account, name="Alfreds & Co")
    report = connector.sync()

    assert "archived in Xero" in remarks(report)[account]
    assert "archived in Xero" in str(world.in_dynamics("account", account)["xero_remark"])


def test_r17_a_taken_name_is_told_and_nothing_is_overwritten(
    world: World, connector: Connector
) -> None:
    theirs = world.xero_contact(Name="Alfreds", EmailAddress="theirs@x.example")
    account = world.account("alfreds ", emailaddress1="ours@x.example")

    report = connector.sync()

    assert [row["ContactID"] for row in world.all_in_xero()] == [theirs]
    assert world.in_xero("Alfreds")["EmailAddress"] == "theirs@x.example"
    assert "already has a contact" in remarks(report)[account]


def test_an_archived_contact_of_the_same_name_does_not_hinder(
    world: World, connector: Connector
) -> None:
    old = world.xero_contact(Name="Alfreds")
    world.edit_xero(old, ContactStatus="ARCHIVED")
    world.account("Alfreds")

    report = connector.sync()

    assert world.in_xero("Alfreds")["ContactStatus"] == "ACTIVE"
    assert report.failed == []


def test_two_accounts_of_one_name_the_second_says_so(world: World, connector: Connector) -> None:
    world.account("Alfreds")
    world.account("Alfreds")

    report = connector.sync()

    assert len(world.all_in_xero()) == 1
    assert len(report.failed) == 1
    assert "Alfreds" in (report.failed[0].remark or "")


def test_r10_an_existing_contact_with_the_account_number_is_matched_not_doubled(
    world: World, connector: Connector
) -> None:
    theirs = world.xero_contact(Name="Alfreds GmbH", AccountNumber="ALFKI", TaxNumber="DE1")
    account = world.account("Alfreds", accountnumber="alfki", telephone1="030-1")

    report = connector.sync()

    assert [row["ContactID"] for row in world.all_in_xero()] == [theirs]
    assert world.in_dynamics("account", account)["xero_id"] == theirs
    entities = report.connections[0].as_json()["entities"]
    assert isinstance(entities, dict)
    assert entities["account"]["matched"] == 1
    assert world.in_xero("Alfreds GmbH")["TaxNumber"] == "DE1"


def test_a_country_longer_than_xeros_is_a_remark(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", address1_country="X" * 51)

    report = connector.sync()

    assert "51" in remarks(report)[account]
    assert world.all_in_xero() == []


def test_r32_a_refused_account_is_parked_and_heals_when_corrected(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", emailaddress1="a..b@x.example")
    good = world.account("Bon app")

    refused = connector.sync()
    world.edit("accounts", account, emailaddress1="a.b@x.example")
    healed = connector.sync()

    assert list(remarks(refused)) == [account]
    assert "mail" in remarks(refused)[account]
    assert healed.failed == []
    assert world.in_xero("Alfreds")["EmailAddress"] == "a.b@x.example"
    assert world.in_dynamics("account", good)["xero_id"]


def test_r26_details_that_somebody_cleared_are_put_back(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    connector.sync()

    world.edit("accounts", account, xero_id=None, xero_status=None)
    connector.sync()

    row = world.in_dynamics("account", account)
    assert row["xero_id"] == world.in_xero("Alfreds")["ContactID"]
    assert row["xero_status"] is not None


def test_accents_quotes_and_line_breaks_arrive_as_they_are(
    world: World, connector: Connector
) -> None:
    world.account('Ünï "çödé" & Söhne 🦊', address1_line1="Row 1\nRow 2")

    connector.sync()

    addresses = world.in_xero('Ünï "çödé" & Söhne 🦊')["Addresses"]
    assert isinstance(addresses, list)
    assert "Row 1\nRow 2" in {one.get("AddressLine1") for one in addresses}
