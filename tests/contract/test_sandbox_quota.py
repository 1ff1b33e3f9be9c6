"""Limits as xero.md section 2 and dataverse.md section 5 state them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dynamics_xero.sandbox.assembly import ServeOptions
from dynamics_xero.sandbox.background import running
from dynamics_xero.sandbox.clock import SandboxClock
from dynamics_xero.sandbox.quota import Api, AppWindow, Quota, QuotaSettings, Refusal
from tests.sandbox import Control, caller
from tests.tiny_twin import TINY_TWINS

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
APP, PERSON = "connector", "ada"


@pytest.fixture
def clock() -> SandboxClock:
    """A clock that stands still unless moved."""
    return SandboxClock(lambda: START)


def xero(clock: SandboxClock, settings: QuotaSettings, app: AppWindow | None = None) -> Quota:
    """An organisation's quota."""
    quota = Quota(Api.XERO, clock, name="org1", app=app)
    quota.configure(settings)
    return quota


def call(quota: Quota, times: int = 1, actor: str = APP) -> list[str]:
    """Make calls one after another; name the refusals."""
    refused = []
    for _ in range(times):
        refusal = quota.admit(actor)
        if refusal is None:
            quota.leave(actor)
        else:
            refused.append(refusal.kind)
    return refused


@pytest.mark.parametrize("window", ["fixed", "rolling"])
def test_the_sixty_first_call_of_a_minute_is_refused_and_told_when_to_return(
    clock: SandboxClock, window: str
) -> None:
    quota = xero(clock, QuotaSettings(window=window))

    assert call(quota, 60) == []
    refusal = quota.admit(APP)

    assert refusal is not None
    assert refusal.kind == "429_minute"
    assert 1 <= refusal.retry_after_s <= 60
    clock.advance(refusal.retry_after_s)
    assert call(quota) == []


def test_a_fixed_window_forgives_a_burst_over_its_edge_and_a_rolling_one_does_not(
    clock: SandboxClock,
) -> None:
    fixed = xero(clock, QuotaSettings(window="fixed"))
    rolling = xero(clock, QuotaSettings(window="rolling"))
    to_edge = fixed.wait_s("429_minute")
    clock.advance(to_edge - 1)

    late = [call(quota, 60) for quota in (fixed, rolling)]
    clock.advance(2)
    early = [call(quota, 60) for quota in (fixed, rolling)]

    assert late == [[], []]
    assert early[0] == []
    assert early[1] == ["429_minute"] * 60


def test_a_rolling_window_makes_room_call_by_call(clock: SandboxClock) -> None:
    quota = xero(clock, QuotaSettings(window="rolling", minute=2))
    call(quota)
    clock.advance(20)
    call(quota)

    assert quota.admit(APP) == Refusal("429_minute", 40)
    clock.advance(40)
    assert call(quota, 2) == ["429_minute"]


def test_the_day_the_app_and_the_calls_in_flight_have_limits_too(clock: SandboxClock) -> None:
    day = xero(clock, QuotaSettings(day=3))
    app = AppWindow()
    organisations = [xero(clock, QuotaSettings(app_minute=3), app) for _ in range(2)]
    busy = xero(clock, QuotaSettings())

    assert call(day, 4) == ["429_day"]
    assert [call(one, 2) for one in organisations] == [[], ["429_app"]]
    assert [busy.admit(APP) for _ in range(6)] == [None] * 5 + [Refusal("429_concurrent", 0)]
    busy.leave(APP)
    assert busy.admit(APP) is None


def test_remaining_counts_down_and_people_on_screens_use_nothing(clock: SandboxClock) -> None:
    quota = xero(clock, QuotaSettings())

    call(quota, 3)
    call(quota, 100, actor=PERSON)

    left = quota.remaining()
    assert (left.minute, left.day, left.app_minute) == (57, 4997, 9997)


def test_scale_multiplies_every_limit_and_disabled_lifts_them(clock: SandboxClock) -> None:
    half = xero(clock, QuotaSettings(scale=0.5))
    off = xero(clock, QuotaSettings(enabled=False))

    assert len(call(half, 60)) == 30
    assert call(off, 100) == []


def test_dataverse_counts_per_user_over_five_minutes_and_hammering_waits_longer(
    clock: SandboxClock,
) -> None:
    quota = Quota(Api.DYNAMICS, clock, name="env1")
    quota.configure(QuotaSettings(dynamics_requests=3))

    assert call(quota, 3) == []
    assert quota.admit(APP) == Refusal("429_minute", 300)
    assert call(quota, 1, actor=PERSON) == []
    clock.advance(100)
    call(quota, 2)
    clock.advance(199)
    longer = quota.admit(APP)
    assert longer is not None
    assert longer.retry_after_s == 101


def test_dataverse_refuses_the_fifty_third_call_in_flight(clock: SandboxClock) -> None:
    quota = Quota(Api.DYNAMICS, clock, name="env1")

    answers = [quota.admit(APP) for _ in range(53)]

    assert answers == [None] * 52 + [Refusal("429_concurrent", 1)]


def test_a_call_over_the_limit_is_refused_on_the_wire_and_counted(tmp_path: Path) -> None:
    with (
        running(ServeOptions(home=tmp_path, seed=7), TINY_TWINS) as serving,
        caller(serving) as session,
    ):
        control = Control(session, serving.xero_url)
        control.post("quota", {"minute": 2, "window": "rolling"})
        address = f"{serving.xero_url}/things"

        answers = [session.get(address) for _ in range(3)]
        control.post("clock", {"advance_s": 61})
        after = session.get(address)

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["X-Left"] for answer in answers] == ["1", "0", "0"]
        assert 0 < int(answers[2].headers["Retry-After"]) <= 60
        assert after.status_code == 200
        stats = control.get("stats")
        assert isinstance(stats, dict)
        assert stats["refused"] == {"429_minute": 1}
        assert stats["calls"] == 4


def test_an_answer_in_hand_has_left_the_calls_in_flight(tmp_path: Path) -> None:
    with (
        running(ServeOptions(home=tmp_path, seed=7), TINY_TWINS) as serving,
        caller(serving) as session,
    ):
        control = Control(session, serving.xero_url)
        control.post("quota", {"concurrent": 1, "scale": 1.0, "minute": 1000})

        answers = {session.get(f"{serving.xero_url}/things").status_code for _ in range(200)}

        assert answers == {200}
