"""Conflicts of single fields: listed with both values, and settled by the side a person takes."""

from __future__ import annotations

import pytest

from dynamics_xero import Connector, Field, SettingsError
from dynamics_xero.entities.contact import ContactToPerson
from dynamics_xero.model import SideName
from tests.json_schemas import faults
from tests.trips.world import Row, World, remarks

pytestmark = pytest.mark.trip


def disputed(world: World, connector: Connector) -> str:
    """Link an account, then change its tax number on both sides; returns its id."""
    account = world.account("Alfreds", xero_taxnumber="1")
    connector.sync()
    world.edit("accounts", account, xero_taxnumber="2", telephone1="030-2")
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), TaxNumber="3")
    connector.sync()
    return account


def listed(connector: Connector, *, kept: bool = False) -> list[Row]:
    found = connector.conflicts(kept=kept)
    assert faults("conflicts", {"conflicts": found}) == []
    return found


def test_r7_a_conflict_lists_both_values_the_base_and_since_when(
    world: World, connector: Connector
) -> None:
    account = disputed(world, connector)

    (conflict,) = listed(connector)

    assert (conflict["dynamics_id"], conflict["field"]) == (account, "tax_number")
    assert (conflict["dynamics"], conflict["xero"]) == ("2", "3")
    assert conflict["base"] == {"dynamics": "1", "xero": "1"}
    assert (conflict["owner"], conflict["chosen"]) == ("ask", None)
    assert conflict["since"]


def test_r7_the_fields_beside_a_conflict_flow(world: World, connector: Connector) -> None:
    disputed(world, connector)

    phones = world.in_xero("Alfreds")["Phones"]

    assert isinstance(phones, list)
    assert "030-2" in {one["PhoneNumber"] for one in phones}


@pytest.mark.parametrize(("take", "value"), [(SideName.DYNAMICS, "2"), (SideName.XERO, "3")])
def test_r7_the_side_a_person_takes_stands_on_both_sides(
    world: World, connector: Connector, take: SideName, value: str
) -> None:
    account = disputed(world, connector)
    (conflict,) = listed(connector)

    done = connector.resolve(int(str(conflict["link"])), "tax_number", take)
    chosen = listed(connector)[0]["chosen"]
    report = connector.sync()

    assert faults("conflicts-resolve", {"resolved": done}) == []
    assert chosen == take.value
    assert world.in_xero("Alfreds")["TaxNumber"] == value
    assert world.in_dynamics("account", account)["xero_taxnumber"] == value
    assert listed(connector) == []
    assert report.failed == []


def test_a_choice_counts_once(world: World, connector: Connector) -> None:
    account = disputed(world, connector)
    link = int(str(listed(connector)[0]["link"]))
    connector.resolve(link, "tax_number", SideName.XERO)
    connector.sync()

    world.edit("accounts", account, xero_taxnumber="8")
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), TaxNumber="9")
    connector.sync()

    (again,) = listed(connector)
    assert (again["dynamics"], again["xero"], again["chosen"]) == ("8", "9", None)


def test_a_choice_is_forgotten_when_people_settle_it_themselves(
    world: World, connector: Connector
) -> None:
    account = disputed(world, connector)
    connector.resolve(int(str(listed(connector)[0]["link"])), "tax_number", SideName.XERO)
    world.edit("accounts", account, xero_taxnumber="3")
    connector.sync()

    world.edit("accounts", account, xero_taxnumber="8")
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), TaxNumber="9")
    connector.sync()

    assert [one["field"] for one in listed(connector)] == ["tax_number"]


def test_a_field_that_is_not_in_conflict_cannot_be_resolved(
    world: World, connector: Connector
) -> None:
    disputed(world, connector)
    link = int(str(listed(connector)[0]["link"]))

    with pytest.raises(SettingsError, match="tax_number"):
        connector.resolve(link, "name", SideName.XERO)
    with pytest.raises(SettingsError, match="no link"):
        connector.resolve(link + 1000, "name", SideName.XERO)


def test_r10_what_was_left_different_at_first_contact_is_listed_and_can_be_decided(
    world: World, connector: Connector
) -> None:
    world.xero_contact(Name="Alfreds GmbH", AccountNumber="ALFKI", TaxNumber="DE1")
    account = world.account("Alfreds", accountnumber="ALFKI", xero_taxnumber="DE2")
    connector.sync()

    kept = {str(one["field"]): one for one in listed(connector, kept=True)}
    connector.resolve(int(str(kept["name"]["link"])), "name", SideName.XERO)
    connector.sync()

    assert listed(connector) == []
    assert {"name", "tax_number"} == set(kept)
    assert kept["tax_number"]["kind"] == "kept"
    assert world.in_dynamics("account", account)["name"] == "Alfreds GmbH"
    assert world.in_xero("Alfreds GmbH")["TaxNumber"] == "DE1"


def test_r15_gone_here_and_edited_there_asks_and_a_person_decides(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit("accounts", account, statecode=1, statuscode=2)
    world.edit_xero(contact, EmailAddress="new@x.example")
    report = connector.sync()

    (conflict,) = listed(connector)
    connector.resolve(int(str(conflict["link"])), "state", SideName.DYNAMICS)
    after = connector.sync()

    assert account in remarks(report)
    assert (conflict["field"], conflict["dynamics"], conflict["xero"]) == ("state", "gone", "live")
    assert world.in_xero("Alfreds")["ContactStatus"] == "ARCHIVED"
    assert after.failed == []


def test_a_taken_name_is_listed_with_its_remark(world: World, connector: Connector) -> None:
    world.xero_contact(Name="Alfreds")
    world.account("Alfreds")
    connector.sync()

    (conflict,) = listed(connector)

    assert (conflict["kind"], conflict["field"]) == ("other", None)
    assert "already has a contact" in str(conflict["remark"])


class AskForNames(ContactToPerson):
    """A last name that both sides changed asks."""

    last_name = Field("lastname", "LastName", owner="ask")


@pytest.mark.usefixtures("connector")
@pytest.mark.parametrize(("take", "name"), [(SideName.DYNAMICS, "Berg"), (SideName.XERO, "Carl")])
def test_r27_a_persons_field_in_conflict_is_decided_by_a_person(
    world: World, take: SideName, name: str
) -> None:
    with Connector.from_settings(world.settings("asking"), mappings=[AskForNames]) as asking:
        account = world.account("Alfreds")
        person = world.contact(account, "Maria", "Anders", emailaddress1="m@x.example")
        asking.sync()
        world.edit("contacts", person, lastname="Berg")
        rows = world.in_xero("Alfreds")["ContactPersons"]
        assert isinstance(rows, list)
        changed = {**rows[0], "LastName": "Carl"}
        world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), ContactPersons=[changed])
        asking.sync()

        (conflict,) = listed(asking)
        asking.resolve(int(str(conflict["link"])), "last_name", take)
        asking.sync()

        assert (conflict["entity"], conflict["dynamics_id"]) == ("contact", person)
        assert (conflict["dynamics"], conflict["xero"]) == ("Berg", "Carl")
        assert world.persons("Alfreds") == [f"Maria {name}"]
        assert world.in_dynamics("contact", person)["lastname"] == name
        assert listed(asking) == []
