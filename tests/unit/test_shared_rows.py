"""Rows that several processes change: each change counts once, and one alone reads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dynamics_xero.shared_rows import SharedRows
from dynamics_xero.store.budgets import Budgets
from dynamics_xero.store.store import Store
from tests.unit.store_cases import url


class Counted(Budgets):
    """The store's rows, which count how often they are read."""

    reads = 0

    def load(self, names: Sequence[str]) -> dict[str, str]:
        self.reads += 1
        return super().load(names)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    with Store.open(url(tmp_path)) as opened:
        yield opened


def one_more(texts: Mapping[str, str]) -> tuple[int, Mapping[str, str]]:
    """Count one up."""
    count = int(texts.get("calls", 0)) + 1
    return count, {"calls": str(count)}


def test_one_process_alone_reads_nothing(store: Store) -> None:
    counted = Counted(store)
    rows = SharedRows(counted, ["calls"])

    assert [rows.change(one_more) for _ in range(5)] == [1, 2, 3, 4, 5]

    assert counted.reads == 0
    assert rows.load() == {"calls": "5"}


def test_r35_no_change_of_another_process_is_lost(store: Store) -> None:
    ours, theirs = (SharedRows(Budgets(store), ["calls"]) for _ in range(2))

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda n: (ours, theirs)[n % 2].change(one_more), range(60)))

    assert sorted(told) == list(range(1, 61))
    assert ours.load() == {"calls": "60"}


def test_r35_what_changes_nothing_is_said_of_the_rows_as_they_are_now(store: Store) -> None:
    ours, theirs = (SharedRows(Budgets(store), ["calls"]) for _ in range(2))

    def look(texts: Mapping[str, str]) -> tuple[str | None, Mapping[str, str]]:
        return texts.get("calls"), texts

    assert ours.change(look) is None
    theirs.change(one_more)
    assert ours.change(look) == "1"
    theirs.change(one_more)
    assert ours.change(look) == "2"
