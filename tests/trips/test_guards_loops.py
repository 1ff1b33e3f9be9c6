"""Two programs that put their own values back: the third write is the last one (R19)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from dynamics_xero.connector import Connector
from dynamics_xero.store.store import Store
from dynamics_xero.sync.loops import LOOP, WINDOW
from tests.trips.engine_room import jump
from tests.trips.world import World, remarks


@pytest.fixture
def account(world: World, connector: Connector) -> str:
    """Return the account of a company that both sides know, with the number 1."""
    created = world.account("Alfreds", telephone1="1")
    connector.sync()
    return created


def phone(world: World, number: str) -> None:
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit_xero(contact, Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": number}])


def flip(world: World, connector: Connector, account: str, times: int) -> None:
    """In turns, a program in Xero wants "2" and one in Dynamics wants "1"."""
    for turn in range(times):
        if turn % 2 == 0:
            phone(world, "2")
        else:
            world.edit("accounts", account, telephone1="1")
        connector.sync()


def writes(world: World, mark: dict[str, int]) -> int:
    return sum(bool(row["changed"]) and _carries(row) for row in world.written(mark))


def _carries(row: dict[str, object]) -> bool:
    return any(str(name).startswith(("telephone1", "Phones")) for name in _fields(row))


def _fields(row: dict[str, object]) -> list[object]:
    fields = row["fields"]
    assert isinstance(fields, list)
    return fields


def test_r19_the_same_two_values_to_and_fro_end_in_a_conflict(
    world: World, connector: Connector, account: str
) -> None:
    mark = world.mark()

    flip(world, connector, account, 2)
    assert connector.sync().failed == []
    flip(world, connector, account, 1)
    third = connector.sync()
    world.edit("accounts", account, telephone1="1")
    fourth = connector.sync()

    assert LOOP in remarks(third)[account]
    assert "Main phone goes to and fro between “2” and “1”" in remarks(fourth)[account]
    assert writes(world, mark) == 3
    assert world.in_dynamics("account", account)["telephone1"] == "1"
    assert "'2'" in str(world.in_xero("Alfreds")["Phones"])


def test_r19_two_writes_are_no_circle_yet(world: World, connector: Connector, account: str) -> None:
    flip(world, connector, account, 2)

    assert connector.sync().failed == []


def test_r19_the_same_two_values_over_a_longer_time_are_peoples_business(
    world: World, connector: Connector, account: str
) -> None:
    flip(world, connector, account, 2)
    jump(world, connector.desk.shop.clock, WINDOW.total_seconds() + 1)

    flip(world, connector, account, 2)

    assert connector.sync().failed == []


def test_r19_a_stopped_record_stays_stopped_when_time_passes(
    world: World, connector: Connector, account: str
) -> None:
    flip(world, connector, account, 4)
    jump(world, connector.desk.shop.clock, 10 * WINDOW.total_seconds())
    mark = world.mark()

    world.edit("accounts", account, fax="9")
    report = connector.sync()

    assert LOOP in remarks(report)[account]
    assert writes(world, mark) == 0


def test_r19_a_new_value_ends_it(world: World, connector: Connector, account: str) -> None:
    flip(world, connector, account, 4)

    world.edit("accounts", account, telephone1="3")
    report = connector.sync()

    assert report.failed == []
    assert "'3'" in str(world.in_xero("Alfreds")["Phones"])


def test_r19_the_same_value_on_both_sides_ends_it_too(
    world: World, connector: Connector, account: str
) -> None:
    flip(world, connector, account, 4)

    phone(world, "1")
    report = connector.sync()

    assert report.failed == []


def test_r19_edits_of_many_values_go_through(
    world: World, connector: Connector, account: str
) -> None:
    for number in range(2, 8):
        world.edit("accounts", account, telephone1=str(number))
        report = connector.sync()

    assert report.failed == []
    assert "'7'" in str(world.in_xero("Alfreds")["Phones"])


def test_r19_a_stopped_record_is_known_by_more_than_the_words_of_its_remark(
    world: World, connector: Connector, account: str
) -> None:
    flip(world, connector, account, 4)
    with Store.open(world.settings().state) as store, store.connect() as connection:
        connection.execute(sa.text("UPDATE link SET remark = 'In other words.'"))
        connection.commit()
    jump(world, connector.desk.shop.clock, 10 * WINDOW.total_seconds())
    mark = world.mark()

    world.edit("accounts", account, fax="9")
    report = connector.sync()

    assert LOOP in remarks(report)[account]
    assert writes(world, mark) == 0


def mail(world: World, address: str) -> None:
    """Somebody in Xero gives Ann, the only person of the list, another address."""
    contact = str(world.in_xero("Alfreds")["ContactID"])
    ann = {"FirstName": "Ann", "LastName": "Lee", "EmailAddress": address}
    world.edit_xero(contact, ContactPersons=[{**ann, "IncludeInEmails": False}])


def test_r19_a_person_that_goes_to_and_fro_is_stopped_and_the_company_goes_on(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    ann = world.contact(account, "Ann", "Lee", emailaddress1="1@x.example")
    connector.sync()
    for _turn in range(2):
        mail(world, "2@x.example")
        connector.sync()
        world.edit("contacts", ann, emailaddress1="1@x.example")
        fourth = connector.sync()
    shown = str(world.in_xero("Alfreds")["ContactPersons"])
    world.edit("accounts", account, fax="9")
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit_xero(contact, FirstName="Zoe", LastName="Poe")
    world.edit_xero(contact, Phones=[{"PhoneType": "MOBILE", "PhoneNumber": "77"}])
    jump(world, connector.desk.shop.clock, 10 * WINDOW.total_seconds())
    later = connector.sync()
    still = str(world.in_xero("Alfreds")["ContactPersons"])
    world.edit("contacts", ann, emailaddress1="3@x.example")
    ended = connector.sync()

    assert "E-mail goes to and fro between “2@x.example” and “1@x.example”" in remarks(fourth)[ann]
    assert LOOP in remarks(later)[ann]
    assert "2@x.example" in shown
    assert shown == still
    assert world.in_dynamics("contact", ann)["emailaddress1"] == "3@x.example"
    assert "9" in str(world.in_xero("Alfreds")["Phones"])
    assert ended.failed == []
    assert "3@x.example" in str(world.in_xero("Alfreds")["ContactPersons"])


def test_r19_an_account_that_is_put_to_rest_and_back_ends_in_a_conflict(
    world: World, connector: Connector
) -> None:
    world.flip("unarchive_allowed", "yes")
    account = world.account("Alfreds")
    connector.sync()
    mark = world.mark()
    reports = []
    for turn in range(5):
        away = turn % 2 == 0
        world.edit("accounts", account, statecode=int(away), statuscode=2 if away else 1)
        reports.append(connector.sync())

    assert [LOOP in remarks(report).get(account, "") for report in reports] == [
        *(False, False),  # archived, restored
        *(True, True, True),  # archived a third time, left so, equal again a moment ago
    ]
    assert "Active or not" in remarks(reports[3])[account]
    moved = [e for e in world.written(mark) if e["resource"] == "Contact" and e["changed"]]
    assert len(moved) == 3
    assert world.in_xero("Alfreds")["ContactStatus"] == "ARCHIVED"
    jump(world, connector.desk.shop.clock, WINDOW.total_seconds() + 60)
    world.edit("accounts", account, fax="9")
    assert connector.sync().failed == []
