"""The mirror holds what was put there, and finds it by id, parent, generation and key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamics_xero.model import Record, RecordState
from dynamics_xero.rows import CursorRow
from dynamics_xero.store_port import Store, Transaction
from tests.unit.store_cases import LATER, NOON, SOON, record, row

ENDPOINT = "dynamics:1"
MANY = 1300
"""More than two IN lists hold."""


def _put(tx: Transaction, *records: Record, generation: int = 1) -> None:
    rows = [row(each) for each in records]
    tx.records.put(ENDPOINT, rows, generation=generation, answered_at=NOON)


def test_a_record_comes_back_as_it_was_put(tx: Transaction) -> None:
    seen = Record(
        "account",
        "a",
        2**40,
        {"name": "Bólido", "limit": Decimal("10.50"), "at": NOON, "on": True, "fax": None},
        {"persons": ({"first": "Ann"}, {"first": "Bo"})},
        RecordState.ARCHIVED,
        parent_id="p",
        modified_at=datetime.fromisoformat("2026-03-01T12:00:00.123456+00:00"),
        merged_into="m",
    )

    tx.records.put(ENDPOINT, [row(seen)], generation=3, answered_at=SOON)

    stored = tx.records.get(ENDPOINT, "account", ["a"])["a"]
    assert stored.record == seen
    assert (stored.keyed_by, stored.generation, stored.answered_at) == ("keys of a", 3, SOON)


def test_only_rows_that_are_there_come_back(tx: Transaction) -> None:
    _put(tx, record("a"))

    assert list(tx.records.get(ENDPOINT, "account", ["a", "b"])) == ["a"]
    assert tx.records.get("dynamics:2", "account", ["a"]) == {}
    assert tx.records.get(ENDPOINT, "contact", ["a"]) == {}


def test_thousands_are_put_and_read_in_one_call(tx: Transaction) -> None:
    ids = [f"{n:05}" for n in range(MANY)]

    _put(tx, *map(record, ids))

    assert list(tx.records.get(ENDPOINT, "account", ids)) == ids


def test_of_one_record_put_twice_in_one_call_the_later_counts(tx: Transaction) -> None:
    _put(tx, record("a", values={"name": "old"}), record("a", values={"name": "new"}))

    assert tx.records.get(ENDPOINT, "account", ["a"])["a"].record.values == {"name": "new"}


def test_children_are_the_live_rows_of_each_parent_by_id(tx: Transaction) -> None:
    gone = record("c0", state=RecordState.DELETED, parent_id="p")
    _put(tx, record("c2", parent_id="p"), record("c1", parent_id="p"), gone)
    _put(tx, record("d", parent_id="q"), record("e"))

    found = tx.records.children(ENDPOINT, "account", ["p", "q", "r"])

    assert {parent: [r.id for r in rows] for parent, rows in found.items()} == {
        "p": ["c1", "c2"],
        "q": ["d"],
    }


def test_r3_absent_is_what_no_read_of_the_generation_showed(tx: Transaction) -> None:
    _put(tx, record("a"), record("b"), record("c"), record("d", state=RecordState.DELETED))
    _put(tx, record("e"), generation=2)

    tx.records.touch(ENDPOINT, "account", ["b"], 2)

    assert tx.records.absent(ENDPOINT, "account", 2, 10) == ["a", "c"]
    assert tx.records.absent(ENDPOINT, "account", 2, 1) == ["a"]


def test_a_patch_merges_columns_and_leaves_everything_else(tx: Transaction) -> None:
    _put(tx, record("a", values={"name": "A", "xero_status": 1}))
    before = tx.records.get(ENDPOINT, "account", ["a"])["a"]

    tx.records.patch(ENDPOINT, "account", {"a": {"xero_status": 2}, "nobody": {"x": 1}})

    after = tx.records.get(ENDPOINT, "account", ["a", "nobody"])
    assert list(after) == ["a"]
    assert after["a"].record.values == {"name": "A", "xero_status": 2}
    assert after["a"].keyed_by == before.keyed_by
    assert after["a"].record.version == before.record.version


def test_r16_a_key_names_every_record_that_holds_it(tx: Transaction) -> None:
    archived = record("b", state=RecordState.ARCHIVED)
    deleted = record("c", state=RecordState.DELETED)
    rows = [row(r, ("name", "acme"), ("code", r.id)) for r in (record("a"), archived, deleted)]
    tx.records.put(ENDPOINT, rows, generation=1, answered_at=NOON)

    held = tx.records.holders(ENDPOINT, "account", "name", ["acme", "nobody"])

    assert held == {"acme": [("a", RecordState.LIVE), ("b", RecordState.ARCHIVED)]}
    assert list(tx.records.holders(ENDPOINT, "account", "code", ["a", "acme"])) == ["a"]


@dataclass(frozen=True)
class Put:
    """One record put with its keys."""

    row_id: str
    keys: frozenset[tuple[str, str]]
    gone: bool


PUTS = st.lists(
    st.builds(
        Put,
        st.sampled_from("abc"),
        st.frozensets(st.tuples(st.sampled_from("kl"), st.sampled_from("xyz")), max_size=4),
        st.booleans(),
    ),
    max_size=5,
)
_endpoints = count()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PUTS, max_size=4))
def test_r16_the_key_index_is_that_of_the_last_puts(store: Store, pages: list[list[Put]]) -> None:
    endpoint = f"example:{next(_endpoints)}"
    last: dict[str, Put] = {}
    for page in pages:
        rows = [
            row(
                record(p.row_id, state=RecordState.DELETED if p.gone else RecordState.LIVE), *p.keys
            )
            for p in page
        ]
        with store.begin() as tx:
            tx.records.put(endpoint, rows, generation=1, answered_at=NOON)
        last.update((put.row_id, put) for put in page)

    for key in "kl":
        with store.read() as tx:
            found = tx.records.holders(endpoint, "account", key, "xyz")
        wanted = {
            value: sorted(p.row_id for p in last.values() if (key, value) in p.keys and not p.gone)
            for value in "xyz"
        }
        held = {value: [row_id for row_id, _state in rows] for value, rows in found.items()}
        assert held == {value: ids for value, ids in wanted.items() if ids}


def test_nothing_asked_is_nothing_found(tx: Transaction) -> None:
    tx.records.put(ENDPOINT, [], generation=1, answered_at=NOON)
    tx.records.touch(ENDPOINT, "account", [], 1)
    tx.records.patch(ENDPOINT, "account", {})

    assert tx.records.get(ENDPOINT, "account", []) == {}
    assert tx.records.children(ENDPOINT, "account", []) == {}
    assert tx.records.holders(ENDPOINT, "account", "name", []) == {}


def test_a_cursor_is_kept_per_endpoint_and_resource(tx: Transaction) -> None:
    first = CursorRow("page 1", "columns", complete=False, generation=1, read_at=NOON)
    whole = CursorRow(
        "page 2", "columns", complete=True, generation=2, read_at=LATER, started_at=NOON
    )

    tx.cursors.put(ENDPOINT, "account", first)
    tx.cursors.put(ENDPOINT, "account", whole)

    assert tx.cursors.get(ENDPOINT, "account") == whole
    assert tx.cursors.get(ENDPOINT, "contact") is None


def test_r1_a_page_that_fails_leaves_neither_records_nor_cursor(store: Store) -> None:
    with pytest.raises(RuntimeError, match="in the middle"), store.begin() as tx:  # noqa: PT012  # the transaction is what is tested
        _put(tx, record("a"))
        tx.cursors.put(ENDPOINT, "account", CursorRow("c", "d", complete=True, generation=1))
        raise RuntimeError("in the middle")

    with store.read() as tx:
        assert tx.records.get(ENDPOINT, "account", ["a"]) == {}
        assert tx.cursors.get(ENDPOINT, "account") is None
