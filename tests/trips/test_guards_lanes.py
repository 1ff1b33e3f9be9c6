"""Two workers on one database: whoever was taken over neither sends nor stores anything (R21)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.errors import LockedError, RetryableError
from dynamics_xero.model import Answer, Purpose, Status, Write
from dynamics_xero.ports import Side
from dynamics_xero.sync import run
from dynamics_xero.sync.lanes import LEASE_S
from dynamics_xero.sync.pull import store_page
from dynamics_xero.sync.trip import Limits, Trip
from tests.sides import PassingSide, Sending
from tests.trips.engine_room import Room, jump, room
from tests.trips.world import World

SOON = Limits(deadline_s=2.0, call_s=1.0)


class Watched(PassingSide):
    """A side that calls somebody before, or after, it writes."""

    def __init__(
        self,
        side: Side,
        *,
        before: Callable[[], None] = lambda: None,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(side)
        self._before, self._after = before, after

    def batches(self, writes: Sequence[Write], *, purpose: Purpose) -> list[tuple[int, ...]]:
        found = super().batches(writes, purpose=purpose)
        self._before()
        return found

    def sending(self, sending: Sending) -> list[Answer]:
        answers = super().sending(sending)
        self._after()
        return answers


def taken_over(world: World, other: Room) -> Callable[[], None]:
    """Return what another worker does once the lease of the first has run out."""

    def take() -> None:
        jump(world, other.clock, LEASE_S + 1)
        assert other.trip("worker two").lane.take()

    return take


def work(trip: Trip) -> None:
    assert trip.lane.take()
    run.run_once(trip)
    trip.lane.release()


@pytest.fixture(autouse=True)
def _provisioned(connector: Connector) -> None:
    """Both twins know our columns."""


def once(when: Callable[[], bool], do: Callable[[], None]) -> Callable[[], None]:
    """Return a call that does something the first time that it is so."""
    done: list[bool] = []

    def call() -> None:
        if not done and when():
            done.append(True)
            do()

    return call


def test_r21_a_worker_that_was_taken_over_writes_no_call_down(world: World) -> None:
    world.account("Alfreds")
    with room(world) as other:
        take = taken_over(world, other)
        with room(world, xero=lambda side: Watched(side, before=take)) as stale:
            trip = stale.trip()
            trip.lane.take()
            with pytest.raises(LockedError):
                run.run_once(trip)

        with other.store.read() as tx:
            assert tx.requests.opened("main") == []
        work(other.trip("worker two"))

    assert len(world.all_in_xero()) == 1


@pytest.mark.parametrize("senders", [1, 5])
def test_r21_the_fence_is_checked_right_before_each_call_leaves(world: World, senders: int) -> None:
    """Even if the call was written down while the lane was still held."""
    world.account("Alfreds")
    with room(world) as other:

        def is_written_down() -> bool:
            with other.store.read() as tx:
                return bool(tx.requests.opened("main"))

        hook = once(is_written_down, taken_over(world, other))
        with room(world, limits=Limits(senders=senders), committed=hook) as stale:
            trip = stale.trip()
            trip.lane.take()
            with pytest.raises(LockedError):
                run.run_once(trip)

        assert world.all_in_xero() == []
        work(other.trip("worker two"))

    assert len(world.all_in_xero()) == 1


def test_r21_nothing_is_written_back_by_a_worker_that_was_taken_over(world: World) -> None:
    account = world.account("Alfreds")
    with room(world) as other:
        take = taken_over(world, other)
        with room(world, dynamics=lambda side: Watched(side, before=take)) as stale:
            trip = stale.trip()
            trip.lane.take()
            with pytest.raises(LockedError):
                run.run_once(trip)

        assert len(world.all_in_xero()) == 1
        assert world.in_dynamics("account", account)["xero_id"] is None
        work(other.trip("worker two"))

    assert world.in_dynamics("account", account)["xero_id"]


def test_r22_an_answer_that_comes_too_late_is_left_to_the_new_owner(world: World) -> None:
    account = world.account("Alfreds")
    with room(world, limits=SOON) as other:
        take = taken_over(world, other)
        with room(world, limits=SOON, xero=lambda side: Watched(side, after=take)) as stale:
            trip = stale.trip()
            trip.lane.take()
            with pytest.raises(LockedError):
                run.run_once(trip)

        with other.store.read() as tx:
            (link,) = tx.links.by_dynamics("main", "account", [account]).values()
            opened = tx.requests.opened("main")
        assert (link.xero_id, link.status) == (None, Status.NOT_SYNCED)
        assert [row.action for row in opened] == ["create"]
        jump(world, other.clock, 10)
        work(other.trip("worker two"))

    (contact,) = world.all_in_xero()
    assert world.in_dynamics("account", account)["xero_id"] == contact["ContactID"]
    creates = [e for e in world.xero.entries(actor="connector") if e["action"] == "create"]
    assert len(creates) == 1


def test_r2_what_the_new_owner_read_is_not_replaced_by_a_late_page(world: World) -> None:
    """A page that was asked for before the lane changed hands is not stored any more."""
    account = world.account("Alfreds")
    with room(world) as other, room(world) as stale:
        trip = stale.trip()
        trip.lane.take()
        source = trip.sources[0]
        page = trip.sides[source.side].changes(source.feed, None)
        world.edit("accounts", account, telephone1="030-2")
        jump(world, other.clock, LEASE_S + 1)
        work(other.trip("worker two"))
        with other.store.read() as tx:
            before = tx.cursors.get(trip.key(source.side), source.feed.resource)

        assert before is not None
        with pytest.raises(LockedError):
            store_page(trip, source, page, before)

    assert "030-2" in str(world.in_xero("Alfreds")["Phones"])


def test_r21_two_workers_at_once_double_nothing(world: World) -> None:
    made = [world.account(f"Company {number}") for number in range(30)]

    def look() -> None:
        with world.connector() as mine:
            for _ in range(6):
                try:
                    mine.look("main")
                except RetryableError:
                    continue

    workers = [threading.Thread(target=look) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)

    names = [row["Name"] for row in world.all_in_xero()]
    assert sorted(map(str, names)) == sorted(f"Company {n}" for n in range(30))
    creates = [e for e in world.xero.entries(actor="connector") if e["action"] == "create"]
    assert len(creates) == len(made)


def test_two_tickers_that_ring_for_the_same_work_do_it_once(
    world: World, connector: Connector
) -> None:
    world.account("Alfreds")
    connector.look("main")
    mark = world.mark()

    for _ in range(3):
        connector.sweep()
        connector.look("main")

    assert world.written(mark) == []


def test_a_lost_message_costs_delay_only(world: World, connector: Connector) -> None:
    """Nobody rings: what is due is found by the sweeper, for as long as it is due."""
    account = world.account("Alfreds")
    rule = {"kind": "503", "method": "PUT", "path": "/Contacts", "probability": 1.0, "times": 1}
    world.xero.post("faults", {"seed": 1, "rules": [rule]})
    connector.look("main")
    assert world.all_in_xero() == []
    assert connector.sweep() == ["main"]
    jump(world, connector.desk.shop.clock, 400)
    assert connector.sweep() == ["main"]

    connector.look("main")

    assert world.in_dynamics("account", account)["xero_id"]
    assert connector.sweep() == []


def test_r21_an_interrupted_run_is_told_by_status(world: World, connector: Connector) -> None:
    world.account("Alfreds")
    rule = {"kind": "drop_answer", "method": "PUT", "path": "/Contacts", "times": 1}
    world.xero.post("faults", {"seed": 1, "rules": [{**rule, "probability": 1.0}]})

    connector.look("main")

    told = connector.status()["connections"]
    assert isinstance(told, Mapping)
    assert told["main"]["calls_without_answer"] == 1
    assert connector.sweep() == ["main"]
