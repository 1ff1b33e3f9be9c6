"""What is stored of what was seen: nothing goes backwards, and the base knows what was carried."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.model import Answer, Page, Purpose, Record, SideName, Value
from dynamics_xero.ports import Side
from dynamics_xero.rows import Stored
from dynamics_xero.sync import run
from dynamics_xero.sync.pull import SLICE_ROWS, pull, store_page
from dynamics_xero.sync.trip import Limits, Trip
from tests.sides import PassingSide, Sending
from tests.trips.engine_room import Room, jump, room
from tests.trips.world import World

pytestmark = pytest.mark.trip


@pytest.fixture(autouse=True)
def _provisioned(connector: Connector) -> None:
    """Both twins know our columns."""


@pytest.mark.parametrize(
    ("later_s", "by", "taken"),
    [
        pytest.param(-60, 1, False, id="asked before the last answer came"),
        pytest.param(60, -1, False, id="an older version"),
        pytest.param(60, 0, True, id="the same version with other content"),
        pytest.param(60, 1, True, id="a newer version"),
    ],
)
def test_r2_an_observation_counts_only_if_it_is_no_older(
    world: World, later_s: int, by: int, *, taken: bool
) -> None:
    account = world.account("Alfreds", telephone1="1")
    with room(world) as here:
        trip = worked(here)
        before = stored(trip, account)

        show(trip, before, [newer(before, {"telephone1": "9"}, by=by)], later_s=later_s)

        shown = stored(trip, account).record
        with trip.store.read() as tx:
            due = tx.links.due("main", "account", now=trip.now(), limit=9)
    assert shown.values["telephone1"] == ("9" if taken else "1")
    assert [link.dynamics_id for link in due] == ([account] if taken else [])


def test_r1_a_page_of_many_rows_is_stored_whole_or_not_and_its_last_word_on_a_row_counts(
    world: World,
) -> None:
    account = world.account("Alfreds", telephone1="1")
    with room(world) as here:
        trip = worked(here)
        before = stored(trip, account)
        ids = [str(uuid.UUID(int=number)) for number in range(SLICE_ROWS)]
        others = [replace(before.record, id=row_id) for row_id in ids]
        first, last = (newer(before, {"telephone1": text}) for text in ("8", "9"))
        unstorable = newer(before, {"odd": trip.now().replace(tzinfo=None)})
        with pytest.raises(ValueError, match="time zone"):
            show(trip, before, [first, *others, replace(unstorable, id=str(uuid.uuid4()))])
        untouched = stored(trip, account)

        show(trip, before, [first, *others, last], later_s=0)

        with trip.store.read() as tx:
            there = tx.records.get(trip.key(SideName.DYNAMICS), "account", ids)
        after = stored(trip, account)
    assert untouched == before
    assert len(there) == SLICE_ROWS
    assert after.record.values["telephone1"] == "9"


def test_r2_a_page_that_was_asked_for_before_our_write_does_not_undo_it(world: World) -> None:
    account = world.account("Alfreds", telephone1="1")
    with room(world) as here:
        trip = worked(here)
        source = trip.source(SideName.XERO, "Contact")
        with trip.store.read() as tx:
            row = tx.cursors.get(trip.key(SideName.XERO), "Contact")
        assert row is not None
        early = trip.sides[SideName.XERO].changes(source.feed, None)
        world.edit("accounts", account, telephone1="2")
        run.run_once(trip)
        mark = world.mark()

        store_page(trip, source, early, row)
        run.run_once(trip)

    assert world.written(mark) == []
    assert world.in_dynamics("account", account)["telephone1"] == "2"
    assert "'2'" in str(world.in_xero("Alfreds")["Phones"])


def test_r8_an_edit_seen_while_a_call_was_away_is_carried_next(world: World) -> None:
    account = world.account("Alfreds", telephone1="1")
    trips: list[Trip] = []

    def edit_meanwhile() -> None:
        world.edit("accounts", account, telephone1="3")
        pull(trips[0], trips[0].source(SideName.DYNAMICS, "account"))

    with room(world) as before:
        worked(before).lane.release()
    world.edit("accounts", account, telephone1="2")
    with room(world, xero=lambda side: Interrupted(side, edit_meanwhile)) as here:
        trips.append(here.trip())
        assert trips[0].lane.take()
        run.run_once(trips[0])
        run.run_once(trips[0])

    sent = [
        entry["after"]
        for entry in world.xero.entries(actor="connector")
        if entry["action"] == "update"
    ]
    assert ["'2'" in str(sent[0]), "'3'" in str(sent[-1])] == [True, True]
    assert world.in_dynamics("account", account)["telephone1"] == "3"
    assert "'3'" in str(world.in_xero("Alfreds")["Phones"])


def test_r23_a_call_that_waited_for_others_leaves_after_a_fresh_read(world: World) -> None:
    first = world.account("Alfreds")
    second = world.account("Berglunds", address1_city="Berlin")
    places: list[Room] = []
    address = {"AddressType": "POBOX", "City": "Berlin", "PostalCode": "10115"}

    def edit_meanwhile() -> None:
        world.edit_xero(str(world.in_xero("Berglunds")["ContactID"]), Addresses=[address])
        jump(world, places[0].clock, 40)

    def slow(side: Side) -> Side:
        return Interrupted(side, edit_meanwhile, first)

    with room(world, dynamics=slow, limits=Limits(senders=1)) as here:
        places.append(here)
        trip = worked(here)
        world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), CompanyNumber="HRB 7")
        pull(trip, trip.source(SideName.XERO, "Contact"))  # so it is the one that goes first
        world.edit("accounts", second, address1_city="Lund")
        run.run_once(trip)

    found = str(world.in_xero("Berglunds")["Addresses"])
    assert ("'Lund'" in found, "'10115'" in found) == (True, True)
    assert world.in_dynamics("account", second)["address1_postalcode"] == "10115"


class Interrupted(PassingSide):
    """A side during whose first write of data, onto this row if given, somebody does something."""

    def __init__(self, side: Side, meanwhile: Callable[[], None], row: str | None = None) -> None:
        super().__init__(side)
        self._meanwhile = [meanwhile]
        self._row = row

    def sending(self, sending: Sending) -> list[Answer]:
        answers = super().sending(sending)
        is_it = self._row in (None, *(write.id for write in sending.writes))
        while self._meanwhile and sending.purpose is Purpose.DATA and is_it:
            self._meanwhile.pop()()
        return answers


def worked(here: Room) -> Trip:
    """Return a trip that has carried everything and keeps its lane."""
    trip = here.trip()
    assert trip.lane.take()
    run.run_once(trip)
    return trip


def stored(trip: Trip, account: str) -> Stored:
    """Return an account as the mirror holds it."""
    with trip.store.read() as tx:
        return tx.records.get(trip.key(SideName.DYNAMICS), "account", [account])[account]


def newer(known: Stored, values: Mapping[str, Value], *, by: int = 1) -> Record:
    """Return what a row shows so many versions later."""
    shown = {**known.record.values, **values}
    return replace(known.record, values=shown, version=known.record.version + by)


def show(trip: Trip, known: Stored, records: Sequence[Record], *, later_s: int = 60) -> None:
    """Let a page of the accounts' feed show the rows, asked for so much later than that one."""
    source = trip.source(SideName.DYNAMICS, "account")
    with trip.store.read() as tx:
        row = tx.cursors.get(trip.key(SideName.DYNAMICS), "account")
    assert row is not None
    assert row.cursor is not None
    assert known.answered_at is not None
    asked = known.answered_at + timedelta(seconds=later_s)
    shown = tuple(records)
    page = Page(shown, row.cursor, more=False, complete=True, started_at=asked, began_at=asked)
    store_page(trip, source, page, row)
