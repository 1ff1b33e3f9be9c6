"""The budget against an independent referee of both window kinds, on a simulated clock."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from dynamics_xero.errors import ThrottledError
from dynamics_xero.xero.budget import Budget
from tests.memory import MemoryBudgets

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class SimulatedClock:
    """A clock that jumps from event to event; whoever sleeps lets those on the way happen."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.turn = itertools.count()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.run_until(self.seconds + seconds)

    def at(self, moment: float, event: Callable[[], None]) -> None:
        heapq.heappush(self.events, (moment, next(self.turn), event))

    def run_until(self, moment: float) -> None:
        while self.events and self.events[0][0] <= moment:
            self.seconds, _, event = heapq.heappop(self.events)
            event()
        self.seconds = max(self.seconds, moment)


class Referee:
    """Counts arrivals as Xero would, by its own arithmetic: one list of moments."""

    def __init__(self, *, rolling: bool, limit: int, day: int = 5000, phase: float = 0.0) -> None:
        self.rolling, self.limit, self.day, self.phase = rolling, limit, day, phase
        self.arrivals: list[float] = []
        self.refused = 0

    def used(self, at: float, period: float) -> int:
        if self.rolling:
            return sum(1 for moment in self.arrivals if moment > at - period)
        opened = at - (at - self.phase) % period
        return sum(1 for moment in self.arrivals if moment >= opened)

    def arrive(self, at: float) -> dict[str, str]:
        """Count one call and return the headers of its answer."""
        if self.used(at, 60) >= self.limit or self.used(at, 86_400) >= self.day:
            self.refused += 1
        else:
            self.arrivals.append(at)
        return {
            "x-minlimit-remaining": str(self.limit - self.used(at, 60)),
            "x-daylimit-remaining": str(self.day - self.used(at, 86_400)),
        }


class Scene:
    """One budget, its clock and its referee; calls take random times."""

    def __init__(self, seed: int, referee: Referee, *, longest_s: float = 2.0) -> None:
        self.random = random.Random(seed)
        self.clock = SimulatedClock()
        self.referee = referee
        self.store = MemoryBudgets()
        self.longest_s = longest_s
        self.flying = self.flying_max = 0
        self.budget = self.another_process()

    def another_process(self) -> Budget:
        return Budget(self.store, self.clock, organisation="xero:org", app="xero:app")

    def send(self, budget: Budget | None = None) -> None:
        """Start a call; Xero counts it some time between its start and its answer."""
        while self.flying >= 5:
            self.clock.run_until(self.clock.events[0][0])
        stack = ExitStack()
        call = stack.enter_context((budget or self.budget).call(within_s=900))
        self.flying += 1
        self.flying_max = max(self.flying, self.flying_max)
        answered = self.clock.seconds + self.random.uniform(0.05, self.longest_s)
        headers: dict[str, str] = {}

        def arrive() -> None:
            headers.update(self.referee.arrive(self.clock.seconds))

        def answer() -> None:
            self.flying -= 1
            call.answered(headers)
            stack.close()

        self.clock.at(self.random.uniform(self.clock.seconds, answered), arrive)
        self.clock.at(answered, answer)

    def send_many(self, count: int) -> None:
        for _ in range(count):
            self.send()

    def finish(self) -> None:
        """Let the calls under way be answered."""
        self.clock.run_until(self.clock.seconds + self.longest_s)


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
    assert len(scene.referee.arrivals) >= 95
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
