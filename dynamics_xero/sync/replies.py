"""What came back for each call, element by element, and what is to be done about it (R31, R32)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial

from dynamics_xero.errors import (
    ConflictError,
    DynamicsXeroError,
    FatalError,
    LockedError,
    LostAnswerError,
    RecordError,
    RetryableError,
    ThrottledError,
)
from dynamics_xero.model import Action, ActionKind, Answer, SideName
from dynamics_xero.sync.calls import open_calls, withdraw, write_down
from dynamics_xero.sync.outcome import Batch, parents, refuse, save
from dynamics_xero.sync.patience import LONGEST_WAIT_S, patiently
from dynamics_xero.sync.pull import observe
from dynamics_xero.sync.trip import Trip

BACKOFF_S = (1.0, 30.0)
"""Least and most that a postponed call may wait at first, and ever."""

PRECONDITION = 412
"""HTTP status of a row that is not as it was expected, or is there already (R24)."""


@dataclass(frozen=True)
class Sent:
    """One call that has left, and how it ended. left: false if it was kept back after all.

    late: kept back because Xero had been read too long ago, so it is decided again (R23).
    """

    batch: Batch
    started_at: datetime
    answers: Sequence[Answer] = ()
    error: DynamicsXeroError | None = None
    left: bool = True
    late: bool = False


class Fate(Enum):
    """What becomes of one element of a call."""

    KNOWN = auto()
    UNKNOWN = auto()
    MOVED = auto()
    LATER = auto()


def record(trip: Trip, sent: Sent) -> tuple[list[Batch], DynamicsXeroError | None]:
    """5c: store what came back; returns calls to make again, and an error that stops the run."""
    error = sent.error
    if not sent.left:
        withdraw(trip, [sent.batch])
        return [], None
    if error is None:
        return _answered(trip, sent)
    if isinstance(error, RecordError):
        return _halve(trip, sent.batch, error), None
    if isinstance(error, LostAnswerError):
        return [], None  # the request stays open until its deadline has passed (R22)
    if isinstance(error, LockedError):
        return [], error  # what is left is the business of the worker that has the lane now
    if isinstance(error, RetryableError):
        _postpone(trip, sent.batch, error)
        return [], error if _stops(error) else None
    withdraw(trip, [sent.batch])
    return [], error


def _answered(trip: Trip, sent: Sent) -> tuple[list[Batch], DynamicsXeroError | None]:
    """Store each element's answer: done or refused, to be made again, or unknown (R22, R31)."""
    fates: dict[Fate, list[tuple[Action, Answer]]] = {fate: [] for fate in Fate}
    for action, answer in zip(sent.batch.actions, sent.answers, strict=True):
        fates[_fate(action, answer)].append((action, answer))
    _keep_unknown(trip, sent, [action for action, _answer in fates[Fate.UNKNOWN]])
    _look_again(trip, sent.batch, [action for action, _answer in fates[Fate.MOVED]])
    for action, answer in fates[Fate.LATER]:
        if isinstance(answer.error, RetryableError):
            _retry(trip, [action], answer.error)
        else:
            _free(trip, [action])
    known = fates[Fate.KNOWN]
    batch = replace(sent.batch, actions=tuple(action for action, _answer in known))
    if known:
        answers = [answer for _action, answer in known]
        repairs = save(trip, batch, answers, started_at=sent.started_at)
        return open_calls(trip, repairs), _stopper(sent.answers)
    with trip.lane.begin() as tx:
        tx.requests.close(batch.request_id)
    return [], _stopper(sent.answers)


def _fate(action: Action, answer: Answer) -> Fate:
    if isinstance(answer.error, LostAnswerError):
        return Fate.UNKNOWN
    was_there = action.side is SideName.DYNAMICS and action.kind is ActionKind.CREATE
    if isinstance(answer.error, ConflictError) or (was_there and _status(answer) == PRECONDITION):
        return Fate.MOVED
    if isinstance(answer.error, RetryableError | FatalError):
        return Fate.LATER
    return Fate.KNOWN


def _status(answer: Answer) -> int | None:
    return answer.error.status if isinstance(answer.error, DynamicsXeroError) else None


def _stopper(answers: Sequence[Answer]) -> DynamicsXeroError | None:
    errors = (answer.error for answer in answers)
    return next((error for error in errors if isinstance(error, FatalError)), None)


def _keep_unknown(trip: Trip, sent: Sent, actions: Sequence[Action]) -> None:
    """What an answer leaves out stays written down: it may or may not have been done (R22)."""
    if not actions:
        return
    (unknown,) = write_down(trip, [actions])
    with trip.lane.begin() as tx:
        tx.requests.sent(unknown.request_id, sent.started_at)


def _free(trip: Trip, actions: Sequence[Action]) -> None:
    with trip.lane.begin() as tx:
        tx.links.set_request([action.link.id for action in actions], None)


def _look_again(trip: Trip, batch: Batch, actions: Sequence[Action]) -> None:
    """Somebody else was first: read those rows, and decide again (R23)."""
    if not actions:
        return
    source = trip.source(batch.side, batch.resource)
    ids = [action.remote_id for action in actions if action.remote_id]
    started_at = trip.now()
    records = patiently(trip, partial(trip.sides[batch.side].read, source.feed, ids))
    with trip.lane.begin() as tx:
        observe(trip, tx, source, records, cursor=None, started_at=started_at)
        tx.links.set_request([action.link.id for action in actions], None)
        tx.links.wake(parents(actions), now=trip.now())


def _stops(error: RetryableError) -> bool:
    """Short waits are waited out; a long one ends the run (contract.md section 3)."""
    return isinstance(error, ThrottledError) and (error.retry_after_s or 0.0) > LONGEST_WAIT_S


def _halve(trip: Trip, batch: Batch, error: RecordError) -> list[Batch]:
    """A refusal of the whole call is halved down to the culprit (R31)."""
    if len(batch.actions) == 1:
        refuse(trip, batch, error)
        return []
    with trip.lane.begin() as tx:
        tx.requests.close(batch.request_id)
    middle = len(batch.actions) // 2
    return write_down(trip, [batch.actions[:middle], batch.actions[middle:]])


def _postpone(trip: Trip, batch: Batch, error: RetryableError) -> None:
    _retry(trip, batch.actions, error)
    with trip.lane.begin() as tx:
        tx.requests.close(batch.request_id)


def _retry(trip: Trip, actions: Sequence[Action], error: RetryableError) -> None:
    """Full-jitter backoff; transient failures are never parked (R32)."""
    attempts = max(action.link.attempts for action in actions)
    least, most = BACKOFF_S
    wait = trip.random.uniform(0, min(most, least * 2 ** min(attempts, 20)))
    next_at = trip.now() + timedelta(seconds=max(wait, error.retry_after_s or 0.0))
    with trip.lane.begin() as tx:
        links = [action.link.id for action in actions]
        tx.links.retry_later(links, next_at=next_at, attempts_up=True)
