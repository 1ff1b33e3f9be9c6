"""People at the edges: twins, shared e-mails, moves with deletes, who leaves and who stays."""

from __future__ import annotations

import pytest

from dynamics_xero.connector import Connector
from tests.trips.world import World, remarks

SYNCED = "Synced"


def status(connector: Connector, contact: str) -> str | None:
    """Return how a contact's link stands, None when there is none."""
    found = [row for row in connector.links(entity="contact") if row["dynamics_id"] == contact]
    return str(found[0]["status"]) if found else None


def touch(world: World, connector: Connector, account: str) -> None:
    """Change the company, so that its list is decided again, and sync."""
    world.edit("accounts", account, telephone1="touched")
    connector.sync()


def test_r27_two_people_of_one_name_and_no_mail_both_stay(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    twins = [world.contact(account, "Hans", "Müller") for _ in range(2)]
    connector.sync()

    touch(world, connector, account)

    assert world.persons("Alfreds") == ["Hans Müller", "Hans Müller"]
    assert [status(connector, twin) for twin in twins] == [SYNCED, SYNCED]


def test_r27_one_of_two_people_of_one_name_leaves_and_one_stays(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    first, second = (world.contact(account, "Hans", "Müller") for _ in range(2))
    connector.sync()

    world.delete("contacts", first)
    report = connector.sync()

    assert world.persons("Alfreds") == ["Hans Müller"]
    assert report.failed == []
    assert status(connector, second) == SYNCED


def test_r27_a_namesake_added_later_takes_nobodys_place(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    old = world.contact(account, "Maria", "Anders", emailaddress1="m@x.example")
    connector.sync()

    new = world.contact(account, "Maria", "Anders", emailaddress1="m@x.example")
    report = connector.sync()

    assert world.persons("Alfreds") == ["Maria Anders", "Maria Anders"]
    assert report.failed == []
    assert {status(connector, old), status(connector, new)} == {SYNCED}


def test_r27_one_of_two_people_who_share_an_e_mail_is_renamed_alone(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    shared = "info@x.example"
    maria = world.contact(account, "Maria", "Anders", emailaddress1=shared)
    world.contact(account, "Hans", "Müller", emailaddress1=shared)
    connector.sync()

    world.edit("contacts", maria, lastname="Schmidt")
    report = connector.sync()

    assert sorted(world.persons("Alfreds")) == ["Hans Müller", "Maria Schmidt"]
    assert report.failed == []


def test_r27_a_person_renamed_in_xero_is_still_the_same_contact(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders", emailaddress1="m@x.example")
    connector.sync()
    row = {"FirstName": "Mary", "LastName": "Anders", "EmailAddress": "m@x.example"}
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), ContactPersons=[row])

    touch(world, connector, account)

    assert world.persons("Alfreds") == ["Mary Anders"]
    assert status(connector, maria) == SYNCED


def test_r8_a_persons_field_that_was_not_carried_keeps_its_base(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", emailaddress1="a@x.example")
    maria = world.contact(account, "Maria", "Anders", xero_includeinemails=False)
    connector.sync()
    row = {"FirstName": "Maria", "LastName": "Anders", "IncludeInEmails": True}
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), ContactPersons=[row])
    touch(world, connector, account)

    world.edit("contacts", maria, lastname="Schmidt")
    connector.sync()

    persons = world.in_xero("Alfreds")["ContactPersons"]
    assert isinstance(persons, list)
    assert [(one["LastName"], one["IncludeInEmails"]) for one in persons] == [("Schmidt", True)]


def test_r15_a_stranger_in_xero_is_not_taken_for_a_contact_deleted_here(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    world.contact(account, "Hans", "Müller")
    connector.sync()
    rows = [
        {"FirstName": "Hans", "LastName": "Müller"},
        {"FirstName": "Zoe", "LastName": "Xero", "EmailAddress": "zoe@x.example"},
    ]
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), ContactPersons=rows)

    world.delete("contacts", maria)
    connector.sync()

    assert sorted(world.persons("Alfreds")) == ["Hans Müller", "Zoe Xero"]


def test_r27_a_person_taken_out_in_xero_stays_out_until_changed_here(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    world.contact(account, "Hans", "Müller")
    connector.sync()
    rows = [{"FirstName": "Hans", "LastName": "Müller"}]
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), ContactPersons=rows)

    told = remarks(connector.sync())
    touch(world, connector, account)
    still_out = world.persons("Alfreds")
    world.edit("contacts", maria, emailaddress1="m@x.example")
    healed = connector.sync()

    assert "removed" in told[maria]
    assert still_out == ["Hans Müller"]
    assert healed.failed == []
    assert sorted(world.persons("Alfreds")) == ["Hans Müller", "Maria Anders"]


def test_r27_a_person_put_back_in_xero_by_hand_is_synced_again(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    world.contact(account, "Hans", "Müller")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    hans, back = (
        {"FirstName": f, "LastName": n} for f, n in (("Hans", "Müller"), ("Maria", "Anders"))
    )
    world.edit_xero(contact, ContactPersons=[hans])
    connector.sync()

    world.edit_xero(contact, ContactPersons=[hans, back])
    report = connector.sync()

    assert report.failed == []
    assert status(connector, maria) == SYNCED
    assert sorted(world.persons("Alfreds")) == ["Hans Müller", "Maria Anders"]


def test_an_inactive_contact_leaves_the_list_and_says_so(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    world.contact(account, "Hans", "Müller")
    connector.sync()

    world.edit("contacts", maria, statecode=1, statuscode=2)
    connector.sync()
    left = (world.persons("Alfreds"), status(connector, maria))
    world.edit("contacts", maria, statecode=0, statuscode=1)
    connector.sync()

    assert left == (["Hans Müller"], "Not synced")
    assert sorted(world.persons("Alfreds")) == ["Hans Müller", "Maria Anders"]
    assert status(connector, maria) == SYNCED


@pytest.mark.parametrize("how", ["delete", "deactivate"])
def test_a_primary_contact_that_goes_leaves_xeros_primary_person(
    world: World, connector: Connector, how: str
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders", emailaddress1="m@x.example")
    world.bind("accounts", account, "primarycontactid", f"/contacts({maria})")
    connector.sync()

    if how == "delete":
        world.delete("contacts", maria)
    else:
        world.edit("contacts", maria, statecode=1, statuscode=2)
    report = connector.sync()

    contact = world.in_xero("Alfreds")
    assert report.failed == []
    assert not contact.get("FirstName")
    assert not contact.get("EmailAddress")
    assert status(connector, maria) != SYNCED


def test_a_primary_contact_of_another_account_stands_on_both(
    world: World, connector: Connector
) -> None:
    one, two = world.account("One"), world.account("Two")
    maria = world.contact(one, "Maria", "Anders")
    world.bind("accounts", two, "primarycontactid", f"/contacts({maria})")
    connector.sync()

    world.edit("contacts", maria, lastname="Schmidt")
    report = connector.sync()

    assert world.persons("One") == ["Maria Schmidt"]
    assert world.in_xero("Two")["LastName"] == "Schmidt"
    assert report.failed == []


def test_a_primary_contact_that_moves_away_leaves_one_and_joins_the_other(
    world: World, connector: Connector
) -> None:
    one, two = world.account("One"), world.account("Two")
    maria = world.contact(one, "Maria", "Anders")
    world.bind("accounts", one, "primarycontactid", f"/contacts({maria})")
    connector.sync()

    world.bind("contacts", maria, "parentcustomerid_account", f"/accounts({two})")
    world.edit("accounts", one, **{"primarycontactid@odata.bind": None})
    report = connector.sync()

    assert not world.in_xero("One").get("FirstName")
    assert world.persons("Two") == ["Maria Anders"]
    assert report.failed == []
    assert status(connector, maria) == SYNCED


@pytest.mark.parametrize("position", ["remove_link", "cascade"])
def test_r6_an_account_deleted_and_its_contact_moved_in_the_same_poll(
    world: World, connector: Connector, position: str
) -> None:
    world.dynamics.post("switches", {"account_delete_contacts": position})
    old, new = world.account("Old"), world.account("New")
    maria = world.contact(old, "Maria", "Anders")
    connector.sync()

    world.bind("contacts", maria, "parentcustomerid_account", f"/accounts({new})")
    world.delete("accounts", old)
    report = connector.sync()

    assert world.in_xero("Old")["ContactStatus"] == "ARCHIVED"
    assert world.persons("New") == ["Maria Anders"]
    assert status(connector, maria) == SYNCED
    assert report.failed == []


def test_people_of_a_deleted_account_do_not_stay_synced(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    connector.sync()

    world.delete("accounts", account)
    connector.sync()

    assert status(connector, maria) == "Skipped"
    assert "no account" in str(world.in_dynamics("contact", maria)["xero_remark"])


def test_a_contact_moved_to_a_company_that_cannot_be_sent_waits_for_it(
    world: World, connector: Connector
) -> None:
    good, bad = world.account("Good"), world.account("Bad", address1_country="X" * 51)
    maria = world.contact(good, "Maria", "Anders")
    world.contact(good, "Hans", "Müller")
    connector.sync()

    world.bind("contacts", maria, "parentcustomerid_account", f"/accounts({bad})")
    told = remarks(connector.sync())
    world.edit("accounts", bad, address1_country="Germany")
    healed = connector.sync()

    assert "company" in told[maria]
    assert healed.failed == []
    assert world.persons("Bad") == ["Maria Anders"]


def test_a_person_with_only_an_e_mail_is_kept(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    only = world.contact(account, "", "", emailaddress1="only@x.example")
    connector.sync()

    touch(world, connector, account)

    persons = world.in_xero("Alfreds")["ContactPersons"]
    assert isinstance(persons, list)
    assert [one["EmailAddress"] for one in persons] == ["only@x.example"]
    assert status(connector, only) == SYNCED


def test_r26_a_change_of_the_companys_own_mail_does_not_touch_the_primary_contact(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", emailaddress1="a@x.example")
    maria = world.contact(account, "Maria", "Anders")
    world.bind("accounts", account, "primarycontactid", f"/contacts({maria})")
    connector.sync()
    mark = world.mark()
    world.dynamics.post("clock", {"advance_s": 30})

    world.edit("accounts", account, emailaddress1="b@x.example")
    report = connector.sync()

    entities = report.connections[0].as_json()["entities"]
    assert isinstance(entities, dict)
    assert entities["contact"]["to_xero"]["update"] == 0
    assert [entry for entry in world.written(mark) if entry["resource"] == "contact"] == []


def test_copying_people_in_without_a_company_mail_is_told_and_heals(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(
        account, "Maria", "Anders", emailaddress1="m@x.example", xero_includeinemails=True
    )

    told = remarks(connector.sync())
    world.edit("accounts", account, emailaddress1="a@x.example")
    healed = connector.sync()

    assert "e-mail" in told[account]
    assert healed.failed == []
    assert status(connector, maria) == SYNCED
