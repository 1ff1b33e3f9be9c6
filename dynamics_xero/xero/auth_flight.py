"""Single flight: of all processes that need a new token, one fetches it and the others wait.

The store's row is the only lock: every change is a compare-and-swap on its generation. A flight is
written down before the call leaves, and stays until its answer is stored or its time is over;
a process that dies in between leaves the old refresh token behind, which Xero still takes for 30
minutes after its first use (xero.md section 1, Grace; failures.md section 1, cases 18 to 20).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias

from dynamics_xero.errors import DynamicsXeroError, SignInError, UnavailableError
from dynamics_xero.ports import Clock, TokenStore
from dynamics_xero.xero.auth_grant import Flight, Grant, pack, unpack

RENEW_BEFORE_S = 300.0
"""A token is renewed that early, so that those who wait for the new one work on with the old."""

USABLE_S = 30.0
"""What a call needs of a token's life."""

FLIGHT_S = 60.0
"""How long a flight may take: over twice what its calls can (auth_endpoint)."""

PATIENCE_S = 90.0
"""How long a process waits for another one's flight, and for its own turn after a crash."""

REST_S = 30.0
"""After a failure, a token that still lives is used for so long before the next fetch."""

_POLLS_S = (0.25, 0.5, 1.0, 2.0)

LAPSED = "invalid_grant"
"""What Xero answers when no refresh token of ours counts any more."""

Fetch: TypeAlias = Callable[[Grant], Grant]
"""Asks Xero for a new token. Raises StillFlyingError, UnavailableError or SignInError."""


class StillFlyingError(UnavailableError):
    """Xero may still be at work on the call: nobody may fetch before the flight's time is over."""


class SingleFlight:
    """The state of one sign-in, shared with every process on the same store."""

    def __init__(self, tokens: TokenStore, clock: Clock, *, name: str, proof: str = "") -> None:
        """proof: tells our credentials from others; a token that others fetched is not used."""
        self._tokens = tokens
        self._clock = clock
        self._name = name
        self._proof = proof

    def load(self) -> Grant:
        """Return the state as it is stored; an empty one before the first sign-in."""
        return self._load()[0]

    def replace(self, grant: Grant) -> None:
        """Store a new sign-in, whatever was there before."""
        self._change(lambda _: replace(grant, proof=self._proof))

    def forget(self) -> None:
        """Throw the state away, which opens by no key."""
        self._tokens.forget(self._name)

    def renewed(self, fetch: Fetch, *, refused: str | None) -> Grant:
        """Return a state whose access token serves, fetched by whoever comes first.

        refused: an access token that Xero has just turned down. Raises SignInError,
        UnavailableError.
        """
        began_at = self._clock.now()
        for wait_s in self._waits(began_at):
            grant, generation = self._load()
            now = self._clock.now()
            if self._serves(grant, now, refused):
                return grant
            if _failed_since(grant, began_at, now=now) and not grant.lapsed:
                raise UnavailableError("Xero's sign-in failed for another process just now.")
            if _flies(grant, now):
                self._clock.sleep(wait_s)
                continue
            mine = Flight(now, now + timedelta(seconds=FLIGHT_S))
            taken = replace(grant, flight=mine, failed_at=None)
            if self._save(taken, generation):
                return self._fly(mine, taken, fetch, refused)
        raise UnavailableError("Another process has been renewing the Xero token for too long.")

    def _serves(self, grant: Grant, now: datetime, refused: str | None) -> bool:
        """Say whether the token will do; an old one does while a new one cannot be had."""
        left_s = self._left_s(grant, now, refused)
        rests = _failed_since(grant, now - timedelta(seconds=REST_S), now=now)
        waits = rests or _flies(grant, now) or grant.lapsed
        return left_s > RENEW_BEFORE_S or (left_s > USABLE_S and waits)

    def _left_s(self, grant: Grant, now: datetime, refused: str | None) -> float:
        """Return how long a token lives that our own credentials have fetched.

        One that others have does not show whether ours are right, and they may be wrong by now.
        """
        return grant.seconds_left(now, refused=refused) if grant.proof == self._proof else 0.0

    def _waits(self, began_at: datetime) -> Iterator[float]:
        """Yield how long to wait next, until patience has run out."""
        turn = 0
        while (self._clock.now() - began_at).total_seconds() < PATIENCE_S:
            yield _POLLS_S[min(turn, len(_POLLS_S) - 1)]
            turn += 1

    def _fly(self, mine: Flight, grant: Grant, fetch: Fetch, refused: str | None) -> Grant:
        try:
            fetched = replace(fetch(grant), proof=self._proof)
        except DynamicsXeroError as error:
            state = self._failed(mine, grant, error)
            if self._left_s(state, self._clock.now(), refused) > USABLE_S:
                return state
            raise
        return self._landed(mine, fetched)

    def _landed(self, mine: Flight, fetched: Grant) -> Grant:
        """Store the answer; where another flight has begun since, only what it may still need."""

        def change(stored: Grant) -> Grant:
            return stored.landed(fetched) if stored.flight == mine else stored.with_spare(fetched)

        return self._change(change).landed(fetched)

    def _failed(self, mine: Flight, tried: Grant, error: DynamicsXeroError) -> Grant:
        """Note a failure, unless another process has got further meanwhile."""
        lapsed = isinstance(error, SignInError) and error.code == LAPSED

        def change(stored: Grant) -> Grant:
            if stored.flight != mine or isinstance(error, StillFlyingError):
                return stored
            ended = lapsed and bool(stored.refresh) and stored.refresh == tried.refresh
            return replace(stored, flight=None, failed_at=self._clock.now(), lapsed=ended)

        return self._change(change)

    def _change(self, change: Callable[[Grant], Grant]) -> Grant:
        """Store what `change` makes of the state, as often as another process was first."""
        while True:
            grant, generation = self._load()
            changed = change(grant)
            if changed == grant or self._save(changed, generation):
                return changed

    def _load(self) -> tuple[Grant, int]:
        stored = self._tokens.load(self._name)
        return (Grant(), 0) if stored is None else (unpack(stored[0]), stored[1])

    def _save(self, grant: Grant, generation: int) -> bool:
        return self._tokens.save(self._name, pack(grant), generation=generation + 1)


def _failed_since(grant: Grant, moment: datetime, *, now: datetime) -> bool:
    """Say whether a fetch has failed since then; not by a clock that was set back meanwhile."""
    return grant.failed_at is not None and moment < grant.failed_at <= now


def _flies(grant: Grant, now: datetime) -> bool:
    """Say whether somebody fetches; a flight from a clock that was set back is none."""
    if grant.flight is None:
        return False
    return 0 < (grant.flight.until - now).total_seconds() <= FLIGHT_S
