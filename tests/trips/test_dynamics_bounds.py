"""How much of an answer of Dynamics is taken: so many bytes and seconds (R37)."""

from __future__ import annotations

import pytest

from dynamics_xero.dynamics.client import MAX_ANSWER_BYTES, DynamicsClient
from dynamics_xero.errors import UnavailableError
from tests.trips.dynamics_world import World
from tests.unit.test_rules_bounds import MILLION, serving


def test_r37_an_answer_of_dynamics_is_taken_within_its_bounds_or_not_at_all(env: World) -> None:
    client = DynamicsClient(env.settings, env.clock, page_size=2000)
    millions = MAX_ANSWER_BYTES // 1_000_000 + 1

    with serving(MILLION * 2, packed=True) as url:
        assert len(client.get(url).body) == 2_000_000
    with (
        serving(MILLION * millions, packed=True) as url,
        pytest.raises(UnavailableError, match="too long"),
    ):
        client.get(url)
    with (
        serving(bytes(3_000_000), then=lambda: env.clock.sleep(300)) as url,
        pytest.raises(UnavailableError, match="too slow"),
    ):
        client.get(url)
