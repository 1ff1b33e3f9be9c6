"""Contacts of an account over real sockets: primary person, list of persons, moves, limits."""

from __future__ import annotations

from dynamics_xero.connector import Connector
from tests.trips.world import World, remarks


def make_primary(world: World, account: str, contact: str) -> None:
    world.bind("accounts", account, "primarycontactid", f"/contacts({contact})")


def test_a_contact_becomes_a_person_and_says_so(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    contact = world.contact(account, "Maria", "Anders", emailaddress1="maria@x.example")

    connector.sync()

    row = world.in_dynamics("contact", contact)
    assert world.persons("Alfreds") == ["Maria Anders"]
    assert row["xero_id"] is None
    assert row["xero_lastsyncedon"]


def test_r27_a_contact_added_later_joins_the_existing_xero_contact(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    world.contact(account, "Maria", "Anders")
    connector.sync()

    world.contact(account, "Hans", "Müller")
    connector.sync()

    assert world.persons("Alfreds") == ["Maria Anders", "Hans Müller"]
    assert len(world.all_in_xero()) == 1


def test_the_primary_contact_is_the_xero_primary_person(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders", emailaddress1="maria@x.example")
    world.contact(account, "Hans", "Müller")
    make_primary(world, account, maria)

    connector.sync()

    contact = world.in_xero("Alfreds")
    assert (contact["FirstName"], contact["LastName"]) == ("Maria", "Anders")
    assert contact["EmailAddress"] == "maria@x.example"
    assert world.persons("Alfreds") == ["Hans Müller"]


def test_a_change_of_the_primary_contact_moves_both_people(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    hans = world.contact(account, "Hans", "Müller")
    make_primary(world, account, maria)
    connector.sync()

    make_primary(world, account, hans)
    connector.sync()

    assert world.in_xero("Alfreds")["FirstName"] == "Hans"
    assert world.persons("Alfreds") == ["Maria Anders"]


def test_an_e_mail_change_of_the_primary_contact_reaches_xero(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders", emailaddress1="old@x.example")
    make_primary(world, account, maria)
    connector.sync()

    world.edit("contacts", maria, emailaddress1="new@x.example")
    connector.sync()

    assert world.in_xero("Alfreds")["EmailAddress"] == "new@x.example"


def test_r27_people_added_in_xero_survive_a_change_here(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    connector.sync()
    theirs = {"FirstName": "Zoe", "LastName": "Xero", "EmailAddress": "zoe@x.example"}
    ours = {"FirstName": "Maria", "LastName": "Anders"}
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit_xero(contact, ContactPersons=[theirs, ours])

    world.edit("contacts", maria, lastname="Schmidt")
    connector.sync()

    assert world.persons("Alfreds") == ["Zoe Xero", "Maria Schmidt"]


def test_r27_more_than_the_primary_and_five_is_told_on_the_one_too_many(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    primary = world.contact(account, "Prima", "Donna")
    make_primary(world, account, primary)
    others = [world.contact(account, f"P{n}", "X") for n in range(6)]

    report = connector.sync()

    told = remarks(report)
    assert len(world.persons("Alfreds")) == 5
    assert len(told) == 1
    assert set(told) <= set(others)
    assert "five" in next(iter(told.values()))


def test_r27_a_place_that_becomes_free_is_taken_by_who_waits(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    people = [world.contact(account, f"P{n}", "X") for n in range(6)]
    waiting = next(iter(remarks(connector.sync())))

    world.delete("contacts", next(person for person in people if person != waiting))
    report = connector.sync()

    assert report.failed == []
    assert len(world.persons("Alfreds")) == 5


def test_r6_a_contact_moved_to_another_account_changes_lists(
    world: World, connector: Connector
) -> None:
    old, new = world.account("Old Ltd"), world.account("New Ltd")
    maria = world.contact(old, "Maria", "Anders")
    world.contact(old, "Hans", "Müller")
    connector.sync()

    world.bind("contacts", maria, "parentcustomerid_account", f"/accounts({new})")
    report = connector.sync()

    assert world.persons("Old Ltd") == ["Hans Müller"]
    assert world.persons("New Ltd") == ["Maria Anders"]
    assert report.failed == []


def test_r6_a_deleted_contact_leaves_the_list(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    world.contact(account, "Hans", "Müller")
    connector.sync()

    world.delete("contacts", maria)
    connector.sync()

    assert world.persons("Alfreds") == ["Hans Müller"]


def test_r27_a_list_that_xero_will_not_empty_is_said_once(
    world: World, connector: Connector
) -> None:
    world.xero.post("switches", {"empty_persons_list": "keeps"})
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    connector.sync()

    world.delete("contacts", maria)
    connector.sync()
    told = world.in_dynamics("account", account)["xero_remark"]
    mark = world.mark()
    connector.sync()

    assert "last person" in str(told)
    assert world.written(mark) == []


def test_r27_the_last_person_leaves_where_xero_empties_lists(
    world: World, connector: Connector
) -> None:
    world.xero.post("switches", {"empty_persons_list": "clears"})
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    connector.sync()

    world.delete("contacts", maria)
    connector.sync()

    assert world.persons("Alfreds") == []


def test_a_contact_with_a_bad_mail_fails_alone_and_heals(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders", emailaddress1="no mail")
    world.contact(account, "Hans", "Müller")

    refused = connector.sync()
    world.edit("contacts", maria, emailaddress1="maria@x.example")
    healed = connector.sync()

    assert list(remarks(refused)) == [maria]
    assert healed.failed == []
    assert sorted(world.persons("Alfreds")) == ["Hans Müller", "Maria Anders"]


def test_people_wait_for_a_company_that_cannot_be_sent(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", address1_country="X" * 51)
    maria = world.contact(account, "Maria", "Anders")

    blocked = remarks(connector.sync())
    world.edit("accounts", account, address1_country="Germany")
    healed = connector.sync()

    assert set(blocked) == {account, maria}
    assert "company" in blocked[maria]
    assert healed.failed == []
    assert world.persons("Alfreds") == ["Maria Anders"]


def test_people_count_under_contact(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    world.contact(account, "Maria", "Anders")
    world.contact(account, "Hans", "Müller")

    entities = connector.sync().connections[0].as_json()["entities"]

    assert isinstance(entities, dict)
    assert entities["account"]["to_xero"]["create"] == 1
    assert entities["contact"]["to_xero"]["create"] == 2
