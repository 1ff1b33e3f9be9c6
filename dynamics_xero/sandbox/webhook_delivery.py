"""Bring messages to receivers: the first attempt, and those that follow on the sandbox's clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import requests

from dynamics_xero.sandbox.clock import SandboxClock
from dynamics_xero.sandbox.webhook_terms import Announcer, Failure, Greeting, Notice, Subscription

_MOST_WAITING = 10_000


class Standing(Enum):
    """What a receiver is to the sender."""

    UNGREETED = "ungreeted"
    ENABLED = "enabled"
    REFUSED = "refused"
    DISABLED = "disabled"


@dataclass(frozen=True)
class _Waiting:
    notice: Notice
    subscription: Subscription
    first: float
    due: float
    attempts: int


class Deliveries:
    """The receivers of one endpoint, and the messages that wait to be sent again.

    Used by one thread, except where a method says otherwise.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._standings: dict[Subscription, Standing] = {}
        self._waiting: tuple[_Waiting, ...] = ()

    def add(self, subscription: Subscription, *, sole: bool) -> None:
        """Take a receiver in, ungreeted, in place of what its URL had; safe from any thread."""
        others = {
            one: standing
            for one, standing in self._standings.items()
            if not sole and one.url != subscription.url
        }
        self._standings = {**others, subscription: Standing.UNGREETED}

    def clear(self) -> None:
        """Forget receivers and what waits; safe from any thread."""
        self._standings, self._waiting = {}, ()

    @property
    def any_receiver(self) -> bool:
        """Whether anybody has subscribed; safe from any thread."""
        return bool(self._standings)

    @property
    def waits(self) -> bool:
        """Whether a message waits for its next attempt; safe from any thread."""
        return bool(self._waiting)

    @property
    def overdue(self) -> bool:
        """Whether one should be on its way; safe from any thread."""
        now = self._clock.seconds()
        return any(one.due <= now for one in self._waiting)

    def state(self) -> dict[str, object]:
        """Return who has subscribed and how they stand; safe from any thread."""
        return {
            "subscriptions": [one.url for one in self._standings],
            "standings": {one.url: at.value for one, at in self._standings.items()},
            "waiting": len(self._waiting),
        }

    def greet(self, announcer: Announcer, session: requests.Session) -> None:
        """Ask new receivers whether they are who they should be."""
        while new := [one for one, at in self._standings.items() if at is Standing.UNGREETED]:
            greetings = announcer.terms.greetings(new[0])
            fine = all(_answered(one, announcer, session) for one in greetings)
            self._stand(new[0], Standing.ENABLED if fine else Standing.REFUSED)

    def receivers(self) -> tuple[Subscription, ...]:
        """Return who is told."""
        return tuple(
            one for one, standing in self._standings.items() if standing is Standing.ENABLED
        )

    def deliver(
        self,
        notice: Notice,
        subscription: Subscription,
        announcer: Announcer,
        session: requests.Session,
    ) -> bool:
        """Send a message for the first time; whether it was taken."""
        now = self._clock.seconds()
        waiting = _Waiting(notice, subscription, now, now, 0)
        return self._attempt(waiting, announcer, session)

    def retry(self, announcer: Announcer, session: requests.Session) -> list[bool]:
        """Send what is due again; whether each was taken."""
        now = self._clock.seconds()
        due = [one for one in self._waiting if one.due <= now]
        self._waiting = tuple(one for one in self._waiting if one not in due)
        return [self._attempt(one, announcer, session) for one in due if self._is_told(one)]

    def _attempt(self, waiting: _Waiting, announcer: Announcer, session: requests.Session) -> bool:
        call = announcer.addressed(waiting.notice, waiting.subscription)
        answer = _sent(call, announcer, session)
        if answer is not None and announcer.terms.took(answer):
            return True
        now, attempts = self._clock.seconds(), waiting.attempts + 1
        status = None if answer is None else answer.status_code
        failure = Failure(attempts, now - waiting.first, status)
        pause_s = announcer.terms.pause_s(failure)
        if pause_s is None:
            announcer.terms.gave_up(waiting.notice, waiting.subscription, failure)
        if pause_s is not None and len(self._waiting) < _MOST_WAITING:
            later = replace(waiting, due=now + pause_s, attempts=attempts)
            if self._is_told(later):
                self._waiting = (*self._waiting, later)
        elif announcer.terms.disables:
            self._stand(waiting.subscription, Standing.DISABLED)
            self._waiting = tuple(one for one in self._waiting if self._is_told(one))
        return False

    def _is_told(self, waiting: _Waiting) -> bool:
        return self._standings.get(waiting.subscription) is Standing.ENABLED

    def _stand(self, subscription: Subscription, standing: Standing) -> None:
        if subscription in self._standings:
            self._standings = {**self._standings, subscription: standing}


def _answered(greeting: Greeting, announcer: Announcer, session: requests.Session) -> bool:
    answer = _sent(greeting.call, announcer, session)
    return answer is not None and answer.status_code == greeting.status


def _sent(
    call: requests.Request, announcer: Announcer, session: requests.Session
) -> requests.Response | None:
    """Make one call; None when there is no answer within the remote's patience."""
    patience_s = announcer.terms.patience_s
    prepared = session.prepare_request(call)
    try:
        answer = session.send(prepared, timeout=patience_s, allow_redirects=False)
    except requests.RequestException:
        return None
    session.cookies.clear()
    return answer if answer.elapsed.total_seconds() <= patience_s else None
