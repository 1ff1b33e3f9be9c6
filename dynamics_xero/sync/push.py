"""Fifth step of the trip: carry the actions out, in batches.

What is about to be sent is in the database before it leaves (5a), what came back is in the
database before anything else happens (5c); no transaction is open in between (5b).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
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
from dynamics_xero.model import Action, ActionKind, Answer, Purpose, SideName, Values, Write
from dynamics_xero.rows import RequestRow
from dynamics_xero.sync.feeds import normal
from dynamics_xero.sync.outcome import Batch, refuse, save, settle
from dynamics_xero.sync.patience import LONGEST_WAIT_S, patiently
from dynamics_xero.sync.pull import observe
from dynamics_xero.sync.steps import prepare
from dynamics_xero.sync.trip import Trip
from dynamics_xero.sync.write_back import details

CALLS = (ActionKind.CREATE, ActionKind.UPDATE, ActionKind.ARCHIVE, ActionKind.RESTORE)
"""The actions that a remote is called for; the others are only stored."""

BACKOFF_S = (1.0, 30.0)
"""Least and most that a postponed call may wait at first, and ever."""


@dataclass(frozen=True)
class Sent:
    """One call that has left, and how it ended."""

    batch: Batch
    started_at: datetime
    answers: Sequence[Answer] = ()
    error: DynamicsXeroError | None = None


def push(trip: Trip, actions: Sequence[Action]) -> bool:
    """Carry out one round of actions; says whether any of them ended, well or badly.

    Raises the first error that stops the run, after all calls in flight have been recorded.
    """
    actions = [prepare(trip, action) for action in _one_per_key(trip, actions)]
    settle(trip, [action for action in actions if action.kind not in CALLS])
    waiting = _open(trip, [action for action in actions if action.kind in CALLS])
    ended = len(waiting) == 0 and len(actions) > 0
    stop: DynamicsXeroError | None = None
    while waiting:
        again: list[Batch] = []
        for sent in _send_all(trip, waiting):
            more, error = _record(trip, sent)
            again.extend(more)
            ended = ended or sent.error is None or isinstance(sent.error, RecordError)
            stop = stop or error
        if stop is not None:
            _withdraw(trip, again)
            raise stop
        waiting = again
    return ended


def _one_per_key(trip: Trip, actions: Sequence[Action]) -> list[Action]:
    """Leave for the next round who would create with a key that another one of this round has.

    By then the mirror shows its holder, or that the key is still free (R17).
    """
    taken: set[tuple[str, str, str]] = set()
    first = []
    for action in actions:
        keys: set[tuple[str, str, str]] = set()
        if action.kind is ActionKind.CREATE and action.side is SideName.XERO:
            mapping = trip.mapping(action.link.entity)
            names = (*mapping.match_on, *mapping.unique_in_xero)
            found = {(n, normal(action.decided[n])) for n in names if n in action.decided}
            keys = {(mapping.xero, name, value) for name, value in found}
        if not keys & taken:
            first.append(action)
        taken |= keys
    return first


def _open(trip: Trip, actions: Sequence[Action]) -> list[Batch]:
    """5a: write the requests down, one per remote call (R21)."""
    groups: list[list[Action]] = []
    for name, side in trip.sides.items():
        mine = [action for action in actions if action.side is name]
        writes = [_write(trip, action, at=trip.now()) for action in mine]
        found = side.batches(writes, purpose=Purpose.DATA)
        groups.extend([mine[place] for place in group] for group in found)
    return _write_down(trip, groups)


def _write_down(trip: Trip, groups: Sequence[Sequence[Action]]) -> list[Batch]:
    now = trip.now()
    batches = [Batch(trip.new_id(), tuple(group), now) for group in groups]
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
        endpoint=trip.key(batch.side),
        resource=first.resource,
        action=first.kind.value,
        key=batch.request_id,
        deadline=deadline,
        members=tuple({"link_id": action.link.id} for action in batch.actions),
        fence=trip.lane.fence or 0,
    )


def _write(trip: Trip, action: Action, *, at: datetime) -> Write:
    """Return the element of one action; a write to Dynamics takes Xero Details along.

    It carries the version it was decided on, and is refused if that is no longer so (R23).
    """
    xero = action.side is SideName.XERO
    return Write(
        kind=action.kind,
        resource=action.resource,
        id=action.remote_id,
        values=action.values if xero else {**action.values, **_details(trip, action, at)},
        parts=action.lists,
        if_match=None if xero else action.dynamics_version,
    )


def _details(trip: Trip, action: Action, at: datetime) -> Values:
    done = replace(action.link, status=action.status, remark=action.remark)
    return details(trip, replace(done, last_synced_at=at.replace(microsecond=0)))


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
        answers = trip.sides[batch.side].write(
            [_write(trip, action, at=batch.at) for action in batch.actions],
            purpose=Purpose.DATA,
            key=batch.request_id,
            deadline_s=trip.limits.call_s,
            feed=trip.source(batch.side, batch.resource).feed,
        )
    except DynamicsXeroError as error:
        return Sent(batch, started_at, error=error)
    return Sent(batch, started_at, answers=answers)


def _record(trip: Trip, sent: Sent) -> tuple[list[Batch], DynamicsXeroError | None]:
    """5c: store what came back; returns calls to make again, and an error that stops the run."""
    error = sent.error
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
    _withdraw(trip, [sent.batch])
    return [], error


def _answered(trip: Trip, sent: Sent) -> tuple[list[Batch], DynamicsXeroError | None]:
    """Store each element's answer: done or refused, to be made again, or unknown (R22, R31)."""
    fates: dict[Fate, list[tuple[Action, Answer]]] = {fate: [] for fate in Fate}
    for action, answer in zip(sent.batch.actions, sent.answers, strict=True):
        fates[_fate(answer)].append((action, answer))
    _keep_unknown(trip, sent, [action for action, _answer in fates[Fate.UNKNOWN]])
    _look_again(trip, sent.batch, [action for action, _answer in fates[Fate.MOVED]])
    for action, answer in fates[Fate.LATER]:
        if isinstance(answer.error, RetryableError):
            _retry(trip, [action], answer.error)
    known = fates[Fate.KNOWN]
    batch = replace(sent.batch, actions=tuple(action for action, _answer in known))
    if known:
        answers = [answer for _action, answer in known]
        repairs = save(trip, batch, answers, started_at=sent.started_at)
        return _open(trip, repairs), _stopper(sent.answers)
    with trip.store.begin() as tx:
        tx.requests.close(batch.request_id)
    return [], _stopper(sent.answers)


class Fate(Enum):
    """What becomes of one element of a call."""

    KNOWN = auto()
    UNKNOWN = auto()
    MOVED = auto()
    LATER = auto()


def _fate(answer: Answer) -> Fate:
    if isinstance(answer.error, LostAnswerError):
        return Fate.UNKNOWN
    if isinstance(answer.error, ConflictError):
        return Fate.MOVED
    if isinstance(answer.error, RetryableError | FatalError):
        return Fate.LATER
    return Fate.KNOWN


def _stopper(answers: Sequence[Answer]) -> DynamicsXeroError | None:
    errors = (answer.error for answer in answers)
    return next((error for error in errors if isinstance(error, FatalError)), None)


def _keep_unknown(trip: Trip, sent: Sent, actions: Sequence[Action]) -> None:
    """What an answer leaves out stays written down: it may or may not have been done (R22)."""
    if not actions:
        return
    (unknown,) = _write_down(trip, [actions])
    with trip.store.begin() as tx:
        tx.requests.sent(unknown.request_id, sent.started_at)


def _look_again(trip: Trip, batch: Batch, actions: Sequence[Action]) -> None:
    """Somebody else was first: read those rows, and decide again (R23)."""
    if not actions:
        return
    source = trip.source(batch.side, batch.resource)
    ids = [action.remote_id for action in actions if action.remote_id]
    started_at = trip.now()
    records = patiently(trip, partial(trip.sides[batch.side].read, source.feed, ids))
    with trip.store.begin() as tx:
        observe(trip, tx, source, records, cursor=None, started_at=started_at)
        tx.links.set_request([action.link.id for action in actions], None)


def _stops(error: RetryableError) -> bool:
    """Short waits are waited out; a long one ends the run (contract.md section 3)."""
    return isinstance(error, ThrottledError) and (error.retry_after_s or 0.0) > LONGEST_WAIT_S


def _halve(trip: Trip, batch: Batch, error: RecordError) -> list[Batch]:
    """A refusal of the whole call is halved down to the culprit (R31)."""
    if len(batch.actions) == 1:
        refuse(trip, batch, error)
        return []
    with trip.store.begin() as tx:
        tx.requests.close(batch.request_id)
    middle = len(batch.actions) // 2
    return _write_down(trip, [batch.actions[:middle], batch.actions[middle:]])


def _postpone(trip: Trip, batch: Batch, error: RetryableError) -> None:
    _retry(trip, batch.actions, error)
    with trip.store.begin() as tx:
        tx.requests.close(batch.request_id)


def _retry(trip: Trip, actions: Sequence[Action], error: RetryableError) -> None:
    """Full-jitter backoff; transient failures are never parked (R32)."""
    attempts = max(action.link.attempts for action in actions)
    least, most = BACKOFF_S
    wait = trip.random.uniform(0, min(most, least * 2 ** min(attempts, 20)))
    next_at = trip.now() + timedelta(seconds=max(wait, error.retry_after_s or 0.0))
    with trip.store.begin() as tx:
        links = [action.link.id for action in actions]
        tx.links.retry_later(links, next_at=next_at, attempts_up=True)


def _withdraw(trip: Trip, batches: Sequence[Batch]) -> None:
    """Requests that never left, or were turned away unread: their links stay due."""
    with trip.store.begin() as tx:
        for batch in batches:
            tx.links.set_request([action.link.id for action in batch.actions], None)
            tx.requests.close(batch.request_id)
