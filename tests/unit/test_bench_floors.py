"""The floors that benchmarks are compared with, against the tables of performance.md section 1."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta

import pytest

from tests.bench import floors, peers
from tests.bench.editors import Freshness


def test_the_examples_in_the_formulas_hold() -> None:
    results = [doctest.testmod(module) for module in (floors, peers)]

    assert [result.failed for result in results] == [0, 0]
    assert sum(result.attempted for result in results) >= 9


# performance.md section 1.3: batch, seconds a call -> calls, minutes for 100,000 contacts.
@pytest.mark.parametrize(
    ("batch", "call_s", "calls", "minutes"),
    [(50, 1.5, 2000, 33), (100, 2.5, 1000, 16.4), (500, 9, 200, 6.0), (1000, 18, 100, 6.0)],
)
def test_the_floor_of_a_load_is_the_table_s(
    batch: int, call_s: float, calls: int, minutes: float
) -> None:
    assert floors.floor(100_000, batch=batch).xero == calls
    seconds = floors.load_seconds(calls, call_s=call_s, calls_a_day=5000)
    assert seconds / 60 == pytest.approx(minutes, rel=0.03)


def test_a_load_that_outgrows_its_day_waits_for_the_next() -> None:
    within = floors.load_seconds(3000, call_s=1, calls_a_day=5000, percent=60)
    over = floors.load_seconds(3001, call_s=1, calls_a_day=5000, percent=60)

    assert within < floors.DAY_S <= over


def test_peers_cost_fifty_and_a_hundred_times_the_floor() -> None:
    floor = floors.floor(1000).xero

    assert floors.one_per_record(1000).xero == 50 * floor
    assert floors.lookup_write_writeback(1000).xero == 100 * floor


def test_a_later_edit_that_is_there_makes_the_earlier_ones_fresh() -> None:
    fresh, noon = Freshness(), datetime(2026, 3, 2, 12, tzinfo=UTC)
    for minute, value in enumerate(("first", "second", "third")):
        fresh.edited("a", noon + timedelta(minutes=minute), value)

    fresh.shown("b", noon + timedelta(minutes=5), "second")
    fresh.shown("a", noon + timedelta(minutes=10), "it says second")

    assert fresh.took_s == [600.0, 540.0]
    assert fresh.told()["not_there"] == 1
