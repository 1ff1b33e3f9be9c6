"""Work beside the run's own: one piece at a time, and no error of it gets lost."""

from __future__ import annotations

import threading

import pytest

from dynamics_xero.errors import LockedError, UnavailableError
from dynamics_xero.sync.aside import Aside

LIMIT_S = 10


def refuse() -> None:
    raise UnavailableError("Dynamics does not answer.")


def test_what_is_begun_runs_beside_and_a_second_piece_waits_for_its_next_chance() -> None:
    done: list[str] = []
    let_go = threading.Event()

    def first() -> None:
        assert let_go.wait(LIMIT_S)
        done.append("first")

    aside = Aside()
    aside.begin(first)
    aside.begin(lambda: done.append("second"))
    before = list(done)
    let_go.set()
    aside.wait()
    aside.begin(lambda: done.append("third"))
    aside.wait()

    assert (before, done) == ([], ["first", "third"])


def test_an_error_comes_out_where_somebody_waits_and_only_once() -> None:
    aside = Aside()
    aside.begin(refuse)

    with pytest.raises(UnavailableError):
        aside.wait()
    aside.wait()

    with pytest.raises(UnavailableError), aside:
        aside.begin(refuse)


def test_leaving_the_block_waits_and_the_run_s_own_error_is_the_one_that_counts() -> None:
    let_go, done = threading.Event(), threading.Event()

    def slow() -> None:
        assert let_go.wait(LIMIT_S)
        done.set()
        refuse()

    def run() -> None:
        with Aside() as aside:
            aside.begin(slow)
            let_go.set()
            raise LockedError("Another worker has the lane.")

    with pytest.raises(LockedError):
        run()

    assert done.is_set()
