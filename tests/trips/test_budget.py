"""Calls are gathered, shared out and told of: what a worker does with what is left of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.connector.slices import work_slice
from dynamics_xero.errors import ThrottledError
from dynamics_xero.model import Answer, SideName
from dynamics_xero.ports import Clock, Side
from dynamics_xero.sync import run
from dynamics_xero.sync.lanes import held
from dynamics_xero.sync.trip import Limits
from dynamics_xero.xero.side import XeroSide
from tests.sides import PassingSide, Sending
from tests.trips.engine_room import Room, jump, room
from tests.trips.spent import Meter
from tests.trips.world import World
from tests.trips.xero_world import CONTACTS
from tests.waiting import until

pytestmark = pytest.mark.trip

LINGER_S = 300.0
HURRY = 60.0
"""How many times as fast a minute is waited out."""

LIMIT_S = 20.0


@contextmanager
def gathering(world: World) -> Iterator[Connector]:
    """Open a connector that gathers for five minutes, or three records."""
    settings = world.settings()
    limits = replace(settings.limits, batch=3, batch_most=3)
    with Connector.from_settings(replace(settings, linger_s=LINGER_S, limits=limits)) as opened:
        opened.provision_apply()
        yield opened


def look(connector: Connector) -> float:
    """Look at both sides, whatever the poll intervals say."""
    for side in SideName:
        connector.ring("main", side)
    return connector.look("main")


@contextmanager
def short_day(world: World, clock: Clock, calls: int) -> Iterator[None]:
    """Let a new day begin that has so few calls, and end it."""
    jump(world, clock, 86_401)
    world.xero.post("quota", {"minute": 5000, "day": calls})
    yield
    world.xero.post("quota", {"minute": 60, "day": 5000})
    jump(world, clock, 61)


def budget(connector: Connector) -> dict[str, Any]:
    """Return what `status` says of the limits."""
    document: dict[str, Any] = connector.status()
    found: dict[str, Any] = document["connections"]["main"]["budget"]
    return found


def spend(side: Side, contact_id: str, calls: int) -> None:
    """Read a contact so many times."""
    for _ in range(calls):
        side.read(CONTACTS, [contact_id])


def fill_minute(side: Side, clock: Clock, contact_id: str, *, but: int = 0) -> None:
    """Use Xero's minute up, all but so many calls."""
    assert isinstance(side, XeroSide)
    window = side.standing(side.sign_in.tenant().id).windows["minute"]
    spend(side, contact_id, window.free(clock.now().timestamp(), 0) - but)


def phones(world: World) -> dict[object, object]:
    """Return each contact's default number by name."""
    return {
        row["Name"]: phone["PhoneNumber"]
        for row in world.all_in_xero()
        for phone in row["Phones"]  # type: ignore[attr-defined]
        if phone["PhoneType"] == "DEFAULT"
    }


def test_r23_a_partial_batch_waits_for_more_and_nothing_else_does(world: World) -> None:
    names = ("Ant", "Bee", "Cat", "Dog", "Elk")
    with gathering(world) as connector:
        ids = {name: world.account(name, telephone1="1") for name in names}
        connector.sync()  # a run by hand sends at once
        meter = Meter(dynamics=world.dynamics, xero=world.xero)

        world.edit("accounts", ids["Ant"], telephone1="2")
        world.edit_xero(str(world.in_xero("Bee")["ContactID"]), EmailAddress="bee@example.com")
        wait_s = look(connector)
        held_back = phones(world)

        assert held_back["Ant"] == "1"
        assert meter.spent().xero_writes == 1  # the edit by hand
        assert world.in_dynamics("account", ids["Bee"])["emailaddress1"] == "bee@example.com"
        assert wait_s > 0
        assert connector.sweep() == ["main"]  # what waits is still known to be due

        for name in ("Cat", "Dog"):
            world.edit("accounts", ids[name], telephone1="3")
        look(connector)
        full = phones(world)

        assert (full["Ant"], full["Cat"], full["Dog"]) == ("2", "3", "3")
        assert meter.spent().xero_writes == 2

        world.edit("accounts", ids["Elk"], telephone1="4")
        look(connector)
        jump(world, connector.desk.shop.clock, LINGER_S / 3)
        look(connector)
        early = phones(world)["Elk"]
        jump(world, connector.desk.shop.clock, LINGER_S / 3)
        look(connector)  # Xero was read just now, and half the time is over

        assert early == "1"
        assert phones(world)["Elk"] == "4"


def test_a_record_that_a_person_put_right_does_not_wait_for_others(world: World) -> None:
    with gathering(world) as connector:
        bad = world.account("Fox", emailaddress1="accounts..desk@example.com")
        failed = connector.sync().failed

        world.edit("accounts", bad, emailaddress1="accounts@example.com")
        look(connector)

        assert [row.dynamics_id for row in failed] == [bad]
        assert world.in_xero("Fox")["EmailAddress"] == "accounts@example.com"


def test_r35_a_load_leaves_the_rest_of_the_day_to_edits_and_status_says_what_waits(
    world: World,
) -> None:
    with world.connector() as connector:
        gnu = world.account("Gnu", telephone1="1")
        connector.sync()
        fresh = budget(connector)
        with short_day(world, connector.desk.shop.clock, 100):
            world.edit("accounts", gnu, telephone1="2")
            for number in range(9):
                world.account(f"Herd {number}")
            with room(world, limits=Limits(round_size=3)) as worker:
                xero = worker.connection.sides[SideName.XERO]
                spend(xero, str(world.in_xero("Gnu")["ContactID"]), 62)
                trip = replace(worker.trip(), patient=False)
                for _ in range(2):
                    with (
                        held(trip.lane),
                        pytest.raises(ThrottledError, match="a load may use 60 %"),
                    ):
                        work_slice(worker.connection, trip)
                    jump(world, worker.clock, LINGER_S)  # so few calls are left: edits gather
            status = budget(connector)

    assert phones(world)["Gnu"] == "2"
    assert {row["Name"] for row in world.all_in_xero()} == {"Gnu"}
    assert fresh["waits"] == []
    assert fresh["xero"]["left_today"]["load"] > 2900
    assert fresh["xero"]["bytes_today"] > 0
    assert 9000 < fresh["xero"]["app_left_this_minute"] < 10_000
    assert fresh["dynamics"]["requests_left"] < 6000
    assert status["xero"]["left_today"]["load"] == 0
    assert status["xero"]["left_today"]["ordinary"] > 20
    assert [text for text in status["waits"] if "a load may use 60 %" in text]
    assert not [text for text in status["waits"] if "ordinary" in text]


class Crowded(PassingSide):
    """A side before whose first write of data others come first; then time flies."""

    def __init__(self, side: Side, world: World, meanwhile: Callable[[Side], None]) -> None:
        super().__init__(side)
        self._world = world
        self._meanwhile = [meanwhile]

    def sending(self, sending: Sending) -> list[Answer]:
        if not self._meanwhile:
            return super().sending(sending)
        self._meanwhile.pop()(self._side)
        with self._world.hurried(HURRY):
            return super().sending(sending)


def test_r23_a_write_that_waited_for_xero_s_minute_leaves_after_a_fresh_read(
    world: World,
) -> None:
    account = world.account("Jackal", address1_city="Berlin")
    address = {"AddressType": "POBOX", "City": "Berlin", "PostalCode": "10115"}
    places: list[Room] = []
    meter = Meter(dynamics=world.dynamics, xero=world.xero)

    def edit_meanwhile(side: Side) -> None:
        contact = str(world.in_xero("Jackal")["ContactID"])
        fill_minute(side, places[0].clock, contact)
        world.edit_xero(contact, Addresses=[address])

    with world.connector() as connector:
        connector.sync()
    world.edit("accounts", account, address1_city="Lund")
    with room(world, xero=lambda side: Crowded(side, world, edit_meanwhile)) as here:
        places.append(here)
        trip = here.trip()
        with held(trip.lane):
            run.run_once(trip)

    found = str(world.in_xero("Jackal")["Addresses"])
    assert ("'Lund'" in found, "'10115'" in found) == (True, True)
    assert world.in_dynamics("account", account)["address1_postalcode"] == "10115"
    assert meter.spent().xero_writes == 3  # one to create it, one by hand, and one of ours


def test_r23_a_plan_is_carried_out_though_xero_s_minute_is_over_and_what_moved_is_skipped(
    world: World, tmp_path: Path
) -> None:
    with world.connector() as connector, ThreadPoolExecutor(1) as threads:
        ids = {name: world.account(name, telephone1="1") for name in ("Kiwi", "Lynx")}
        connector.sync()
        for account in ids.values():
            world.edit("accounts", account, telephone1="2")
        connector.plan(out=tmp_path / "plan.json")
        (one,) = connector.desk.connections.values()
        lynx = str(world.in_xero("Lynx")["ContactID"])
        fill_minute(one.sides[SideName.XERO], connector.desk.shop.clock, lynx, but=2)
        meter = Meter(dynamics=world.dynamics, xero=world.xero)

        applying = threads.submit(connector.apply, tmp_path / "plan.json")
        # what is left of the minute
        until("both reads", lambda: meter.spent().xero_reads == 2, limit_s=LIMIT_S)
        world.edit_xero(lynx, Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": "3"}])
        with world.hurried(HURRY):
            applied = applying.result()

        assert [each["dynamics_id"] for each in applied.skipped] == [ids["Lynx"]]
        assert phones(world) == {"Kiwi": "2", "Lynx": "3"}
        assert meter.spent().xero_writes == 2  # one of them by hand


def test_r5_the_worker_compares_both_sides_whole_when_the_wheel_comes_round(world: World) -> None:
    settings = replace(world.settings(), reconcile_days=1)
    with Connector.from_settings(settings) as connector:
        connector.provision_apply()
        never = connector.turn_wheel("main")
        world.account("Ibis")
        connector.sync()
        soon = connector.turn_wheel("main")
        jump(world, connector.desk.shop.clock, 86_401)
        meter = Meter(dynamics=world.dynamics, xero=world.xero)
        due = connector.turn_wheel("main")
        again = connector.turn_wheel("main")

        assert (never, soon, due, again) == (False, False, True, False)
        assert meter.spent().xero_reads >= 1
        assert meter.spent().xero_writes == 0


@pytest.mark.usefixtures("connector")
def test_larger_calls_make_larger_rounds_so_that_five_are_still_sent_at_once(world: World) -> None:
    for number in range(17):
        world.account(f"Company {number}")
    with room(world, limits=Limits(round_size=4)) as here, short_day(world, here.clock, 1000):
        trip = here.trip()
        assert trip.lane.take()
        run.pull_all(trip)

        run.one_round(trip)

        assert len(world.all_in_xero()) == 4 * 400 // 100
        trip.lane.release()
