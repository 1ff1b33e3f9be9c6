"""The Xero side against the twin: reads by id, batches, writes and limits."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from dynamics_xero.errors import RejectedError
from dynamics_xero.model import ActionKind, Purpose, Record, RecordState, Values, Write
from tests.trips.xero_world import CONTACTS, NOBODY, World, create, created, follow, send, world

pytestmark = pytest.mark.trip


@pytest.fixture(scope="module")
def xero(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("xero")) as running:
        yield running


def name_of(record: Record) -> object:
    return record.values.get("Name")


def test_r24_only_a_404_says_that_a_contact_is_gone(xero: World) -> None:
    side = xero.fresh()
    here = created(side, Name="Here")

    records = side.read(CONTACTS, [here.id, NOBODY])

    assert [record.state for record in records] == [RecordState.LIVE, RecordState.DELETED]


def test_reading_by_id_takes_forty_in_a_call(xero: World) -> None:
    side = xero.fresh()
    ids = [row["ContactID"] for row in xero.person("PUT", *[{"Name": f"N{n}"} for n in range(90)])]
    before = side.calls.counts()["read"]

    records = side.read(CONTACTS, ids)

    assert [record.id for record in records] == ids
    assert side.calls.counts()["read"] - before == 3


def test_a_merged_contact_names_its_winner(xero: World) -> None:
    side = xero.fresh()
    loser, winner = created(side, Name="Loser"), created(side, Name="Winner")
    work = {"do": "merge", "person": "ada", "loser": loser.id, "winner": winner.id}
    xero.control.post("screen", work)

    (record,) = side.read(CONTACTS, [loser.id])

    assert (record.state, record.merged_into) == (RecordState.ARCHIVED, winner.id)


@pytest.mark.parametrize("order", ["request", "reversed"])
def test_r31_each_element_has_its_own_outcome_in_any_order(xero: World, order: str) -> None:
    side = xero.fresh(result_order=order, put_existing_name="refuse")
    taken = created(side, Name="Taken")

    answers = create(
        side,
        {"Name": "Fine", "ContactNumber": "1"},
        {"Name": "Taken"},
        {"Name": "Mailed", "EmailAddress": "no-at-sign"},
        {"Name": "Also fine"},
    )

    assert [answer.record and name_of(answer.record) for answer in answers] == [
        "Fine",
        None,
        None,
        "Also fine",
    ]
    assert [type(answer.error) for answer in answers[1:3]] == [RejectedError, RejectedError]
    assert "already called" in str(answers[1].error)
    assert "e-mail" in str(answers[2].error)
    assert taken.id not in {answer.record.id for answer in answers if answer.record}


@pytest.mark.parametrize("order", ["request", "reversed"])
def test_r31_refused_updates_are_told_apart_too(xero: World, order: str) -> None:
    side = xero.fresh(result_order=order)
    ids = [created(side, Name=f"C{n}").id for n in range(3)]
    values = [{"EmailAddress": "ok@x.example"}, {"EmailAddress": "bad"}, {"EmailAddress": "worse"}]

    answers = send(
        side,
        [
            Write(ActionKind.UPDATE, "Contact", one, change)
            for one, change in zip(ids, values, strict=True)
        ],
    )

    assert [answer.error is None for answer in answers] == [True, False, False]
    assert answers[0].record is not None
    assert answers[0].record.id == ids[0]


def test_r17_creates_are_put_and_updates_posted_by_id_never_mixed(xero: World) -> None:
    side = xero.fresh()
    old = created(side, Name="Old")
    writes = [
        Write(ActionKind.CREATE, "Contact", None, {"Name": "New"}),
        Write(ActionKind.UPDATE, "Contact", old.id, {"Name": "Renamed"}),
        Write(ActionKind.ARCHIVE, "Contact", old.id, {}),
    ]

    batches = side.batches(writes, purpose=Purpose.DATA)

    assert batches == [(0,), (1, 2)]
    for number, batch in enumerate(batches):
        send(side, [writes[place] for place in batch], key=f"mixed {number}")
    written = [
        (entry["method"], entry["action"]) for entry in xero.control.entries(actor="connector")
    ]
    assert written == [
        ("PUT", "create"),
        ("PUT", "create"),
        ("POST", "update"),
        ("POST", "archive"),
    ]


def test_r17_a_call_of_both_verbs_is_not_sent(xero: World) -> None:
    side = xero.fresh()
    writes = [
        Write(ActionKind.CREATE, "Contact", None, {"Name": "New"}),
        Write(ActionKind.UPDATE, "Contact", NOBODY, {"Name": "Renamed"}),
    ]

    with pytest.raises(ValueError, match="one verb"):
        send(side, writes)

    assert xero.control.stats()["writes"] == 0


def test_r17_a_create_never_lands_on_a_contact_of_that_name(xero: World) -> None:
    side = xero.fresh(put_existing_name="refuse")
    theirs = created(side, Name="Mine", EmailAddress="theirs@x.example")

    (answer,) = create(side, {"Name": "Mine", "EmailAddress": "ours@x.example"})

    assert isinstance(answer.error, RejectedError)
    (kept,) = side.read(CONTACTS, [theirs.id])
    assert kept.values["EmailAddress"] == "theirs@x.example"


def test_r17_an_archived_contact_of_the_same_name_does_not_hinder_a_create(xero: World) -> None:
    side = xero.fresh()
    gone = created(side, Name="Same")
    send(side, [Write(ActionKind.ARCHIVE, "Contact", gone.id, {})])

    (answer,) = create(side, {"Name": "Same"})

    assert answer.record is not None
    assert answer.record.id != gone.id


def test_an_archived_contact_refuses_edits_in_words(xero: World) -> None:
    side = xero.fresh()
    gone = created(side, Name="Gone")
    send(side, [Write(ActionKind.ARCHIVE, "Contact", gone.id, {})], key="archive")

    (answer,) = send(side, [Write(ActionKind.UPDATE, "Contact", gone.id, {"Name": "Back"})])

    assert isinstance(answer.error, RejectedError)
    assert "archived" in answer.error.message
    assert gone.id not in answer.error.message


def test_r25_the_answer_is_what_xero_now_shows(xero: World) -> None:
    side = xero.fresh()
    follow(side)

    record = created(side, Name="  Trimmed  ", **{"Phones.DEFAULT.PhoneNumber": "0123"})
    (again,) = side.read(CONTACTS, [record.id])

    assert record.values == {"Name": "Trimmed", "Phones.DEFAULT.PhoneNumber": "0123"}
    assert again.values == record.values
    assert again.version == record.version > 0


def test_r26_an_answer_shows_the_same_columns_as_the_feed(xero: World) -> None:
    side = xero.fresh()
    follow(side)

    record = created(side, Name="Echo", TaxNumber="1", CompanyNumber="2")
    (seen,), _ = follow(side)

    assert "CompanyNumber" not in record.values
    assert (seen.values, seen.parts) == (record.values, record.parts)


def test_an_empty_value_clears_a_text_in_its_group(xero: World) -> None:
    side = xero.fresh()
    follow(side)
    record = created(
        side, Name="N", **{"Addresses.POBOX.City": "Bonn", "Addresses.POBOX.Country": "Germany"}
    )

    (answer,) = send(
        side,
        [
            Write(
                ActionKind.UPDATE,
                "Contact",
                record.id,
                {"Addresses.POBOX.City": None, "Addresses.POBOX.Country": "Germany"},
            )
        ],
    )

    assert answer.record is not None
    assert answer.record.values == {"Name": "N", "Addresses.POBOX.Country": "Germany"}


def test_r27_persons_are_written_and_read_as_a_whole_list(xero: World) -> None:
    side = xero.fresh(empty_persons_list="clears")
    persons: tuple[Values, ...] = (
        {"FirstName": "Ann", "LastName": "Ōta", "IncludeInEmails": False},
        {"FirstName": "Bo", "EmailAddress": "bo@x.example", "IncludeInEmails": True},
    )
    write = Write(
        ActionKind.CREATE,
        "Contact",
        None,
        {"Name": "Firm", "EmailAddress": "f@x.example"},
        {"ContactPersons": persons},
    )
    (answer,) = send(side, [write], key="persons")
    assert answer.record is not None
    (seen,), _ = follow(side)

    (emptied,) = send(
        side,
        [Write(ActionKind.UPDATE, "Contact", seen.id, {}, {"ContactPersons": ()})],
    )

    assert answer.record.parts == {"ContactPersons": persons}
    assert seen.parts == answer.record.parts
    assert emptied.record is not None
    assert emptied.record.parts == {"ContactPersons": ()}


def test_r31_batches_keep_to_fifty_contacts_and_three_megabytes(xero: World) -> None:
    side = xero.fresh()
    small = [Write(ActionKind.CREATE, "Contact", None, {"Name": str(n)}) for n in range(120)]
    large = [
        Write(ActionKind.CREATE, "Contact", None, {"Name": str(n), "TaxNumber": "é" * 100_000})
        for n in range(12)
    ]

    assert [len(batch) for batch in side.batches(small, purpose=Purpose.DATA)] == [50, 50, 20]
    sizes = [len(batch) for batch in side.batches(large, purpose=Purpose.DATA)]
    assert sum(sizes) == 12
    # Six bytes for each accented letter: four such contacts are 2.4 MB, five are 3 MB and more.
    assert max(sizes) == 4


def test_five_threads_write_at_once_without_a_refusal(
    xero: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Each has a client of its own (trap 17): a pool they shared would be too small for them."""
    side = xero.fresh(quota=True)

    def write(number: int) -> int:
        answers = create(
            side, *[{"Name": f"T{number} {n}"} for n in range(10)], key=f"thread {number}"
        )
        return sum(answer.record is not None for answer in answers)

    with ThreadPoolExecutor(5) as pool:
        stored = sum(pool.map(write, range(25)))

    assert stored == 250
    assert "pool is full" not in caplog.text
    stats = xero.control.get("stats")
    assert isinstance(stats, dict)
    assert stats["refused"] == {}
    assert stats["in_flight_max"] <= 5


@pytest.mark.parametrize("window", ["fixed", "rolling"])
def test_r35_the_minute_is_waited_out_never_overdrawn(xero: World, window: str) -> None:
    side = xero.fresh(quota=True)
    xero.control.post("quota", {"enabled": True, "minute": 8, "window": window})
    xero.clock.sleep = lambda seconds: _sleep_together(xero, seconds)  # type: ignore[method-assign]  # the twin's clock goes along

    for number in range(20):
        create(side, {"Name": f"Paced {number}"}, key=f"paced {number}")

    stats = xero.control.get("stats")
    assert isinstance(stats, dict)
    assert stats["refused"] == {}
    assert stats["writes"] == 20
    xero.control.post("quota", {"minute": 60, "window": "fixed"})


def _sleep_together(xero: World, seconds: float) -> None:
    xero.clock.offset += timedelta(seconds=seconds)
    xero.control.post("clock", {"advance_s": seconds})


def test_r21_the_key_makes_a_repeated_create_harmless(xero: World) -> None:
    side = xero.fresh(idempotency_ttl_s="360")
    (first,) = create(side, {"Name": "Once"}, key="same key")

    (second,) = create(side, {"Name": "Once"}, key="same key")

    assert first.record is not None
    assert second.record is not None
    assert first.record.id == second.record.id
