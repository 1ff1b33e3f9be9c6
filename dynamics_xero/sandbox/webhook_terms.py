"""What webhooks are made of, and on which terms one remote delivers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import requests

Entry = Mapping[str, object]


@dataclass(frozen=True)
class Subscription:
    """Where messages go, and the secret that proves whose they are."""

    url: str
    key: str


@dataclass(frozen=True)
class Trigger:
    """An event nobody's write has caused; `event` replaces fields of what is sent."""

    id: str
    resource: str | None
    action: str
    event: Mapping[str, object]


@dataclass(frozen=True)
class Notice:
    """One message; `method` and `path` are those of the write behind it, for the faults."""

    body: bytes
    headers: Mapping[str, str]
    method: str
    path: str


@dataclass(frozen=True)
class Failure:
    """A message nobody took: how often it was sent, since when, and the last answer's status."""

    attempts: int
    elapsed_s: float
    status: int | None


@dataclass(frozen=True)
class Greeting:
    """A call that a receiver must answer with this status before it is told anything."""

    call: requests.Request
    status: int


def _any_success(answer: requests.Response) -> bool:
    return 200 <= answer.status_code < 300


def _never_again(_failure: Failure) -> float | None:
    return None


def _for_everyone(_notice: Notice, _subscription: Subscription) -> bool:
    return True


def _nothing_follows(_notice: Notice, _subscription: Subscription, _failure: Failure) -> None:
    """Let a message that nobody took be forgotten."""


def _no_greetings(_subscription: Subscription) -> Sequence[Greeting]:
    return ()


@dataclass(frozen=True)
class Terms:
    """How long an answer may take, what counts as one, and what follows when none comes.

    pause_s: seconds until the next attempt, None = no more. sole: a new receiver takes the place
    of the old one. disables: who let a message run out of attempts is told nothing any more.
    wants: whether a message is for a receiver. gave_up: told when the last attempt has failed.
    """

    patience_s: float
    took: Callable[[requests.Response], bool] = _any_success
    pause_s: Callable[[Failure], float | None] = _never_again
    greetings: Callable[[Subscription], Sequence[Greeting]] = _no_greetings
    sole: bool = False
    disables: bool = False
    wants: Callable[[Notice, Subscription], bool] = _for_everyone
    gave_up: Callable[[Notice, Subscription, Failure], None] = _nothing_follows


class Announcer(Protocol):
    """How one remote words its messages."""

    resources: tuple[str, ...]
    terms: Terms

    def notices(self, entries: Sequence[Entry], event: Mapping[str, object]) -> list[Notice]:
        """Return the messages about writes, oldest first; `event` replaces fields of each."""

    def addressed(self, notice: Notice, subscription: Subscription) -> requests.Request:
        """Return the call that brings a message to a subscriber, with its proof."""
