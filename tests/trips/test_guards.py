"""Removals that are many at once wait for a person; everything else goes on (R19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.connector.report import Report
from dynamics_xero.errors import SettingsError
from dynamics_xero.sync import run
from dynamics_xero.sync.guards import CYCLE, HELD
from dynamics_xero.sync.trip import Limits
from tests.trips.engine_room import room
from tests.trips.world import World, remarks

MOST = 20


def accounts(world: World, number: int) -> list[str]:
    return [world.account(f"Company {place}") for place in range(number)]


def deactivate(world: World, ids: Sequence[str]) -> None:
    for account in ids:
        world.edit("accounts", account, statecode=1, statuscode=2)


def archived(world: World) -> int:
    return sum(row["ContactStatus"] == "ARCHIVED" for row in world.all_in_xero())


def asked(report: Report) -> list[str]:
    return list(report.connections[0].asks)


def standing(connector: Connector) -> list[tuple[object, object, object]]:
    return [(one["entity"], one["state"], one["held"]) for one in connector.guards()]


def test_r19_twenty_accounts_at_once_are_archived_without_a_question(
    world: World, connector: Connector
) -> None:
    made = accounts(world, MOST + 2)
    connector.sync()
    deactivate(world, made[:MOST])

    report = connector.sync()

    assert archived(world) == MOST
    assert asked(report) == []
    assert connector.guards() == []


def test_r19_twenty_one_wait_while_everything_else_goes_on(
    world: World, connector: Connector
) -> None:
    made = accounts(world, MOST + 2)
    connector.sync()
    deactivate(world, made[: MOST + 1])
    world.edit("accounts", made[-1], telephone1="030-1")

    report = connector.sync()

    assert archived(world) == 0
    assert "030-1" in str(world.in_xero(f"Company {MOST + 1}")["Phones"])
    assert "guards approve account" in asked(report)[0]
    assert set(remarks(report).values()) == {HELD}
    assert standing(connector) == [("account", "waits", MOST + 1)]
    status = connector.status()["connections"]
    assert isinstance(status, dict)
    assert status["main"]["asks"] == asked(report)


def test_r19_what_is_held_stays_held_until_a_person_agrees(
    world: World, connector: Connector
) -> None:
    made = accounts(world, MOST + 1)
    connector.sync()
    deactivate(world, made)
    connector.sync()

    world.edit("accounts", made[0], telephone1="030-1")
    connector.sync()
    connector.replay(every=True)
    again = connector.sync()
    assert archived(world) == 0
    assert asked(again) != []

    assert connector.approve("account") == MOST + 1
    report = connector.sync()

    assert archived(world) == MOST + 1
    assert asked(report) == []
    assert connector.guards() == []


def test_r19_a_mistake_that_is_taken_back_needs_no_answer(
    world: World, connector: Connector
) -> None:
    made = accounts(world, MOST + 1)
    connector.sync()
    deactivate(world, made)
    connector.sync()
    for account in made:
        world.edit("accounts", account, statecode=0, statuscode=1)

    report = connector.sync()

    assert archived(world) == 0
    assert report.failed == []
    assert asked(report) == []
    assert connector.guards() == []


def test_r19_what_goes_after_a_yes_is_asked_about_anew(world: World, connector: Connector) -> None:
    made = accounts(world, 2 * MOST + 2)
    connector.sync()
    deactivate(world, made[: MOST + 1])
    connector.sync()
    connector.approve("account")
    deactivate(world, made[MOST + 1 :])

    report = connector.sync()

    assert archived(world) == MOST + 1
    assert "guards approve account" in asked(report)[0]
    assert standing(connector) == [("account", "waits", MOST + 1)]


def test_r19_only_what_is_held_can_be_agreed_to(connector: Connector) -> None:
    with pytest.raises(SettingsError, match="Nothing of account waits"):
        connector.approve("account")
    with pytest.raises(SettingsError, match="no entity cat"):
        connector.approve("cat")


def test_r19_nothing_leaves_before_all_rounds_are_counted(world: World) -> None:
    made = accounts(world, MOST + 1)
    with world.connector() as connector:
        connector.sync()
    deactivate(world, made)

    with room(world, limits=Limits(round_size=5)) as small:
        trip = small.trip()
        assert trip.lane.take()
        run.run_once(trip)
        trip.lane.release()

    assert archived(world) == 0


def test_r19_a_cycle_is_counted_over_processes(world: World) -> None:
    made = accounts(world, MOST + 2)
    with world.connector() as connector:
        connector.sync()
    deactivate(world, made[: MOST - 1])
    _look(world)
    assert archived(world) == MOST - 1
    deactivate(world, made[MOST - 1 : MOST + 1])

    _look(world)

    assert archived(world) == MOST - 1


def test_r19_the_next_cycle_counts_from_nothing(world: World) -> None:
    made = accounts(world, MOST + 2)
    with world.connector() as connector:
        connector.sync()
    deactivate(world, made[: MOST - 1])
    _look(world)
    world.dynamics.post("clock", {"advance_s": CYCLE.total_seconds() + 60})
    _look(world)
    deactivate(world, made[MOST - 1 : MOST + 1])

    _look(world)

    assert archived(world) == MOST + 1


def test_r19_many_people_deleted_at_once_wait_too(world: World, connector: Connector) -> None:
    other = world.account("Quiet")
    people = []
    for n in range(6):
        company = world.account(f"Crowd {n}")
        world.contact(company, "Person", f"Of {n} who stays")
        people += [world.contact(company, "Person", f"Of {n} {m}") for m in range(4)]
    connector.sync()
    people_before = _people(world)
    for person in people[: MOST + 1]:
        world.delete("contacts", person)
    world.edit("accounts", other, telephone1="030-1")

    report = connector.sync()

    assert _people(world) == people_before
    assert "030-1" in str(world.in_xero("Quiet")["Phones"])
    assert "guards approve contact" in asked(report)[0]
    connector.approve("contact")
    assert asked(connector.sync()) == []
    assert _people(world) == people_before - MOST - 1


def _people(world: World) -> int:
    lists = [row.get("ContactPersons") or [] for row in world.all_in_xero()]
    return sum(len(each) for each in lists if isinstance(each, list))


def _look(world: World) -> None:
    """A worker's process looks once, after every poll interval has passed, and ends."""
    world.dynamics.post("clock", {"advance_s": timedelta(minutes=5).total_seconds() / 2})
    with world.connector() as connector:
        connector.look("main")
