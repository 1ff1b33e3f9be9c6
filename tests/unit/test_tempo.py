"""How often a worker asks and how long it gathers, from what is left of the day; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dynamics_xero.connector.tempo import Tempo
from dynamics_xero.model import Feed, SideName
from dynamics_xero.ports import Pace
from dynamics_xero.sync.feeds import Reach, Route, Source

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY_S = 86_400


def left(calls: int) -> Pace:
    """Return the pace with so many calls left."""
    return Pace(calls, DAY_S / calls, 50)


def source(side: SideName, *, reference: bool = False) -> Source:
    """Return a feed of that side."""
    reach = Reach.LOOKUP if reference else Reach.OWN
    return Source(side, Feed("any", ("a",), ()), (Route("account", reach),), ())


XERO, DYNAMICS = source(SideName.XERO), source(SideName.DYNAMICS)
FRESH = Tempo(10, 300, left(4750), 1, dict.fromkeys(SideName, NOON), NOON)
STARTER = replace(FRESH, pace=left(950))


def quiet(tempo: Tempo, **sides: float) -> Tempo:
    """Return the same after so many quiet seconds."""
    heard = {side: NOON - timedelta(seconds=sides.get(side.value, 0)) for side in SideName}
    return replace(tempo, heard=heard)


@pytest.mark.parametrize(
    ("tempo", "expected"), [(FRESH, 54.6), (STARTER, 272.8), (replace(FRESH, pace=left(90)), 300)]
)
def test_a_partial_batch_waits_as_long_as_the_day_affords(tempo: Tempo, expected: float) -> None:
    assert tempo.linger_s(None) == pytest.approx(expected, abs=0.1)
    assert tempo.linger_s(0) == 0
    assert replace(tempo, pace=Pace(5000, 0.0, 50)).linger_s(None) == 5


def test_a_side_that_changes_is_asked_more_often_as_far_as_the_day_affords_it() -> None:
    assert FRESH.poll_s(XERO) == 60
    assert STARTER.poll_s(XERO) == pytest.approx(181.9, abs=0.1)
    assert quiet(FRESH, xero=601).poll_s(XERO) == 300
    assert quiet(replace(FRESH, pace=left(100)), xero=601).poll_s(XERO) == 750
    assert quiet(replace(FRESH, pace=left(1)), xero=601).poll_s(XERO) == 900


def test_r35_an_idle_organisation_costs_at_most_300_calls_a_day() -> None:
    for feeds in (1, 2, 5):
        tempo = replace(FRESH, feeds=feeds)
        now, calls = 0.0, 0
        while now < DAY_S:
            calls += feeds
            now += quiet(tempo, xero=now, dynamics=now).poll_s(XERO)

        assert calls <= 250  # the rest is for what is asked at the start and once an hour


def test_a_quiet_environment_is_asked_less_often_and_a_lively_side_keeps_it_awake() -> None:
    assert FRESH.poll_s(DYNAMICS) == 10
    assert quiet(FRESH, xero=86_400, dynamics=5).poll_s(DYNAMICS) == 10
    assert quiet(FRESH, xero=86_400, dynamics=86_400).poll_s(DYNAMICS) == 30
    assert FRESH.poll_s(source(SideName.DYNAMICS, reference=True)) == 300


def test_r13_where_it_matters_when_an_edit_was_seen_intervals_are_as_the_settings_say() -> None:
    stamped = replace(XERO, stamped=(("account.name", ("Name",)),))

    assert quiet(FRESH, xero=86_400, dynamics=86_400).poll_s(stamped) == 300
