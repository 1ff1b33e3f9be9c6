"""Of all processes that need a new Xero token one fetches it, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from dynamics_xero.errors import SignInError, UnavailableError
from dynamics_xero.xero.auth_flight import (
    FLIGHT_S,
    LAPSED,
    PATIENCE_S,
    RENEW_BEFORE_S,
    SingleFlight,
    StillFlyingError,
)
from dynamics_xero.xero.auth_grant import Flight, Grant, Tenant, pack, unpack
from tests.memory import MemoryTokens, SteppedClock


class Remote:
    """Stands for the token endpoint: hands out numbered tokens and notes what was shown to it."""

    def __init__(self, clock: SteppedClock) -> None:
        self._clock = clock
        self._numbers = count(1)
        self.shown: list[tuple[str, ...]] = []

    def __call__(self, grant: Grant) -> Grant:
        self.shown.append(grant.refresh)
        number = next(self._numbers)
        ends = self._clock.now() + timedelta(minutes=30)
        return Grant(f"access {number}", ends, (f"refresh {number}",), consent=grant.consent)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def remote(clock: SteppedClock) -> Remote:
    return Remote(clock)


@pytest.fixture
def tokens() -> MemoryTokens:
    return MemoryTokens()


@pytest.fixture
def flight(tokens: MemoryTokens, clock: SteppedClock) -> SingleFlight:
    found = SingleFlight(tokens, clock, name="xero")
    found.replace(Grant(refresh=("refresh 0",), consent="one", tenant=Tenant("t", "Demo")))
    return found


def refusing(code: str) -> Callable[[Grant], Grant]:
    """Return a remote that refuses."""

    def refuse(_: Grant) -> Grant:
        raise SignInError("no", code=code)

    return refuse


def test_a_grant_survives_the_store_and_rubbish_is_no_grant(clock: SteppedClock) -> None:
    now = clock.now()
    flying = Flight(now, now + timedelta(seconds=1))
    whole = Grant("a", now, ("r", "s"), ("x",), "c", Tenant("t", "n"), True, flying, now, "p")  # noqa: FBT003

    assert unpack(pack(whole)) == whole
    assert unpack(pack(Grant())) == Grant()
    for rubbish in ("", "[]", "no json", '{"expires_at": "never"}', '{"flight": 1}'):
        assert unpack(rubbish) == Grant()
    assert "'a'" not in repr(whole)
    assert "'r'" not in repr(whole)


def test_a_token_is_fetched_once_and_its_choice_of_organisation_stays(
    flight: SingleFlight, remote: Remote, clock: SteppedClock
) -> None:
    first = flight.renewed(remote, refused=None)
    again = flight.renewed(remote, refused=None)
    clock.offset += timedelta(seconds=1800 - RENEW_BEFORE_S + 1)
    renewed = flight.renewed(remote, refused=None)

    assert first == again
    assert (first.access, renewed.access) == ("access 1", "access 2")
    assert remote.shown == [("refresh 0",), ("refresh 1",)]
    assert renewed.tenant == Tenant("t", "Demo")
    assert flight.load() == renewed


def test_a_refused_token_is_replaced_once_by_however_many_hold_it(
    flight: SingleFlight, remote: Remote
) -> None:
    held = flight.renewed(remote, refused=None)

    replaced = [flight.renewed(remote, refused=held.access) for _ in range(3)]

    assert {one.access for one in replaced} == {"access 2"}
    assert len(remote.shown) == 2


def test_who_died_in_flight_is_waited_for_and_the_same_refresh_token_is_used_again(
    flight: SingleFlight, remote: Remote, clock: SteppedClock
) -> None:
    class DiedError(BaseException):
        """The process ends here."""

    def die(grant: Grant) -> Grant:
        remote(grant)
        raise DiedError

    with pytest.raises(DiedError):
        flight.renewed(die, refused=None)
    left = flight.load()
    after = flight.renewed(remote, refused=None)

    assert left.flight is not None
    assert remote.shown == [("refresh 0",), ("refresh 0",)]
    assert sum(clock.slept) >= FLIGHT_S - 1
    assert after.access == "access 2"
    assert after.flight is None


def test_who_waits_works_on_with_a_token_that_still_lives(
    flight: SingleFlight, remote: Remote, clock: SteppedClock
) -> None:
    flight.renewed(remote, refused=None)
    clock.offset += timedelta(seconds=1800 - RENEW_BEFORE_S + 1)
    seen: list[Grant] = []

    def look_meanwhile(grant: Grant) -> Grant:
        seen.append(flight.renewed(remote, refused=None))
        return remote(grant)

    renewed = flight.renewed(look_meanwhile, refused=None)

    assert seen[0].access == "access 1"
    assert renewed.access == "access 2"
    assert clock.slept == []


def test_an_answer_that_comes_too_late_is_kept_because_it_may_be_the_only_one(
    flight: SingleFlight, remote: Remote, clock: SteppedClock
) -> None:
    def overtaken(grant: Grant) -> Grant:
        late = remote(grant)
        clock.offset += timedelta(seconds=FLIGHT_S + 1)
        flight.renewed(remote, refused=None)
        return late

    mine = flight.renewed(overtaken, refused=None)
    stored = flight.load()

    assert mine.access == "access 1", "it lives, so its process works with it"
    assert stored.access == "access 2"
    assert stored.refresh == ("refresh 2", "refresh 1"), "the newest is tried first"


def test_a_new_consent_is_not_mixed_with_what_an_old_one_brings_late(
    flight: SingleFlight, remote: Remote
) -> None:
    fresh = Grant("new access", None, ("new refresh",), consent="two")

    def overtaken(grant: Grant) -> Grant:
        flight.replace(fresh)
        return remote(grant)

    flight.renewed(overtaken, refused=None)

    assert flight.load() == fresh


def test_a_key_rotated_in_flight_loses_no_answer(
    flight: SingleFlight, remote: Remote, tokens: MemoryTokens
) -> None:
    def rotate(grant: Grant) -> Grant:
        secret, generation = tokens.rows["xero"]
        tokens.rows["xero"] = (secret, generation + 1)
        return remote(grant)

    flight.renewed(rotate, refused=None)

    assert flight.load().refresh == ("refresh 1",)


def test_nobody_fetches_while_an_unanswered_call_may_still_be_at_work(
    flight: SingleFlight, remote: Remote, clock: SteppedClock
) -> None:
    def never(_: Grant) -> Grant:
        raise StillFlyingError("slow")

    began = clock.now()
    with pytest.raises(StillFlyingError):
        flight.renewed(never, refused=None)
    flight.renewed(remote, refused=None)

    assert clock.now() - began >= timedelta(seconds=FLIGHT_S - 1)


def test_a_failure_is_shared_and_a_token_that_still_lives_outlasts_it(
    flight: SingleFlight, remote: Remote, clock: SteppedClock
) -> None:
    tries: list[Grant] = []

    def down(grant: Grant) -> Grant:
        tries.append(grant)
        raise UnavailableError("down")

    with pytest.raises(UnavailableError):
        flight.renewed(down, refused=None)
    held = flight.renewed(remote, refused=None)
    clock.offset += timedelta(seconds=1800 - RENEW_BEFORE_S + 1)
    outlasting = [flight.renewed(down, refused=None) for _ in range(3)]

    assert outlasting == [replace(held, failed_at=outlasting[0].failed_at)] * 3
    assert len(tries) == 2, "once when nothing was there, once for the three"


def test_a_consent_lapses_only_when_xero_refuses_what_is_stored_now(
    flight: SingleFlight, remote: Remote
) -> None:
    def refused_while_another_lands(_: Grant) -> Grant:
        flight.replace(Grant(refresh=("newer",), consent="one"))
        raise SignInError("no", code=LAPSED)

    with pytest.raises(SignInError):
        flight.renewed(refused_while_another_lands, refused=None)
    survived = flight.load()
    with pytest.raises(SignInError):
        flight.renewed(refusing("invalid_client"), refused=None)
    misconfigured = flight.load()
    with pytest.raises(SignInError):
        flight.renewed(refusing(LAPSED), refused=None)

    assert not survived.lapsed
    assert not misconfigured.lapsed
    assert flight.load().lapsed
    flight.replace(Grant(refresh=("consented anew",), consent="two"))
    assert flight.renewed(remote, refused=None).access == "access 1"


def test_a_flight_from_a_clock_that_was_set_back_holds_nobody_up(
    flight: SingleFlight, remote: Remote, clock: SteppedClock
) -> None:
    far = clock.now() + timedelta(days=1)
    flight.replace(Grant(refresh=("refresh 0",), flight=Flight(far, far)))

    assert flight.renewed(remote, refused=None).access == "access 1"
    assert clock.slept == []


def test_a_failure_from_a_clock_that_was_set_back_holds_nobody_up(
    flight: SingleFlight, remote: Remote, clock: SteppedClock
) -> None:
    far = clock.now() + timedelta(days=1)
    flight.replace(Grant(refresh=("refresh 0",), failed_at=far))

    assert flight.renewed(remote, refused=None).access == "access 1"
    clock.offset += timedelta(seconds=1800 - RENEW_BEFORE_S + 1)
    flight.replace(replace(flight.load(), failed_at=far))
    assert flight.renewed(remote, refused=None).access == "access 2"


def test_a_token_counts_only_for_the_credentials_that_fetched_it(
    flight: SingleFlight, remote: Remote, tokens: MemoryTokens, clock: SteppedClock
) -> None:
    held = flight.renewed(remote, refused=None)
    others = SingleFlight(tokens, clock, name="xero", proof="other credentials")

    with pytest.raises(SignInError):
        others.renewed(refusing("invalid_client"), refused=None)
    still = flight.renewed(remote, refused=None)
    theirs = others.renewed(remote, refused=None)

    assert still.access == held.access == "access 1"
    assert theirs.access == "access 2"
    assert others.load().proof == "other credentials"


def test_nobody_waits_for_ever(remote: Remote, clock: SteppedClock) -> None:
    class Restless(MemoryTokens):
        """A store in which another process has always just begun."""

        def load(self, name: str) -> tuple[str, int]:
            flying = Flight(clock.now(), clock.now() + timedelta(seconds=1))
            return pack(Grant(refresh=(f"refresh of {name}",), flight=flying)), 1

    with pytest.raises(UnavailableError, match="too long"):
        SingleFlight(Restless(), clock, name="xero").renewed(remote, refused=None)

    assert PATIENCE_S <= sum(clock.slept) < PATIENCE_S + 5
    assert remote.shown == []
