"""Two programs that put their own values back: the third write is the last one (R19)."""

from __future__ import annotations

from dynamics_xero.connector import Connector
from dynamics_xero.sync.loops import LOOP, WINDOW
from tests.trips.engine_room import jump
from tests.trips.world import World, remarks


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
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
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


def test_r19_two_writes_are_no_circle_yet(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()

    flip(world, connector, account, 2)

    assert connector.sync().failed == []


def test_r19_the_same_two_values_over_a_longer_time_are_peoples_business(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    flip(world, connector, account, 2)
    jump(world, connector.desk.shop.clock, WINDOW.total_seconds() + 1)

    flip(world, connector, account, 2)

    assert connector.sync().failed == []


def test_r19_a_stopped_record_stays_stopped_when_time_passes(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    flip(world, connector, account, 4)
    jump(world, connector.desk.shop.clock, 10 * WINDOW.total_seconds())
    mark = world.mark()

    world.edit("accounts", account, fax="9")
    report = connector.sync()

    assert LOOP in remarks(report)[account]
    assert writes(world, mark) == 0


def test_r19_a_new_value_ends_it(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    flip(world, connector, account, 4)

    world.edit("accounts", account, telephone1="3")
    report = connector.sync()

    assert report.failed == []
    assert "'3'" in str(world.in_xero("Alfreds")["Phones"])


def test_r19_the_same_value_on_both_sides_ends_it_too(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    flip(world, connector, account, 4)

    phone(world, "1")
    report = connector.sync()

    assert report.failed == []


def test_r19_edits_of_many_values_go_through(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()

    for number in range(2, 8):
        world.edit("accounts", account, telephone1=str(number))
        report = connector.sync()

    assert report.failed == []
    assert "'7'" in str(world.in_xero("Alfreds")["Phones"])
