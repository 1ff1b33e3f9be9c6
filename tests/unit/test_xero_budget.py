"""The budget against an independent referee of both window kinds, on a simulated clock."""

from __future__ import annotations

import json
import random

import pytest

from dynamics_xero.errors import ThrottledError
from dynamics_xero.xero import allowance
from tests.unit.referee import Referee, Scene


@pytest.fixture(params=[False, True], ids=["fixed", "rolling"])
def rolling(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("seed", range(10))
def test_r35_600_calls_earn_no_refusal_and_use_nine_tenths_of_the_limit(
    seed: int, *, rolling: bool
) -> None:
    scene = Scene(
        seed, Referee(rolling=rolling, limit=60, phase=random.Random(seed).uniform(0, 60))
    )

    for _ in range(60):
        scene.send()
    first_sixty_s = scene.clock.seconds
    for _ in range(540):
        scene.send()
    took_s = scene.clock.seconds - first_sixty_s
    scene.finish()

    assert scene.referee.refused == 0
    assert scene.flying_max <= 5
    assert 540 / took_s >= 0.9 * 60 / 60


@pytest.mark.parametrize("seed", range(10))
def test_r35_a_window_that_begins_anew_before_an_answer_raises_no_limit(
    seed: int, *, rolling: bool
) -> None:
    phase = random.Random(seed).uniform(0, 60)
    referee = Referee(rolling=rolling, limit=60, phase=phase, at_the_end=True)
    scene = Scene(seed, referee, longest_s=4.0)

    for _ in range(600):
        scene.send()
    scene.finish()

    assert scene.referee.refused == 0
    assert scene.budget.standing().windows["minute"].limit <= 60


@pytest.mark.parametrize("limit", [7, 20, 45])
@pytest.mark.parametrize("seed", range(3))
def test_r35_a_lower_limit_is_learned_from_the_headers(
    seed: int, limit: int, *, rolling: bool
) -> None:
    scene = Scene(seed, Referee(rolling=rolling, limit=limit, phase=17.0 * seed))

    for _ in range(6 * limit):
        scene.send()
    scene.finish()

    assert scene.referee.refused == 0


def test_r35_a_higher_limit_is_learned_from_the_headers(*, rolling: bool) -> None:
    scene = Scene(1, Referee(rolling=rolling, limit=6000, day=500_000))

    for _ in range(600):
        scene.send()

    assert scene.referee.refused == 0
    assert scene.clock.seconds < 200


def test_r35_two_processes_share_one_limit(*, rolling: bool) -> None:
    scene = Scene(2, Referee(rolling=rolling, limit=60))
    others = scene.another_process()

    for turn in range(240):
        scene.send(others if turn % 3 else None)
    scene.finish()

    assert scene.referee.refused == 0


def test_r35_calls_made_before_the_store_was_lost_are_seen_in_the_headers(*, rolling: bool) -> None:
    scene = Scene(3, Referee(rolling=rolling, limit=60))
    for _ in range(40):
        scene.send()
    scene.finish()
    scene.store.rows.clear()

    for _ in range(100):
        scene.send()
    scene.finish()

    assert scene.referee.refused == 0


def test_r35_the_day_ends_the_run_before_xero_has_to(*, rolling: bool) -> None:
    scene = Scene(4, Referee(rolling=rolling, limit=60, day=100))

    with pytest.raises(ThrottledError) as caught:
        scene.send_many(200)

    assert scene.referee.refused == 0
    assert 90 <= len(scene.referee.arrivals) <= 95
    assert caught.value.code == "day"
    assert (caught.value.retry_after_s or 0) > 60


def test_r35_after_a_refusal_nobody_calls_before_retry_after() -> None:
    scene = Scene(5, Referee(rolling=True, limit=60))
    with scene.budget.call(within_s=10) as call:
        call.refused("minute", 37.0)

    with scene.another_process().call(within_s=100):
        started = scene.clock.seconds

    assert started >= 37.0


def test_a_refusal_for_the_day_pauses_the_run() -> None:
    scene = Scene(6, Referee(rolling=True, limit=60))
    with scene.budget.call(within_s=10) as call:
        call.refused("day", 7200.0)

    with pytest.raises(ThrottledError) as caught, scene.budget.call(within_s=10_000):
        pass

    assert caught.value.retry_after_s == pytest.approx(7200.0)


def test_a_call_that_cannot_leave_before_its_deadline_is_not_started() -> None:
    scene = Scene(7, Referee(rolling=True, limit=60))
    for _ in range(60):
        with scene.budget.call(within_s=5):
            pass

    with pytest.raises(ThrottledError) as caught, scene.budget.call(within_s=20):
        pass

    assert caught.value.code == "minute"


def test_calls_of_a_process_that_died_free_their_slots_in_time() -> None:
    scene = Scene(8, Referee(rolling=True, limit=60))
    died = [scene.budget.call(within_s=5) for _ in range(5)]
    for call in died:
        call.__enter__()

    with scene.another_process().call(within_s=300):
        waited = scene.clock.seconds

    assert 35 <= waited <= 70


def test_a_slot_of_a_process_that_died_is_free_once_its_call_is_surely_over() -> None:
    scene = Scene(9, Referee(rolling=True, limit=60))
    died = [scene.budget.call(within_s=5, over_s=4) for _ in range(5)]
    for call in died:
        call.__enter__()

    with scene.another_process().call(within_s=300):
        waited = scene.clock.seconds

    assert 4 <= waited <= 5


@pytest.mark.parametrize("seed", range(3))
def test_r35_calls_answered_within_one_step_leave_the_whole_day_to_be_used(
    seed: int, *, rolling: bool
) -> None:
    """A hundred calls a second, a day that is far shorter than it was said to be."""
    scene = Scene(
        seed, Referee(rolling=rolling, limit=5000, day=200), longest_s=0.06, calls_a_day=5000
    )

    with pytest.raises(ThrottledError) as caught:
        scene.send_many(300)
    scene.finish()

    assert scene.referee.refused == 0
    assert caught.value.code == "day"
    assert 180 <= len(scene.referee.arrivals) <= 190


def test_r35_a_row_that_an_older_version_wrote_is_read(*, rolling: bool) -> None:
    """It does not say how many calls were answered since each of those under way began."""
    scene = Scene(10, Referee(rolling=rolling, limit=60, day=100))
    scene.send_many(50)
    assert scene.flying > 1
    for name, text in scene.store.rows.items():
        row = json.loads(text)
        del row["late"]
        scene.store.rows[name] = json.dumps(row)

    with pytest.raises(ThrottledError):
        scene.send_many(150)
    scene.finish()

    assert scene.referee.refused == 0
    assert 90 <= len(scene.referee.arrivals) <= 95


def test_r35_a_call_counts_as_late_for_those_under_way_when_it_ended() -> None:
    """What Xero says is left may lack them; it does not lack those that had ended before."""
    held = allowance.organisation(100)
    held.start(0.8, 60)
    held.end(0.9, 0.8, {"day": 79})
    assert held.left_today(0.9) == 79  # others have used 20

    held.start(0.95, 60)
    held.start(0.95, 60)  # in the same instant: the same call to us
    held.start(0.96, 5)
    held = _restored(held)
    held.forget(7.0)  # the process that made the last one has died
    held.start(7.0, 60)
    held = _restored(held)
    held.end(8.0, 0.95, {})
    held.end(8.0, 0.95, {"day": 76})

    # Of the four answered, its twin and the one given up may be younger than what Xero says.
    assert held.left_today(8.0) == 76 - 2 - 1
    held.end(9.0, 7.0, {"day": 75})
    assert held.left_today(9.0) == 75 - 2


def test_r35_a_call_that_did_not_leave_costs_nothing() -> None:
    scene = Scene(11, Referee(rolling=True, limit=60))
    scene.send()
    scene.finish()
    before = scene.budget.standing()

    for _ in range(20):
        with scene.budget.call(within_s=5) as call:
            call.give_back()

    after = scene.budget.standing()
    assert after.flying == []
    assert after.dump() == before.dump()


def _restored(held: allowance.Allowance) -> allowance.Allowance:
    again = allowance.organisation(100)
    again.restore(held.dump())
    return again
