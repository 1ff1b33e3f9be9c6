"""The desk: one connector per process, and rest for a connection that fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from dynamics_xero.connector import Connector
from dynamics_xero.errors import SignInError, ThrottledError, UnavailableError
from tests.unit.settings_cases import read
from worker.desk import LONGEST_PAUSE_S, Desk


class Ticks:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Calls:
    """Raises or answers, and counts."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.count = 0

    def __call__(self, _connector: Connector) -> str:
        self.count += 1
        if self.error is not None:
            raise self.error
        return "done"


@pytest.fixture
def ticks() -> Ticks:
    """Return the clock."""
    return Ticks()


@pytest.fixture
def desk(tmp_path: Path, ticks: Ticks) -> Iterator[Desk]:
    """Return a desk with a real connector behind it."""
    settings = read(tmp_path)
    found = Desk(lambda: settings, clock=ticks)
    yield found
    found.close()


def test_all_threads_share_one_connector(desk: Desk) -> None:
    with ThreadPoolExecutor(5) as pool:
        seen = set(pool.map(lambda name: desk.attempt(str(name), id), range(20)))

    assert len(seen) == 1


def test_a_connection_that_fails_rests_longer_each_time_and_the_others_go_on(
    desk: Desk, ticks: Ticks
) -> None:
    failing, other = Calls(UnavailableError("Xero does not answer.")), Calls()

    attempts = []
    for second in range(60):
        ticks.now = float(second)
        desk.attempt("main", failing)
        attempts.append(failing.count)
        assert desk.attempt("other", other) == "done"

    assert [second for second in range(1, 60) if attempts[second] > attempts[second - 1]] == [
        2,
        6,
        14,
        30,
    ]


def test_r35_a_limit_that_is_spent_is_waited_for_as_long_as_it_says(
    desk: Desk, ticks: Ticks
) -> None:
    call = Calls(ThrottledError("The minute is spent.", retry_after_s=40))
    desk.attempt("main", call)

    ticks.now = 39
    desk.attempt("main", call)
    assert call.count == 1
    ticks.now = 41
    desk.attempt("main", call)
    assert call.count == 2


def test_nothing_rests_for_more_than_five_minutes(desk: Desk, ticks: Ticks) -> None:
    call = Calls(UnavailableError("away", retry_after_s=86_400))
    desk.attempt("main", call)

    ticks.now = LONGEST_PAUSE_S + 1
    desk.attempt("main", call)

    assert call.count == 2


def test_r32_one_cause_is_told_once_and_so_is_its_end(
    desk: Desk, ticks: Ticks, caplog: pytest.LogCaptureFixture
) -> None:
    call = Calls(SignInError("The secret has expired."))
    with caplog.at_level(logging.INFO, logger="worker.desk"):
        for _ in range(4):
            desk.attempt("main", call)
            ticks.now += LONGEST_PAUSE_S + 1
        call.error = None
        desk.attempt("main", call)

    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [
        ("ERROR", "main failed: The secret has expired.; again in 2 s"),
        ("INFO", "main works again"),
    ]


def test_a_database_that_does_not_work_is_told_like_a_remote_that_is_down(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def look(_: object) -> None:
        create_engine("sqlite:////nowhere/state.db").connect()

    assert desk.attempt("main", look) is None

    (record,) = caplog.records
    assert "cannot be opened" in record.getMessage()
    assert record.levelname == "WARNING"


def test_a_defect_is_raised_so_that_it_is_reported(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError):
        desk.attempt("main", Calls(ZeroDivisionError()))
