"""The change feed of the Xero side: whole once, then only what changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynamics_xero.errors import CursorExpiredError
from dynamics_xero.model import ActionKind, Feed, Record, RecordState, Write
from tests.trips.xero_world import CONTACTS, World, created, follow, send, world

pytestmark = pytest.mark.trip


@pytest.fixture(scope="module")
def xero(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("xero")) as running:
        yield running


def name_of(record: Record) -> object:
    return record.values.get("Name")


def test_r3_the_first_read_takes_everything_archived_contacts_too(xero: World) -> None:
    side = xero.fresh()
    kept, gone = created(side, Name="Kept"), created(side, Name="Gone")
    send(side, [Write(ActionKind.ARCHIVE, "Contact", gone.id, {})])

    records, last = follow(side)

    assert {name_of(record): record.state for record in records} == {
        "Kept": RecordState.LIVE,
        "Gone": RecordState.ARCHIVED,
    }
    assert last.complete
    assert kept.id in {record.id for record in records}


def fill(xero: World) -> None:
    """Create 1,500 contacts: two pages."""
    for start in range(0, 1001, 500):
        xero.person("PUT", *[{"Name": f"Bulk {n:04}"} for n in range(start, start + 500)])


def test_r3_a_read_of_several_pages_is_complete_only_at_its_end(xero: World) -> None:
    side = xero.fresh()
    fill(xero)

    first = side.changes(CONTACTS, None)
    second = side.changes(CONTACTS, first.cursor)

    assert (len(first.records), first.more, first.complete) == (1000, True, False)
    assert (len(second.records), second.more, second.complete) == (500, False, True)
    assert len({record.id for record in (*first.records, *second.records)}) == 1500


def test_r23_a_read_of_several_pages_is_as_old_as_its_first_page(xero: World) -> None:
    side = xero.fresh()
    fill(xero)

    first = side.changes(CONTACTS, None)
    second = side.changes(CONTACTS, first.cursor)
    third = side.changes(CONTACTS, second.cursor)

    assert first.began_at == second.began_at == first.started_at < second.started_at
    assert third.began_at == third.started_at


def test_r3_a_contact_renamed_between_two_pages_is_not_missed(xero: World) -> None:
    side = xero.fresh()
    fill(xero)
    first = side.changes(CONTACTS, None)
    moved = first.records[0]

    xero.person("POST", {"ContactID": moved.id, "Name": "zzz moved to the end"})
    second = side.changes(CONTACTS, first.cursor)

    assert len({record.id for record in (*first.records, *second.records)}) == 1500
    later, _ = follow(side, second.cursor)
    assert "zzz moved to the end" in {name_of(record) for record in later}


def test_r4_later_reads_show_only_what_changed(xero: World) -> None:
    side = xero.fresh()
    created(side, Name="Old")
    xero.control.post("clock", {"advance_s": 600})
    _, page = follow(side)
    quiet, page = follow(side, page.cursor)
    xero.person("PUT", {"Name": "New"})

    busy, page = follow(side, page.cursor)

    assert quiet == []
    assert [name_of(record) for record in busy] == ["New"]
    assert page.complete


def test_r4_reads_overlap_so_that_a_late_change_is_seen(xero: World) -> None:
    side = xero.fresh()
    _, page = follow(side)
    created(side, Name="Just now")
    _, page = follow(side, page.cursor)

    again, _ = follow(side, page.cursor)

    assert [name_of(record) for record in again] == ["Just now"]


def test_r4_the_overlap_is_short_while_much_changes(xero: World) -> None:
    side = xero.fresh()
    _, page = follow(side)
    xero.person("PUT", *[{"Name": f"Busy {n}"} for n in range(101)])
    busy, page = follow(side, page.cursor)
    xero.control.post("clock", {"advance_s": 20})
    again, page = follow(side, page.cursor)
    xero.control.post("clock", {"advance_s": 20})

    quiet, _ = follow(side, page.cursor)

    assert len(busy) == 101
    assert len(again) == 101
    assert quiet == []


def test_r4_other_columns_restart_the_feed(xero: World) -> None:
    side = xero.fresh()
    _, page = follow(side)

    with pytest.raises(CursorExpiredError):
        side.changes(Feed("Contact", (*CONTACTS.columns, "CompanyNumber")), page.cursor)


@pytest.mark.parametrize("cursor", ["", "{}", "[1]", "nonsense", '{"columns": 1, "x": 2}'])
def test_a_cursor_that_cannot_be_read_restarts_the_feed(xero: World, cursor: str) -> None:
    side = xero.fresh()

    with pytest.raises(CursorExpiredError):
        side.changes(CONTACTS, cursor)
