"""A load keeps both sides busy: what is written back and read in it, and when."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.model import Answer, Feed, Page, Purpose, SideName
from dynamics_xero.ports import Side
from dynamics_xero.sync import run
from dynamics_xero.sync.trip import Limits
from tests.sides import PassingSide, Sending
from tests.trips.engine_room import room
from tests.trips.world import World

pytestmark = pytest.mark.trip

SMALL = Limits(round_size=4, write_back_size=4)
LONGEST_S = 5.0
A_LITTLE_S = 0.2


@dataclass
class Seen:
    """What went on at once. written: calls that wrote to Xero, or edited Dynamics, meanwhile."""

    written_back: bool = False
    xero_written: threading.Event = field(default_factory=threading.Event)
    together: int = 0
    crossed: list[str] = field(default_factory=list)


class Xero(PassingSide):
    """Says so when it is written to during a write-back."""

    def __init__(self, side: Side, seen: Seen) -> None:
        super().__init__(side)
        self._seen = seen

    def sending(self, sending: Sending) -> list[Answer]:
        self._seen.together += self._seen.written_back
        self._seen.xero_written.set()
        return super().sending(sending)


class Dynamics(PassingSide):
    """Takes its time for the first write-back: till Xero is written to, but at most so long."""

    def __init__(self, side: Side, seen: Seen, longest_s: float) -> None:
        super().__init__(side)
        self._seen = seen
        self._longest_s = longest_s

    def changes(self, feed: Feed, cursor: str | None) -> Page:
        self._note("read")
        return super().changes(feed, cursor)

    def sending(self, sending: Sending) -> list[Answer]:
        self._note("edited" if sending.purpose is Purpose.DATA else "written back")
        if sending.purpose is Purpose.DATA:
            return super().sending(sending)
        self._seen.written_back = True
        self._seen.xero_written.clear()
        try:
            self._seen.xero_written.wait(self._longest_s)
            self._longest_s = 0.0
            return super().sending(sending)
        finally:
            self._seen.written_back = False

    def _note(self, what: str) -> None:
        if self._seen.written_back:
            self._seen.crossed.append(what)


def carried(world: World, seen: Seen, *, longest_s: float) -> None:
    def xero(side: Side) -> Side:
        return Xero(side, seen)

    def dynamics(side: Side) -> Side:
        return Dynamics(side, seen, longest_s)

    with room(world, limits=SMALL, xero=xero, dynamics=dynamics) as here:
        trip = here.trip()
        assert trip.lane.take()
        run.run_once(trip)
        trip.lane.release()


@pytest.fixture(autouse=True)
def _provisioned(connector: Connector) -> None:
    """Both twins know our columns."""


def test_a_load_is_written_back_while_its_next_records_go_to_xero(world: World) -> None:
    accounts = [world.account(f"Company {number}") for number in range(8)]
    seen = Seen()

    carried(world, seen, longest_s=LONGEST_S)

    rows = {str(row["accountid"]): row for row in world.dynamics.rows("account")}
    assert seen.together >= 1
    assert seen.crossed == []
    assert all(rows[account]["xero_id"] for account in accounts)


def test_an_edit_of_dynamics_waits_until_what_was_begun_is_written_back(world: World) -> None:
    old = world.account("Alfreds")
    carried(world, Seen(), longest_s=0.0)
    for number in range(4):
        world.account(f"Company {number}")
    with room(world, limits=SMALL) as here:
        trip = here.trip()
        assert trip.lane.take()
        run.pull_all(trip)  # so the new ones are due before the edit
        trip.lane.release()
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), EmailAddress="a@alfreds.example")
    seen = Seen()

    carried(world, seen, longest_s=A_LITTLE_S)

    assert seen.crossed == []
    assert world.in_dynamics("account", old)["emailaddress1"] == "a@alfreds.example"
    assert world.in_dynamics("account", old)["xero_status"] is not None


def test_a_long_load_reads_xero_again_before_that_takes_a_whole_minute_s_calls(
    world: World,
) -> None:
    for number in range(16):
        world.account(f"Company {number}")
    with room(world, limits=replace(SMALL, most_unread=8)) as here:
        trip = here.trip()
        assert trip.lane.take()
        run.pull_all(trip)
        before = trip.sides[SideName.XERO].calls.counts()["read"]
        run.work(trip)
        after = trip.sides[SideName.XERO].calls.counts()["read"]
        trip.lane.release()

    assert len(world.all_in_xero()) == 16
    assert after - before == 1
