"""Matching, and a person's word on it, with both twins on sockets."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import pytest

from dynamics_xero.connector import Connector, linking
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.errors import SettingsError
from dynamics_xero.model import Values
from dynamics_xero.settings import EntitySettings
from tests.trips.world import World, remarks

pytestmark = pytest.mark.trip


def linked(world: World, account: str) -> object:
    """Return the Xero id that stands on an account."""
    return world.in_dynamics("account", account)["xero_id"]


def matched(connector: Connector) -> int:
    """Sync, and return how many accounts found a partner."""
    document = connector.sync().connections[0]
    return document.actions.get(("account", "match"), 0)


def test_r16_email_tax_number_and_name_with_postcode_find_partners(
    world: World, connector: Connector
) -> None:
    address = {"AddressType": "STREET", "PostalCode": "sw1a1aa"}
    partners = {
        world.account("One", emailaddress1="one@a.example"): world.xero_contact(
            Name="1", EmailAddress="One@A.example"
        ),
        world.account("Two", xero_taxnumber="DE 123"): world.xero_contact(
            Name="2", TaxNumber="de123"
        ),
        world.account("Three", address1_postalcode="SW1A 1AA"): world.xero_contact(
            Name="THREE", Addresses=[address]
        ),
    }

    assert matched(connector) == 3

    assert {account: linked(world, account) for account in partners} == partners
    assert len(world.all_in_xero()) == 3


def test_r10_a_first_load_fills_what_is_empty_and_overwrites_nothing(
    world: World, connector: Connector
) -> None:
    theirs = world.xero_contact(Name="Alfreds GmbH", AccountNumber="A1", TaxNumber="DE1")
    account = world.account("Alfreds", accountnumber="A1", telephone1="030", xero_taxnumber="DE2")

    connector.backfill()

    contact = world.in_xero("Alfreds GmbH")
    assert linked(world, account) == theirs
    assert contact["TaxNumber"] == "DE1"
    phones = contact["Phones"]
    assert isinstance(phones, list)
    assert "030" in {phone.get("PhoneNumber") for phone in phones}


def test_r16_ambiguous_emails_ask_and_a_persons_word_frees_the_other(
    world: World, connector: Connector
) -> None:
    contact = world.xero_contact(Name="Old name", EmailAddress="group@a.example")
    one = world.account("One", emailaddress1="group@a.example")
    two = world.account("Two", emailaddress1="group@a.example")
    told = remarks(connector.sync())
    assert set(told) == {one, two}
    assert "E-mail" in told[one]

    linking.accept(connector.desk, one, contact)
    report = connector.sync()

    assert report.failed == []
    assert linked(world, one) == contact
    assert linked(world, two) == world.in_xero("Two")["ContactID"]


def test_r16_names_alone_only_suggest_with_what_agrees_and_differs(
    world: World, connector: Connector
) -> None:
    contact = world.xero_contact(Name="Alfreds", AccountNumber="X-9", EmailAddress="a@a.example")
    account = world.account("Alfreds", accountnumber="A1")
    connector.sync()

    (found,) = linking.suggestions(connector.desk, entity=None, limit=9)

    assert (found.link.dynamics_id, found.xero_id) == (account, contact)
    told = {one.label: one.agrees for one in found.evidence}
    assert told["Name"] is True
    assert told["Account number"] is False
    assert told["E-mail"] is None
    assert linked(world, account) is None


def test_r16_a_rejected_pair_is_not_suggested_and_the_account_gets_a_contact_of_its_own(
    world: World, connector: Connector
) -> None:
    contact = world.xero_contact(Name="Somebody", EmailAddress="office@a.example")
    account = world.account("Alfreds", accountnumber="A1", emailaddress1="office@a.example")
    world.edit_xero(contact, AccountNumber="B7")
    assert set(remarks(connector.sync())) == {account}

    linking.reject(connector.desk, account, contact)

    assert linking.suggestions(connector.desk, entity=None, limit=9) == []
    assert connector.sync().failed == []
    assert linked(world, account) == world.in_xero("Alfreds")["ContactID"]
    assert len(world.all_in_xero()) == 2


def test_r15_a_severed_link_is_left_alone_until_it_is_relinked(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", accountnumber="A1", telephone1="1")
    person = world.contact(account, "Ann", "Alf")
    connector.sync()
    contact = linked(world, account)

    linking.sever(connector.desk, account)
    world.edit("accounts", account, telephone1="2")
    world.edit("contacts", person, lastname="Berg")
    connector.sync()
    assert world.in_xero("Alfreds")["Phones"] != []
    assert "2" not in str(world.in_xero("Alfreds")["Phones"])
    assert world.persons("Alfreds") == ["Ann Alf"]
    assert linked(world, account) == contact
    assert len(world.all_in_xero()) == 1

    linking.relink(connector.desk, account, None)
    assert connector.sync().failed == []
    assert "2" in str(world.in_xero("Alfreds")["Phones"])
    assert world.persons("Alfreds") == ["Ann Berg"]


def test_r15_the_contact_of_a_severed_link_is_matched_by_nobody_but_can_be_given_away(
    world: World, connector: Connector
) -> None:
    wrong = world.account("Alfreds", accountnumber="A1")
    connector.sync()
    contact = str(linked(world, wrong))
    linking.sever(connector.desk, wrong)
    right = world.account("Alfreds Berlin", emailaddress1="b@a.example")
    world.edit_xero(contact, EmailAddress="b@a.example")
    connector.sync()
    assert linked(world, right) != contact

    with pytest.raises(SettingsError, match="Sever that link first"):
        linking.accept(connector.desk, right, contact)
    linking.sever(connector.desk, right)
    linking.relink(connector.desk, right, contact)
    connector.sync()

    assert linked(world, right) == contact
    assert linked(world, wrong) is None


def test_r16_a_lost_database_finds_every_partner_again_and_writes_no_data(world: World) -> None:
    accounts = [world.account("Alfreds"), world.account("Berglunds")]
    with world.connector("before") as connector:
        connector.sync()
    ids = {account: linked(world, account) for account in accounts}
    mark = world.mark()

    with world.connector("after") as connector:
        report = connector.sync()

    assert report.failed == []
    assert {account: linked(world, account) for account in accounts} == ids
    assert [e for e in world.written(mark) if e["resource"] in ("contact", "Contact")] == []


def test_r16_a_xero_id_that_a_person_types_links_at_the_next_look(
    world: World, connector: Connector
) -> None:
    contact = world.xero_contact(Name="Alfreds", AccountNumber="X-9")
    account = world.account("Alfreds", accountnumber="A1")
    assert set(remarks(connector.sync())) == {account}

    world.edit("accounts", account, xero_id=contact.upper())

    assert connector.sync().failed == []
    assert linked(world, account) == contact


def test_r16_a_xero_id_of_another_organisation_does_not_count(
    world: World, connector: Connector
) -> None:
    contact = world.xero_contact(Name="Alfreds", AccountNumber="X-9")
    other = "00000000-0000-4000-8000-000000000001"
    account = world.account(
        "Berglunds", accountnumber="A1", xero_id=contact, xero_organisationid=other
    )

    connector.sync()

    assert linked(world, account) == world.in_xero("Berglunds")["ContactID"] != contact


@pytest.mark.parametrize(("first", "partner"), [(None, "by number"), ("email", "by e-mail")])
def test_r16_email_is_first_if_so_set(world: World, first: str | None, partner: str) -> None:
    account = world.account("Alfreds", accountnumber="A1", emailaddress1="a@a.example")
    world.xero_contact(Name="by number", AccountNumber="A1")
    world.xero_contact(Name="by e-mail", EmailAddress="a@a.example")
    settings = world.settings()
    entities = {**settings.entities, "account": EntitySettings(match_first=first)}

    with Connector.from_settings(replace(settings, entities=entities)) as connector:
        connector.provision_apply()
        connector.sync()

    assert linked(world, account) == world.in_xero(partner)["ContactID"]


class WithoutEmail(AccountToContact):
    """The built-in mapping before it matched by e-mail."""

    match_on: ClassVar = ("contact_number", "account_number")


def test_r4_new_keys_build_the_index_of_an_old_mirror_anew(world: World) -> None:
    contact = world.xero_contact(Name="Old", EmailAddress="a@a.example")
    account = world.account("Alfreds", emailaddress1="a@a.example", accountnumber=None)
    world.xero_contact(Name="Alfreds")
    with Connector.from_settings(world.settings(), mappings=[WithoutEmail]) as connector:
        connector.provision_apply()
        assert set(remarks(connector.sync())) == {account}
        assert linking.suggestions(connector.desk, entity=None, limit=9) != []

    with world.connector() as connector:
        connector.sync()  # the changed mapping is held back, but both sides are read
        plan = world.folder / "plan.json"
        connector.plan(out=plan)
        connector.apply(plan)
        connector.sync()

    assert linked(world, account) == contact


def test_r15_a_wrong_link_is_moved_to_another_contact_and_our_number_stays_where_it_is(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", accountnumber="A1", telephone1="1")
    world.contact(account, "Ann", "Alf")
    connector.sync()
    wrong = str(linked(world, account))
    right = world.xero_contact(Name="Right", ContactPersons=[{"FirstName": "Zoe"}])
    connector.sync()

    linking.sever(connector.desk, account)
    linking.relink(connector.desk, account, right)
    world.edit("accounts", account, telephone1="2")

    assert connector.sync().failed == []
    assert linked(world, account) == right
    assert "2" in str(world.in_xero("Right")["Phones"])
    assert world.persons("Right") == ["Zoe", "Ann Alf"]
    assert str(world.in_xero("Alfreds")["ContactID"]) == wrong
    assert str(world.in_xero("Alfreds")["ContactNumber"]).endswith(account)
    assert not world.in_xero("Right").get("ContactNumber")


def test_r16_a_typed_xero_id_beats_our_number_on_another_contact(world: World) -> None:
    account = world.account("Alfreds")
    with world.connector("before") as connector:
        connector.sync()
    right = world.xero_contact(Name="Right")
    world.edit("accounts", account, xero_id=right)

    with world.connector("after") as connector:
        report = connector.sync()

    assert report.failed == []
    assert linked(world, account) == right


def test_r12_what_is_out_of_scope_takes_no_partner(world: World) -> None:
    class Big(AccountToContact):
        scope_reads = ("numberofemployees",)

        @classmethod
        def scope(cls, values: Values) -> bool:
            return values.get("numberofemployees") is not None

    contact = world.xero_contact(Name="Alfreds", AccountNumber="A1")
    account = world.account("Alfreds", accountnumber="A1")
    with Connector.from_settings(world.settings(), mappings=[Big]) as connector:
        connector.provision_apply()
        connector.sync()
        assert linked(world, account) is None
        world.edit("accounts", account, numberofemployees=7)
        connector.sync()

    assert linked(world, account) == contact


def test_r15_a_row_that_is_gone_is_not_linked_by_a_person(
    world: World, connector: Connector
) -> None:
    contact = world.xero_contact(Name="Alfreds")
    account = world.account("Alfreds")
    connector.sync()
    world.edit("accounts", account, statecode=1, statuscode=2)
    connector.sync()

    with pytest.raises(SettingsError, match="inactive"):
        linking.accept(connector.desk, account, contact)

    connector.sync()
    assert world.in_xero("Alfreds")["ContactStatus"] == "ACTIVE"
