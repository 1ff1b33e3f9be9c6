"""Fifth step of the trip: carry the actions out, in batches.

What is about to be sent is in the database before it leaves (5a, `calls`), what came back is in
the database before anything else happens (5c, `replies`); no transaction is open in between (5b).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from dynamics_xero.errors import DynamicsXeroError, LockedError, RecordError, TooLateError
from dynamics_xero.mapping.keys import normal
from dynamics_xero.model import Action, ActionKind, Purpose, SideName
from dynamics_xero.sync.breaker import Breaker, entity_of
from dynamics_xero.sync.calls import CALLS, element, open_calls, withdraw
from dynamics_xero.sync.freshness import last_moment
from dynamics_xero.sync.outcome import Batch, settle
from dynamics_xero.sync.replies import Sent, record
from dynamics_xero.sync.steps import prepare
from dynamics_xero.sync.trip import Trip


@dataclass(frozen=True)
class Pushed:
    """What became of a round. ended: some of its actions did, well or badly.

    late: links whose call was kept back because Xero had been read too long ago (R23).
    """

    ended: bool
    late: frozenset[int] = frozenset()


def push(trip: Trip, actions: Sequence[Action]) -> Pushed:
    """Carry out one round of actions.

    Raises the first error that stops the run, after all calls in flight have been recorded.
    """
    actions = [prepare(trip, action) for action in _one_per_key(trip, actions)]
    if any(action.kind in CALLS and action.side is SideName.DYNAMICS for action in actions):
        trip.aside.wait()
    settle(trip, [action for action in actions if action.kind not in CALLS])
    waiting = open_calls(trip, [action for action in actions if action.kind in CALLS])
    ended = len(waiting) == 0 and len(actions) > 0
    late: set[int] = set()
    stop: DynamicsXeroError | None = None
    breaker = Breaker(trip, entity_of(trip, actions[0].link)) if waiting else None
    while waiting and breaker is not None:
        again: list[Batch] = []
        waiting = _tried_first(trip, waiting, breaker)
        for sent in _send_all(trip, waiting, breaker):
            more, error = record(trip, sent)
            if sent.left:
                breaker.note(sent.batch.side, sent.error)
                if sent.batch.side is SideName.XERO:
                    trip.echo.rows += len(sent.batch.actions)
            again.extend(more)
            ended = ended or _has_ended(sent)
            late |= {action.link.id for action in sent.batch.actions if sent.late}
            stop = stop or error
        if stop is not None:
            withdraw(trip, again)
            raise stop
        waiting = again
    return Pushed(ended, frozenset(late))


def _has_ended(sent: Sent) -> bool:
    return sent.left and (sent.error is None or isinstance(sent.error, RecordError))


def _tried_first(trip: Trip, waiting: Sequence[Batch], breaker: Breaker) -> list[Batch]:
    """Keep one call for a side that has to show that it takes calls again, and all for others."""
    tried: set[SideName] = set()
    kept: list[Batch] = []
    for batch in waiting:
        if batch.side not in tried:
            kept.append(batch)
        if breaker.on_trial(batch.side):
            tried.add(batch.side)
    if len(kept) < len(waiting):
        ids = {batch.request_id for batch in kept}
        withdraw(trip, [batch for batch in waiting if batch.request_id not in ids])
    return kept


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
            names = mapping.sole_fields()
            found = {(n, normal(action.decided[n])) for n in names if n in action.decided}
            keys = {(mapping.xero, name, value) for name, value in found}
        if not keys & taken:
            first.append(action)
        taken |= keys
    return first


def _send_all(trip: Trip, batches: Sequence[Batch], breaker: Breaker) -> Iterator[Sent]:
    """5b: send, a few at once; each answer is handed back as it arrives."""
    if trip.limits.senders == 1:
        yield from (_send(trip, batch, breaker) for batch in batches)
        return
    with ThreadPoolExecutor(max_workers=trip.limits.senders) as pool:
        futures: list[Future[Sent]] = [
            pool.submit(_send, trip, batch, breaker) for batch in batches
        ]
        for future in as_completed(futures):
            yield future.result()


def _send(trip: Trip, batch: Batch, breaker: Breaker) -> Sent:
    started_at = trip.now()
    young_until = last_moment(trip, batch.actions)
    if breaker.is_open(batch.side):
        return Sent(batch, started_at, left=False)
    if young_until is not None and started_at > young_until:
        return Sent(batch, started_at, left=False, late=True)  # the calls before it took long
    try:
        with trip.lane.begin() as tx:  # the fence is checked right before each send
            ours = tx.requests.sent(batch.request_id, started_at)
        if not ours:
            raise LockedError("Another worker has taken this request back.")
        answers = trip.sides[batch.side].write(
            [element(trip, action, at=batch.at) for action in batch.actions],
            purpose=Purpose.DATA,
            key=batch.request_id,
            deadline_s=trip.limits.call_s,
            feed=trip.source(batch.side, batch.resource).feed,
            leave_by=young_until,
        )
    except TooLateError:
        return Sent(batch, started_at, left=False, late=True)  # its turn came late
    except DynamicsXeroError as error:
        return Sent(batch, started_at, error=error)
    return Sent(batch, started_at, answers=answers)
