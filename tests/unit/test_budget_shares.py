"""Who may use how much of Xero's day, what an answer teaches, and how batches follow (R35)."""

from __future__ import annotations

import doctest

import pytest

from dynamics_xero.errors import LostAnswerError, ThrottledError
from dynamics_xero.ports import Use
from dynamics_xero.xero import budget_batch
from dynamics_xero.xero.budget import Purse
from dynamics_xero.xero.budget_batch import SLOW_S, AnswerTimes
from tests.unit.referee import Referee, Scene

DAY_S = 86_400


def stopped(scene: Scene, use: Use) -> ThrottledError:
    """Let a use spend until it is stopped."""
    with pytest.raises(ThrottledError) as caught:
        scene.send_many(300, use=use)
    scene.finish()
    return caught.value


def test_r35_loads_stop_first_then_comparisons_and_the_last_calls_are_for_money() -> None:
    scene = Scene(1, Referee(rolling=True, limit=1000, day=200), calls_a_day=200)
    reached = {}

    errors = {}
    for use in (Use.BACKFILL, Use.RECONCILE, Use.CONTACT, Use.CLICK, Use.MONEY):
        errors[use] = stopped(scene, use)
        reached[use] = len(scene.referee.arrivals)

    assert scene.referee.refused == 0
    assert 110 <= reached[Use.BACKFILL] <= 120
    assert 150 <= reached[Use.RECONCILE] <= 160
    assert 180 <= reached[Use.CONTACT] == reached[Use.CLICK] <= 190
    assert 195 <= reached[Use.MONEY] <= 200
    assert {error.code for error in errors.values()} == {"day"}
    assert "a load may use 60 % of it" in str(errors[Use.BACKFILL])
    assert "a comparison may use 80 % of it" in str(errors[Use.RECONCILE])
    assert "ordinary work may use 95 % of it" in str(errors[Use.CONTACT])


def test_r35_the_next_fixed_day_is_noticed_by_the_first_answer_that_shows_it() -> None:
    """A load stopped in the evening goes on soon after midnight, not a full day later."""
    scene = Scene(2, Referee(rolling=False, limit=1000, day=200), calls_a_day=200)
    scene.clock.run_until(DAY_S - 3600)
    stopped(scene, Use.BACKFILL)

    scene.clock.run_until(DAY_S + 60)
    scene.send()  # a poll
    scene.finish()
    scene.send_many(90, use=Use.BACKFILL)
    scene.finish()

    assert scene.referee.refused == 0
    assert len(scene.referee.arrivals) >= 200


def test_r35_a_rolling_day_is_not_taken_for_a_new_one() -> None:
    scene = Scene(3, Referee(rolling=True, limit=1000, day=200), calls_a_day=200)
    stopped(scene, Use.BACKFILL)

    scene.clock.run_until(DAY_S / 2)
    scene.send()
    scene.finish()
    with pytest.raises(ThrottledError):
        scene.send(use=Use.BACKFILL)


def test_r35_the_tier_is_learned_and_shared_and_the_settings_may_say_it() -> None:
    learned = Scene(4, Referee(rolling=True, limit=60, day=1000))
    told = Scene(4, Referee(rolling=True, limit=60, day=1000), calls_a_day=1000)

    learned.send()
    learned.finish()

    for scene in (learned, told):
        held = scene.another_process().standing()
        assert held.windows["day"].limit == 1000
        assert held.left_today(scene.clock.seconds, Use.BACKFILL) in (599, 600)


def test_bytes_are_counted_by_day_and_kept_for_a_month() -> None:
    scene = Scene(5, Referee(rolling=True, limit=60))
    for day, count in enumerate((700, 30)):
        scene.clock.run_until(day * 40 * DAY_S)
        with scene.budget.call(within_s=5) as call:
            call.received = count
        with scene.budget.call(within_s=5) as call:
            call.received = 1

        assert sum(scene.another_process().standing().traffic.values()) == count + 1


def test_batches_grow_as_the_day_is_used_up_and_shrink_when_answers_are_slow() -> None:
    assert doctest.testmod(budget_batch).attempted == 1
    assert doctest.testmod(budget_batch).failed == 0
    assert budget_batch.by_day(5, 250, 5000) == 5
    assert budget_batch.by_day(50, 50, 1) == 50

    times = AnswerTimes()
    times.note(200, SLOW_S + 1)
    assert times.within(250) == 100
    times.note(100, 35.0)
    assert times.within(250) == 50
    times.note(50, 1.0)
    assert times.within(250) == 60
    times.note(3, 1.0)
    assert times.within(250) == 60
    times.note(2, 35.0)  # so few records are not why it was slow
    assert times.within(250) == 60


def test_r31_a_call_that_was_not_answered_in_time_makes_the_next_ones_smaller() -> None:
    scene = Scene(6, Referee(rolling=True, limit=60))
    purse = Purse(scene.store, scene.clock, app="xero:app", calls_a_day=None)

    def lose() -> None:
        with purse.paying("org", within_s=5, over_s=40, use=Use.CONTACT, records=80):
            scene.clock.run_until(35.0)
            raise LostAnswerError("Xero did not answer in time.")

    with pytest.raises(LostAnswerError):
        lose()

    assert purse.batch(50, 250) == 40
