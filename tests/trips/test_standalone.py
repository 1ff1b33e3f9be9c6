"""A contact of no company is a Xero contact of its own, until it joins one (R14)."""

from __future__ import annotations

from dynamics_xero.connector import Connector
from tests.trips.test_both_ways import changed
from tests.trips.world import World


def alone(world: World, first: str, last: str, **columns: object) -> str:
    """Create a contact of no account; returns its id."""
    row = {"firstname": first, "lastname": last, **columns}
    made = world.person("POST", "contacts", row, Prefer="return=representation")
    return str(made["contactid"])


def company_and_stranger(world: World) -> tuple[str, str]:
    """Create a company with a person who stays, and Maria, who stands alone; return their ids."""
    account = world.account("Alfreds")
    world.contact(account, "Hans", "Berg")
    return account, alone(world, "Maria", "Anders")


def test_r14_a_contact_of_no_company_is_a_contact_of_its_own(
    world: World, connector: Connector
) -> None:
    maria = alone(world, "Maria", "Anders", emailaddress1="maria@x.example", mobilephone="0170")

    report = connector.sync()

    there = world.in_xero("Maria Anders")
    assert (there["FirstName"], there["EmailAddress"]) == ("Maria", "maria@x.example")
    row = world.in_dynamics("contact", maria)
    assert row["xero_id"] == there["ContactID"]
    assert report.failed == []
    before = world.mark()
    connector.sync()
    assert world.written(before) == []


def test_r7_an_edit_in_xero_of_such_a_contact_comes_back(
    world: World, connector: Connector
) -> None:
    maria = alone(world, "Maria", "Anders")
    connector.sync()
    world.edit_xero(str(world.in_xero("Maria Anders")["ContactID"]), EmailAddress="m@x.example")
    before = world.mark()

    connector.sync()

    assert world.in_dynamics("contact", maria)["emailaddress1"] == "m@x.example"
    assert changed(world, before) == [("contact", "update")]


def test_r14_one_that_joins_a_company_is_its_person_and_keeps_its_own_contact_at_rest(
    world: World, connector: Connector
) -> None:
    account, maria = company_and_stranger(world)
    connector.sync()
    own = str(world.in_xero("Maria Anders")["ContactID"])
    world.edit(
        "contacts", maria, **{"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    )

    report = connector.sync()

    assert world.persons("Alfreds") == ["Hans Berg", "Maria Anders"]
    assert world.in_dynamics("contact", maria)["xero_id"] is None
    assert world.in_xero("Maria Anders")["ContactStatus"] == "ACTIVE"
    assert report.failed == []
    world.edit("contacts", maria, emailaddress1="m@alfreds.example")
    connector.sync()
    assert not world.in_xero("Maria Anders").get("EmailAddress")

    world.edit("contacts", maria, **{"parentcustomerid_account@odata.bind": None})
    connector.sync()
    assert world.persons("Alfreds") == ["Hans Berg"]
    there = world.in_xero("Maria Anders")
    assert (there["ContactID"], there["EmailAddress"]) == (own, "m@alfreds.example")
    assert world.in_dynamics("contact", maria)["xero_id"] == own


def test_r14_becoming_parentless_creates_no_contact(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    connector.sync()
    world.edit("contacts", maria, **{"parentcustomerid_account@odata.bind": None})

    connector.sync()
    world.edit("contacts", maria, emailaddress1="m@x.example")
    connector.sync()

    assert [row["Name"] for row in world.all_in_xero()] == ["Alfreds"]
    assert "belongs to no account" in str(world.in_dynamics("contact", maria)["xero_remark"])


def test_r15_one_that_is_deleted_archives_its_contact(world: World, connector: Connector) -> None:
    maria = alone(world, "Maria", "Anders")
    connector.sync()
    world.delete("contacts", maria)

    connector.sync()

    assert world.in_xero("Maria Anders")["ContactStatus"] == "ARCHIVED"


def test_r15_one_that_is_deleted_while_its_own_contact_rests_leaves_that_alone(
    world: World, connector: Connector
) -> None:
    account, maria = company_and_stranger(world)
    connector.sync()
    world.bind("contacts", maria, "parentcustomerid_account", f"/accounts({account})")
    connector.sync()
    world.delete("contacts", maria)

    connector.sync()

    assert world.persons("Alfreds") == ["Hans Berg"]
    assert world.in_xero("Maria Anders")["ContactStatus"] == "ACTIVE"


def test_r17_a_person_and_a_company_of_one_name_do_not_share_a_contact(
    world: World, connector: Connector
) -> None:
    world.account("Maria Anders")
    maria = alone(world, "Maria", "Anders")

    connector.sync()

    assert len(world.all_in_xero()) == 1
    assert "unique" in str(world.in_dynamics("contact", maria)["xero_remark"])
