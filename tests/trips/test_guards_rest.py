"""A remote that takes no call is left alone for a while, and tried with one small call (R19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.errors import LostAnswerError, ThrottledError, UnavailableError
from dynamics_xero.model import SideName
from dynamics_xero.rows import GuardKind, GuardRow
from dynamics_xero.sync import run
from dynamics_xero.sync.breaker import FAILURES, REST_S, TRIAL, Breaker
from dynamics_xero.sync.trip import Limits, Trip
from tests.trips.engine_room import Room, jump, room
from tests.trips.test_outages import Ticker
from tests.trips.world import World

AWAY = {"kind": "503", "method": "PUT", "path": "/Contacts", "probability": 1.0, "times": 1000}


def away(world: World, **rule: object) -> None:
    world.xero.post("faults", {"seed": 1, "rules": [{**AWAY, **rule}]})


def calls(world: World) -> int:
    stats = world.xero.get("stats")
    assert isinstance(stats, dict)
    return sum(
        one["calls"] for path, one in stats["by_endpoint"].items() if "PUT /Contacts" in path
    )


def breaker(room: Room) -> GuardRow | None:
    with room.store.read() as tx:
        return tx.guards.get("main", "account", GuardKind.BREAKER_XERO)


SOON = Limits(senders=1, deadline_s=20.0, call_s=10.0)


@pytest.fixture(autouse=True)
def _provisioned(connector: Connector) -> None:
    """Both twins know our columns."""


@pytest.fixture
def small(world: World) -> Iterator[Room]:
    """A process that decides two records at a time, one call each round."""
    with room(world, limits=replace(SOON, round_size=2)) as small:
        yield small


def looking(room: Room) -> Trip:
    trip = replace(room.trip(), patient=False)
    assert trip.lane.take()
    run.pull_all(trip)
    return trip


def fail(world: World, trip: Trip, times: int) -> None:
    """Let the remote refuse so many calls; what became of each is known before the next."""
    for _ in range(times):
        run.one_round(trip)
        jump(world, trip.clock, 45)
        run.pull_all(trip)


def test_r19_after_five_failures_in_a_row_nothing_is_sent(world: World, small: Room) -> None:
    for number in range(4):
        world.account(f"Company {number}")
    trip = looking(small)
    away(world)
    before = calls(world)
    fail(world, trip, FAILURES - 1)
    row = breaker(small)
    assert row is not None
    assert (row.count, row.until) == (FAILURES - 1, None)

    trip.random.seed(7)
    run.one_round(trip)
    run.one_round(trip)
    run.one_round(trip)

    row = breaker(small)
    assert row is not None
    assert row.until is not None
    assert 0 < (row.until - trip.now()).total_seconds() <= REST_S[0]
    assert calls(world) - before == FAILURES


def test_r19_the_rest_grows_and_one_small_call_ends_it(world: World) -> None:
    for number in range(TRIAL + 5):
        world.account(f"Company {number}")
    with room(world, limits=SOON) as big:
        trip = looking(big)
        away(world)
        fail(world, trip, FAILURES)
        rests = []
        for _ in range(8):
            run.one_round(trip)
            row = breaker(big)
            assert row is not None
            assert row.until is not None
            rests.append((row.until - trip.now()).total_seconds())
            jump(world, trip.clock, REST_S[1])
            run.pull_all(trip)
        assert max(rests[4:]) > REST_S[0]
        world.reset_faults()
        before = calls(world)

        run.one_round(trip)

        assert (calls(world) - before, len(world.all_in_xero())) == (1, TRIAL)
        assert breaker(big) is None
        run.one_round(trip)
        assert len(world.all_in_xero()) == TRIAL + 5


def test_r19_what_is_said_about_records_is_no_failure_of_the_remote(
    world: World, small: Room
) -> None:
    for number in range(2 * FAILURES + 2):
        world.account(f"Company {number}", emailaddress1="a..b@x.example")
    trip = looking(small)

    for _ in range(FAILURES + 1):
        run.one_round(trip)

    assert breaker(small) is None


def test_r19_one_answer_ends_the_count(world: World, small: Room) -> None:
    for number in range(4):
        world.account(f"Company {number}")
    trip = looking(small)
    away(world, times=FAILURES - 1)
    fail(world, trip, FAILURES - 1)
    assert breaker(small) is not None

    run.one_round(trip)

    assert breaker(small) is None
    assert len(world.all_in_xero()) == 2


def test_r19_a_rest_is_shown_and_outlives_its_process(world: World, connector: Connector) -> None:
    for number in range(2):
        world.account(f"Company {number}")
    away(world)
    with room(world, limits=replace(SOON, round_size=1)) as one:
        trip = looking(one)
        trip.random.seed(1)
        fail(world, trip, FAILURES)
        one_row = breaker(one)
        trip.lane.release()
    assert one_row is not None
    before = calls(world)

    (told,) = connector.guards()
    assert (told["guard"], told["state"], told["count"]) == ("breaker_xero", "resting", FAILURES)
    world.reset_faults()
    connector.sync()

    assert calls(world) > before
    assert connector.guards() == []
    assert len(world.all_in_xero()) == 2


def test_r32_a_remote_that_stays_away_parks_nothing(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    away(world)
    with room(world, limits=SOON) as one:
        trip = looking(one)
        fail(world, trip, FAILURES + 2)
        with one.store.read() as tx:
            (link,) = tx.links.by_dynamics("main", "account", [account]).values()
        trip.lane.release()
    assert link.status.value == "Not synced"
    world.reset_faults()
    jump(world, connector.desk.shop.clock, REST_S[1])

    report = connector.sync()

    assert report.failed == []
    assert len(world.all_in_xero()) == 1


def test_r32_a_sync_by_hand_does_not_wait_for_ever(world: World, connector: Connector) -> None:
    world.account("Alfreds")
    away(world)

    with Ticker(world), pytest.raises(UnavailableError):
        connector.sync()


def test_r19_an_answer_of_one_side_says_nothing_about_the_other(small: Room) -> None:
    trip = looking(small)
    lost = LostAnswerError("no answer")
    breaker_of_both = Breaker(trip, "account")
    for _ in range(FAILURES):
        breaker_of_both.note(SideName.XERO, lost)
        breaker_of_both.note(SideName.DYNAMICS, None)

    assert breaker_of_both.on_trial(SideName.XERO)
    assert not breaker_of_both.on_trial(SideName.DYNAMICS)
    breaker_of_both.note(SideName.XERO, ThrottledError("spent", retry_after_s=1))
    assert Breaker(trip, "account").on_trial(SideName.XERO)
    breaker_of_both.note(SideName.XERO, None)
    assert not Breaker(trip, "account").on_trial(SideName.XERO)
