"""Webhooks as triggers: a lane looks before it would poll; lost and doubled ones do no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.model import SideName
from dynamics_xero.settings import Settings
from tests.contract.receiver import KEY, Receiver, receiving
from tests.sandbox import Control
from tests.trips.world import World
from tests.waiting import until, until_idle

pytestmark = pytest.mark.trip

POLL_S = 3600.0
LIMIT_S = 60.0
SIDES = pytest.mark.parametrize("side", list(SideName))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return somebody who listens."""
    with receiving() as open_receiver:
        yield open_receiver


@pytest.fixture
def rarely(world: World) -> Iterator[Connector]:
    """Return a connector in step with the twins; it polls once an hour and has just done so."""
    with world.connector() as first:
        world.account("Alfreds", telephone1="1")
        first.sync()
    with Connector.from_settings(polled_rarely(world.settings())) as connector:
        yield connector


def polled_rarely(settings: Settings) -> Settings:
    """Return settings under which no feed is polled while a test runs."""
    connections = {
        name: replace(
            one,
            dynamics=replace(one.dynamics, poll_s=POLL_S),
            xero=replace(one.xero, poll_s=POLL_S),
        )
        for name, one in settings.connections.items()
    }
    return replace(settings, connections=connections)


@SIDES
def test_r4_an_edit_that_a_webhook_tells_of_is_carried_long_before_the_next_poll(
    world: World, rarely: Connector, receiver: Receiver, side: SideName
) -> None:
    subscribe(world, side, receiver)
    edit(world, side, "2")
    receiver.next()
    rarely.look("main")
    unheard = shown_opposite(world, side)

    rarely.ring("main", side)
    rarely.look("main")

    assert unheard == "1"
    assert shown_opposite(world, side) == "2"


@SIDES
def test_r26_a_webhook_that_comes_twice_costs_no_second_write(
    world: World, rarely: Connector, receiver: Receiver, side: SideName
) -> None:
    subscribe(world, side, receiver)
    strike(world, side, "duplicate_webhook")
    mark = world.mark()
    edit(world, side, "2")

    for _ in range(2):
        receiver.next()
        rarely.ring("main", side)
        rarely.look("main")

    changed = [row for row in world.written(mark) if row["resource"] == opposite(side)]
    carrying = [row for row in changed if row["fields"] != ["xero_lastsyncedon"]]
    assert len(carrying) == 1
    assert shown_opposite(world, side) == "2"


@SIDES
def test_r5_an_edit_whose_webhook_is_lost_waits_for_the_next_poll(
    world: World, rarely: Connector, receiver: Receiver, side: SideName
) -> None:
    subscribe(world, side, receiver)
    strike(world, side, "lose_webhook")
    edit(world, side, "2")
    idle(control(world, side))
    rarely.look("main")
    before, told = shown_opposite(world, side), receiver.all()

    world.dynamics.post("clock", {"advance_s": POLL_S})

    def polled() -> bool:
        rarely.look("main")
        return shown_opposite(world, side) != "1"

    until("the poll, once the connector has noticed the jump", polled, pause_s=0)

    assert (before, told) == ("1", [])


def test_r26_webhooks_about_our_own_writes_come_to_rest(
    world: World, rarely: Connector, receiver: Receiver
) -> None:
    for side in SideName:
        subscribe(world, side, receiver)
    edit(world, SideName.DYNAMICS, "2")

    rounds = 0
    while heard(world, receiver):
        rounds += 1
        assert rounds < 5, "our own writes go round in circles"
        for side in SideName:
            rarely.ring("main", side)
        rarely.look("main")
    mark = world.mark()
    rarely.look("main")

    assert rounds >= 2  # the person's edit, and what came of our writes
    assert shown_opposite(world, SideName.DYNAMICS) == "2"
    assert world.written(mark) == []


def test_r4_a_ring_goes_on_where_the_feed_stands(world: World, rarely: Connector) -> None:
    for number in range(20):
        world.account(f"Company {number}")
    rarely.ring("main", SideName.DYNAMICS)
    rarely.look("main")
    before = world.dynamics.stats()["rows_read"]

    rarely.ring("main", SideName.DYNAMICS)
    rarely.look("main")
    again = world.dynamics.stats()["rows_read"]
    rarely.ring("main", SideName.DYNAMICS)
    rarely.look("main")

    assert again - before < 100
    assert world.dynamics.stats()["rows_read"] - again < 20  # currencies are read whole


def test_a_worker_that_is_told_by_its_broker_looks_at_once(
    world: World, rarely: Connector, receiver: Receiver
) -> None:
    side = SideName.XERO
    rarely.close()
    subscribe(world, side, receiver)
    with working(world) as environment:
        edit(world, side, "2")
        receiver.next()
        ring = f"from worker.tasks import ring; ring.delay('main', '{side.value}')"
        subprocess.run([sys.executable, "-c", ring], env=environment, check=True, timeout=LIMIT_S)
        until("its look", lambda: shown_opposite(world, side) == "2", limit_s=LIMIT_S)

    assert shown_opposite(world, side) == "2"


@contextmanager
def working(world: World) -> Iterator[dict[str, str]]:
    """Run a real worker that polls once an hour; gives the environment it runs in."""
    kept = {name: text for name, text in os.environ.items() if "DYNAMICS_XERO_" not in name}
    environment = {
        **kept,
        "DYNAMICS_XERO_CONFIG": str(world.serving.settings_file),
        "DYNAMICS_XERO_STATE": world.settings().state,
        "DYNAMICS_XERO_CONNECTIONS__MAIN__DYNAMICS__POLL_S": str(POLL_S),
        "DYNAMICS_XERO_CONNECTIONS__MAIN__XERO__POLL_S": str(POLL_S),
    }
    log = world.folder / "worker.log"
    with log.open("wb") as stream:
        worker = subprocess.Popen(
            [sys.executable, "-m", "dynamics_xero.cli", "worker"],
            env=environment,
            stdout=stream,
            stderr=stream,
            cwd=world.folder,
        )
    try:
        yield environment
    finally:
        worker.terminate()
        try:
            worker.wait(LIMIT_S)
        finally:
            worker.kill()
            worker.wait()
    assert_no_fault(log)


def assert_no_fault(log: Path) -> None:
    """Fail with the worker's log when it tells of a defect."""
    told = log.read_text("utf-8")
    assert "Traceback" not in told, told


def control(world: World, side: SideName) -> Control:
    """Return the control calls of a side."""
    return world.xero if side is SideName.XERO else world.dynamics


def subscribe(world: World, side: SideName, receiver: Receiver) -> None:
    """Have a side tell the receiver what is written there."""
    control(world, side).post("webhooks", {"url": receiver.url, "key": KEY})


def strike(world: World, side: SideName, kind: str) -> None:
    """Let a fault befall the next message of a side."""
    rule = {"kind": kind, "probability": 1.0, "times": 1}
    control(world, side).post("faults", {"seed": 1, "rules": [rule]})


def edit(world: World, side: SideName, number: str) -> None:
    """Let a person change the phone of the one company."""
    if side is SideName.DYNAMICS:
        (account,) = world.dynamics.rows("account")
        world.edit("accounts", str(account["accountid"]), telephone1=number)
        return
    (contact,) = world.all_in_xero()
    phone = {"PhoneType": "DEFAULT", "PhoneNumber": number}
    world.edit_xero(str(contact["ContactID"]), Phones=[phone])


def shown_opposite(world: World, side: SideName) -> object:
    """Return the phone on the side that was not edited."""
    if side is SideName.XERO:
        (account,) = world.dynamics.rows("account")
        return account["telephone1"]
    (contact,) = world.all_in_xero()
    phones = contact["Phones"]
    assert isinstance(phones, list)
    return next(row["PhoneNumber"] for row in phones if row["PhoneType"] == "DEFAULT")


def opposite(side: SideName) -> str:
    """Return the resource that an edit on this side is carried to."""
    return "account" if side is SideName.XERO else "Contact"


def heard(world: World, receiver: Receiver) -> bool:
    """Wait until nothing is under way, and say whether anything came in."""
    idle(world.dynamics)
    idle(world.xero)
    return bool(receiver.all())


def idle(twin: Control) -> None:
    """Wait until a twin has sent all it had to tell."""
    until_idle(lambda: twin.get("webhooks"), limit_s=LIMIT_S)
