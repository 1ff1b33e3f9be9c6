"""Fifth step of the trip: carry the actions out, in batches.

What is about to be sent is in the database before it leaves (5a), what came back is in the
database before anything else happens (5c); no transaction is open in between (5b).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dynamics_xero.errors import (
    DynamicsXeroError,
    LockedError,
    LostAnswerError,
    RecordError,
    RetryableError,
    ThrottledError,
)
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Action, ActionKind, Answer, Purpose, SideName, Write
from dynamics_xero.rows import RequestRow
from dynamics_xero.sync.feeds import normal
from dynamics_xero.sync.outcome import Batch, refuse, save, settle
from dynamics_xero.sync.patience import LONGEST_WAIT_S
from dynamics_xero.sync.steps import prepare
from dynamics_xero.sync.trip import Trip

CALLS = (ActionKind.CREATE, ActionKind.UPDATE, ActionKind.ARCHIVE)
"""The actions that Xero is called for; the others are only stored."""

BACKOFF_S = (1.0, 30.0)
"""Least and most that a postponed call may wait at first, and ever."""


@dataclass(frozen=True)
class Sent:
    """One call that has left, and how it ended."""

    batch: Batch
    started_at: datetime
    answers: Sequence[Answer] = ()
    error: DynamicsXeroError | None = None


def push(trip: Trip, mapping: type[EntityMapping], actions: Sequence[Action]) -> bool:
    """Carry out one round of actions; says whether any of them ended, well or badly.

    Raises the first error that stops the run, after all calls in flight have been recorded.
    """
    actions = [prepare(trip, mapping, action) for action in _one_per_key(mapping, actions)]
    settle(trip, mapping, [action for action in actions if action.kind not in CALLS])
    waiting = _open(trip, [action for action in actions if action.kind in CALLS])
    ended = len(waiting) == 0 and len(actions) > 0
    stop: DynamicsXeroError | None = None
    while waiting:
        again: list[Batch] = []
        for sent in _send_all(trip, waiting):
            more, error = _record(trip, mapping, sent)
            again.extend(more)
            ended = ended or sent.error is None or isinstance(sent.error, RecordError)
            stop = stop or error
        if stop is not None:
            _withdraw(trip, again)
            raise stop
        waiting = again
    return ended


def _one_per_key(mapping: type[EntityMapping], actions: Sequence[Action]) -> list[Action]:
    """Leave for the next round who would create with a key that another one of this round has.

    By then the mirror shows its holder, or that the key is still free (R17).
    """
    taken: set[tuple[str, str]] = set()
    first = []
    for action in actions:
        keys = set()
        if action.kind is ActionKind.CREATE:
            names = (*mapping.match_on, *mapping.unique_in_xero)
            keys = {(n, normal(action.decided[n])) for n in names if n in action.decided}
        if not keys & taken:
            first.append(action)
        taken |= keys
    return first


def _open(trip: Trip, actions: Sequence[Action]) -> list[Batch]:
    """5a: write the requests down, one per remote call (R21)."""
    side = trip.sides[SideName.XERO]
    writes = [_write(action) for action in actions]
    groups = side.batches(writes, purpose=Purpose.DATA)
    return _write_down(trip, [[actions[place] for place in group] for group in groups])


def _write_down(trip: Trip, groups: Sequence[Sequence[Action]]) -> list[Batch]:
    batches = [Batch(trip.new_id(), tuple(group)) for group in groups]
    with trip.store.begin() as tx:
        tx.requests.open([_request(trip, batch) for batch in batches])
        for batch in batches:
            tx.links.set_request([action.link.id for action in batch.actions], batch.request_id)
    return batches


def _request(trip: Trip, batch: Batch) -> RequestRow:
    first = batch.actions[0]
    deadline = trip.now() + timedelta(seconds=trip.limits.deadline_s)
    return RequestRow(
        id=batch.request_id,
        connection=trip.connection,
        endpoint=trip.key(SideName.XERO),
        resource=first.resource,
        action=first.kind.value,
        key=batch.request_id,
        deadline=deadline,
        members=tuple({"link_id": action.link.id} for action in batch.actions),
        fence=trip.lane.fence or 0,
    )


def _write(action: Action) -> Write:
    return Write(
        kind=action.kind,
        resource=action.resource,
        id=action.remote_id,
        values=action.values,
        parts=action.lists,
    )


def _send_all(trip: Trip, batches: Sequence[Batch]) -> Iterator[Sent]:
    """5b: send, a few at once; each answer is handed back as it arrives."""
    with ThreadPoolExecutor(max_workers=trip.limits.senders) as pool:
        futures: list[Future[Sent]] = [pool.submit(_send, trip, batch) for batch in batches]
        for future in as_completed(futures):
            yield future.result()


def _send(trip: Trip, batch: Batch) -> Sent:
    started_at = trip.now()
    try:
        trip.lane.check()
        with trip.store.begin() as tx:
            ours = tx.requests.sent(batch.request_id, started_at)
        if not ours:
            raise LockedError("Another worker has taken this request back.")
        answers = trip.sides[SideName.XERO].write(
            [_write(action) for action in batch.actions],
            purpose=Purpose.DATA,
            key=batch.request_id,
            deadline_s=trip.limits.call_s,
            feed=trip.source(SideName.XERO, batch.actions[0].resource).feed,
        )
    except DynamicsXeroError as error:
        return Sent(batch, started_at, error=error)
    return Sent(batch, started_at, answers=answers)


def _record(
    trip: Trip, mapping: type[EntityMapping], sent: Sent
) -> tuple[list[Batch], DynamicsXeroError | None]:
    """5c: store what came back; returns calls to make again, and an error that stops the run."""
    error = sent.error
    if error is None:
        batch, answers = _answered(trip, sent)
        repairs = save(trip, mapping, batch, answers, started_at=sent.started_at)
        return _open(trip, repairs), None
    if isinstance(error, RecordError):
        return _halve(trip, mapping, sent.batch, error), None
    if isinstance(error, LostAnswerError):
        return [], None  # the request stays open until its deadline has passed (R22)
    if isinstance(error, LockedError):
        return [], error  # what is left is the business of the worker that has the lane now
    if isinstance(error, RetryableError):
        _postpone(trip, sent.batch, error)
        return [], error if _stops(error) else None
    _withdraw(trip, [sent.batch])
    return [], error


def _answered(trip: Trip, sent: Sent) -> tuple[Batch, list[Answer]]:
    """Return what the answer names; what it leaves out stays written down as unknown (R22)."""
    pairs = list(zip(sent.batch.actions, sent.answers, strict=True))
    lost = [action for action, answer in pairs if isinstance(answer.error, LostAnswerError)]
    if lost:
        (unknown,) = _write_down(trip, [lost])
        with trip.store.begin() as tx:
            tx.requests.sent(unknown.request_id, sent.started_at)
    known = [pair for pair in pairs if not isinstance(pair[1].error, LostAnswerError)]
    actions = tuple(action for action, _answer in known)
    return replace(sent.batch, actions=actions), [answer for _action, answer in known]


def _stops(error: RetryableError) -> bool:
    """Short waits are waited out; a long one ends the run (contract.md section 3)."""
    return isinstance(error, ThrottledError) and (error.retry_after_s or 0.0) > LONGEST_WAIT_S


def _halve(
    trip: Trip, mapping: type[EntityMapping], batch: Batch, error: RecordError
) -> list[Batch]:
    """A refusal of the whole call is halved down to the culprit (R31)."""
    if len(batch.actions) == 1:
        refuse(trip, mapping, batch, error)
        return []
    with trip.store.begin() as tx:
        tx.requests.close(batch.request_id)
    middle = len(batch.actions) // 2
    return _write_down(trip, [batch.actions[:middle], batch.actions[middle:]])


def _postpone(trip: Trip, batch: Batch, error: RetryableError) -> None:
    """Full-jitter backoff; transient failures are never parked (R32)."""
    attempts = max(action.link.attempts for action in batch.actions)
    least, most = BACKOFF_S
    wait = trip.random.uniform(0, min(most, least * 2 ** min(attempts, 20)))
    next_at = trip.now() + timedelta(seconds=max(wait, error.retry_after_s or 0.0))
    with trip.store.begin() as tx:
        links = [action.link.id for action in batch.actions]
        tx.links.retry_later(links, next_at=next_at, attempts_up=True)
        tx.requests.close(batch.request_id)


def _withdraw(trip: Trip, batches: Sequence[Batch]) -> None:
    """Requests that never left, or were turned away unread: their links stay due."""
    with trip.store.begin() as tx:
        for batch in batches:
            tx.links.set_request([action.link.id for action in batch.actions], None)
            tx.requests.close(batch.request_id)
