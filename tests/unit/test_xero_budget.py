"""The budget against an independent referee of both window kinds, on a simulated clock."""

from __future__ import annotations

import random

import pytest

from dynamics_xero.errors import ThrottledError
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
