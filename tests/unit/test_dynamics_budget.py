"""Dataverse's service protection, kept by all processes together (R35)."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from dynamics_xero.dynamics.budget import IN_FLIGHT, PERIOD_S, DynamicsBudget
from dynamics_xero.errors import ThrottledError
from tests.memory import MemoryBudgets
from tests.unit.referee import SimulatedClock


class Office:
    """Processes of one environment user, on one clock."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.store = MemoryBudgets()
        self.one, self.other = self.process(), self.process()

    def process(self) -> DynamicsBudget:
        return DynamicsBudget(self.store, self.clock, user="dynamics:env:app")

    def call(self, took_s: float, *, pause_s: float = 0.0) -> None:
        """Make a call of that length."""
        with self.one.call(over_s=120) as call:
            self.clock.run_until(self.clock.seconds + took_s)
            call.pause_s = pause_s


def test_r35_six_thousand_requests_in_five_minutes_and_not_one_more() -> None:
    office = Office()
    for turn in range(6000):
        with (office.one if turn % 2 else office.other).call(over_s=120):
            pass
    assert office.clock.seconds == 0

    with pytest.raises(ThrottledError) as caught, office.other.call(over_s=120):
        pass
    office.clock.run_until(PERIOD_S + 5)
    with office.other.call(over_s=120):
        pass

    assert PERIOD_S <= (caught.value.retry_after_s or 0) <= PERIOD_S + 5
    assert "requests in 5 minutes" in str(caught.value)


def test_r35_execution_time_counts_for_calls_under_way_too() -> None:
    office = Office()
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(office.one.call(over_s=400))
        office.clock.run_until(241)  # five calls at once for 241 s

        with pytest.raises(ThrottledError) as caught, office.other.call(over_s=120, within_s=0.1):
            pass

    assert "execution time" in str(caught.value)
    assert office.one.standing().used_s() == pytest.approx(1205)


def test_r35_52_at_once_and_those_of_a_dead_process_are_free_in_time() -> None:
    office = Office()
    dying = [office.one.call(over_s=20) for _ in range(IN_FLIGHT)]
    for call in dying:
        call.__enter__()

    with office.other.call(over_s=20):
        waited_s = office.clock.seconds

    assert 19 <= waited_s <= 21


def test_r35_when_dynamics_asks_to_wait_no_process_starts_before() -> None:
    office = Office()
    office.call(1.0, pause_s=30.0)

    with office.process().call(over_s=5):
        assert office.clock.seconds >= 31.0

    office.call(1.0, pause_s=600.0)
    with pytest.raises(ThrottledError) as caught, office.other.call(over_s=5):
        pass
    assert caught.value.retry_after_s == pytest.approx(600.0, abs=1)
