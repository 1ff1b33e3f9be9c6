"""Accounts at the edges: names that free up, fields that empty, lives that end, over sockets."""

from __future__ import annotations

import pytest

from dynamics_xero.connector import Connector
from tests.trips.world import World, remarks


def test_r32_a_name_that_is_freed_in_xero_heals_the_account_that_waits_for_it(
    world: World, connector: Connector
) -> None:
    theirs = world.xero_contact(Name="Alfreds")
    account = world.account("Alfreds")
    refused = connector.sync()

    world.edit_xero(theirs, Name="Alfreds of Xero")
    healed = connector.sync()

    assert list(remarks(refused)) == [account]
    assert healed.failed == []
    assert world.in_xero("Alfreds")["ContactID"] != theirs
    assert world.in_dynamics("account", account)["xero_remark"] is None


def test_r32_a_name_whose_holder_is_archived_in_xero_heals_too(
    world: World, connector: Connector
) -> None:
    theirs = world.xero_contact(Name="Alfreds")
    world.account("Alfreds")
    connector.sync()

    world.edit_xero(theirs, ContactStatus="ARCHIVED")

    assert connector.sync().failed == []
    assert world.in_xero("Alfreds")["ContactID"] != theirs


def test_r32_a_refused_rename_heals_when_the_other_contact_is_renamed(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    theirs = world.xero_contact(Name="Alfreds AG")
    world.edit("accounts", account, name="Alfreds AG")
    refused = connector.sync()

    world.edit_xero(theirs, Name="Another AG")
    healed = connector.sync()

    assert list(remarks(refused)) == [account]
    assert healed.failed == []
    assert (
        world.in_dynamics("account", account)["xero_id"]
        == (world.in_xero("Alfreds AG")["ContactID"])
    )


def test_r32_the_second_of_two_equal_names_heals_when_the_first_is_renamed(
    world: World, connector: Connector
) -> None:
    accounts = [world.account("Alfreds"), world.account("Alfreds")]
    refused = remarks(connector.sync())
    (second,) = refused
    first = next(one for one in accounts if one != second)

    world.edit("accounts", first, name="Alfreds I")
    healed = connector.sync()

    assert healed.failed == []
    assert {str(row["Name"]) for row in world.all_in_xero()} == {"Alfreds", "Alfreds I"}
    assert world.in_dynamics("account", second)["xero_id"] == world.in_xero("Alfreds")["ContactID"]


def test_r16_a_number_that_appears_in_xero_later_links_the_account_that_waits(
    world: World, connector: Connector
) -> None:
    theirs = world.xero_contact(Name="Alfreds")
    account = world.account("Alfreds", accountnumber="ALFKI")
    connector.sync()

    world.edit_xero(theirs, AccountNumber="ALFKI")

    assert connector.sync().failed == []
    assert world.in_dynamics("account", account)["xero_id"] == theirs
    assert len(world.all_in_xero()) == 1


@pytest.mark.parametrize("position", ["refuse", "update"])
def test_r17_equal_names_in_one_batch_never_share_a_contact(
    world: World, connector: Connector, position: str
) -> None:
    world.xero.post("switches", {"put_existing_name": position})
    accounts = {
        world.account("Alfreds", telephone1="1"): "1",
        world.account("ALFREDS", telephone1="2"): "2",
    }

    told = remarks(connector.sync())

    (contact,) = world.all_in_xero()
    (linked,) = [
        one for one in accounts if world.in_dynamics("account", one)["xero_id"] is not None
    ]
    phones = contact["Phones"]
    assert isinstance(phones, list)
    assert set(told) == set(accounts) - {linked}
    assert str(contact["ContactNumber"]).endswith(linked)
    assert accounts[linked] in {one.get("PhoneNumber") for one in phones}


def test_r17_equal_account_numbers_fare_alike_in_one_batch_and_in_two(
    world: World, connector: Connector
) -> None:
    world.account("One", accountnumber="A1")
    world.account("Two", accountnumber="A1")
    together = connector.sync()
    late = world.account("Three", accountnumber="A1")

    told = remarks(connector.sync())

    assert len(together.failed) == 1
    assert late in told
    assert len(told) == 2
    assert len(world.all_in_xero()) == 1


def test_r7_fields_cleared_in_dynamics_are_cleared_in_xero(
    world: World, connector: Connector
) -> None:
    account = world.account(
        "Alfreds",
        accountnumber="ALFKI",
        emailaddress1="a@x.example",
        telephone1="030-1",
        address1_city="Berlin",
        address1_postalcode="10115",
        xero_taxnumber="DE1",
    )
    connector.sync()

    emptied = ("accountnumber", "emailaddress1", "telephone1", "address1_city", "xero_taxnumber")
    world.edit("accounts", account, **dict.fromkeys(emptied))
    report = connector.sync()

    contact = world.in_xero("Alfreds")
    assert report.failed == []
    assert not contact.get("AccountNumber")
    assert not contact.get("EmailAddress")
    assert not contact.get("TaxNumber")
    assert slot(contact, "Phones", "PhoneType", "DEFAULT").get("PhoneNumber", "") == ""
    billing = slot(contact, "Addresses", "AddressType", "POBOX")
    assert (billing.get("City", ""), billing["PostalCode"]) == ("", "10115")


def test_r8_an_address_line_nobody_maps_survives_a_change_of_the_address(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", address1_city="Berlin")
    connector.sync()
    address = {"AddressType": "POBOX", "City": "Berlin", "AddressLine4": "Hinterhof"}
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), Addresses=[address])

    world.edit("accounts", account, address1_city="Hamburg")
    connector.sync()

    billing = slot(world.in_xero("Alfreds"), "Addresses", "AddressType", "POBOX")
    assert (billing["City"], billing.get("AddressLine4")) == ("Hamburg", "Hinterhof")


def test_r8_a_phone_xero_splits_is_replaced_whole(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", telephone1="030 1")
    connector.sync()
    phone = {"PhoneType": "DEFAULT", "PhoneAreaCode": "030", "PhoneNumber": "1"}
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), Phones=[phone])
    mark = world.mark()

    connector.sync()
    untouched = world.written(mark)
    world.edit("accounts", account, telephone1="040 2")
    connector.sync()

    shown = slot(world.in_xero("Alfreds"), "Phones", "PhoneType", "DEFAULT")
    assert untouched == []
    assert (shown["PhoneNumber"], shown.get("PhoneAreaCode", "")) == ("040 2", "")


def test_r33_a_contact_number_of_another_application_is_left_alone(
    world: World, connector: Connector
) -> None:
    theirs = world.xero_contact(Name="Alfreds", AccountNumber="A1", ContactNumber="SHOP-7")
    account = world.account("Alfreds", accountnumber="A1", telephone1="1")
    connector.sync()

    world.edit("accounts", account, telephone1="2")
    report = connector.sync()

    assert report.failed == []
    assert world.in_xero("Alfreds")["ContactNumber"] == "SHOP-7"
    assert world.in_dynamics("account", account)["xero_id"] == theirs


def test_r15_an_account_deleted_before_it_was_sent_leaves_nothing(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", address1_country="X" * 51)
    connector.sync()

    world.delete("accounts", account)
    report = connector.sync()

    assert report.failed == []
    assert world.all_in_xero() == []


def test_r15_a_reactivated_account_says_that_its_contact_is_archived_and_heals(
    world: World, connector: Connector
) -> None:
    world.flip("unarchive_allowed", "no")
    account = world.account("Alfreds")
    connector.sync()
    world.edit("accounts", account, statecode=1, statuscode=2)
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])

    world.edit("accounts", account, statecode=0, statuscode=1)
    told = remarks(connector.sync())
    world.restore_in_xero(contact)
    healed = connector.sync()

    assert "did not let its archived contact be restored" in told[account]
    assert healed.failed == []
    assert world.in_dynamics("account", account)["xero_remark"] is None
    assert len(world.all_in_xero()) == 1


def test_r15_an_edit_made_while_contacts_were_merged_reaches_the_survivor(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    connector.sync()
    loser = str(world.in_xero("Alfreds")["ContactID"])
    winner = world.xero_contact(Name="Winner")
    world.merge_in_xero(loser, winner)

    world.edit("accounts", account, telephone1="9")
    report = connector.sync()
    mark = world.mark()
    connector.sync()

    assert report.failed == []
    assert world.written(mark) == []
    assert "9" in str(world.in_xero("Winner")["Phones"])
    assert world.in_dynamics("account", account)["xero_id"] == winner


def test_r26_last_synced_on_stays_when_a_touched_account_needs_nothing(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    before = world.in_dynamics("account", account)["xero_lastsyncedon"]
    world.dynamics.post("clock", {"advance_s": 60})
    mark = world.mark()

    world.edit("accounts", account, telephone1="1", description="other")
    report = connector.sync()

    entities = report.connections[0].as_json()["entities"]
    assert isinstance(entities, dict)
    assert world.in_dynamics("account", account)["xero_lastsyncedon"] == before
    assert world.written(mark) == []
    assert entities["account"]["unchanged"] == 1


def test_r10_a_difference_kept_at_first_contact_is_said_until_it_is_gone(
    world: World, connector: Connector
) -> None:
    theirs = world.xero_contact(Name="Alfreds", AccountNumber="A1", TaxNumber="DE1")
    account = world.account("Alfreds", accountnumber="A1", xero_taxnumber="DE2")
    connector.sync()
    told = str(world.in_dynamics("account", account)["xero_remark"])

    world.edit("accounts", account, xero_taxnumber="DE1")
    connector.sync()

    assert "left so" in told
    assert world.in_xero("Alfreds")["TaxNumber"] == "DE1"
    assert world.in_dynamics("account", account)["xero_remark"] is None
    assert world.in_dynamics("account", account)["xero_id"] == theirs


def test_r7_a_field_changed_on_both_sides_that_asks_is_a_conflict_of_that_field_alone(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", xero_taxnumber="DE1")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit_xero(contact, TaxNumber="DE2")
    world.edit("accounts", account, xero_taxnumber="DE3", telephone1="1")

    told = remarks(connector.sync())
    flowed = slot(world.in_xero("Alfreds"), "Phones", "PhoneType", "DEFAULT")["PhoneNumber"]
    world.edit("accounts", account, xero_taxnumber="DE2")
    healed = connector.sync()

    assert "both sides" in told[account]
    assert flowed == "1"
    assert healed.failed == []
    assert world.in_dynamics("account", account)["xero_remark"] is None


def test_r4_a_delta_token_that_expired_over_a_week_reads_whole(
    world: World, connector: Connector
) -> None:
    account, gone = world.account("Alfreds"), world.account("Gone")
    connector.sync()
    world.edit("accounts", account, telephone1="7")
    world.delete("accounts", gone)

    world.dynamics.post("clock", {"advance_s": 8 * 86400})
    with world.connector() as later:
        report = later.sync()

    assert report.failed == []
    assert slot(world.in_xero("Alfreds"), "Phones", "PhoneType", "DEFAULT")["PhoneNumber"] == "7"
    assert world.in_xero("Gone")["ContactStatus"] == "ARCHIVED"


def slot(contact: dict[str, object], column: str, kind_column: str, kind: str) -> dict[str, object]:
    rows = contact[column]
    assert isinstance(rows, list)
    return next(row for row in rows if row[kind_column] == kind)
