"""The Dataverse twin does not slow down as it fills (issue 2); the full size is a benchmark."""

from __future__ import annotations

from tests.bench.dynamics_twin_scale import measured

LIMIT = 1.5


def test_a_page_a_create_and_a_look_up_cost_the_same_in_a_fuller_twin() -> None:
    """Issue 2: at most 1.5 x; tests/bench/dynamics_twin_scale.py runs it to 100,000 rows."""
    result = measured(500, 5000, big_calls=False)

    ratios = result["ratios"]
    assert isinstance(ratios, dict)
    wanted = ("page_of_100", "create_of_50", "look_up_by_id")
    assert {name: ratios[name] for name in wanted if ratios[name] > LIMIT} == {}
