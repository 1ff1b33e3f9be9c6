"""Store how actions ended: observations, links, bases, history and write-backs due, together."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dynamics_xero.errors import RecordError
from dynamics_xero.model import (
    Action,
    ActionKind,
    Answer,
    LinkOutcome,
    Record,
    SideName,
    Status,
)
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.endings import Ending, Kinds, ending_of, repair, settled
from dynamics_xero.sync.guards import count_removals
from dynamics_xero.sync.pull import observe
from dynamics_xero.sync.steps import conclude
from dynamics_xero.sync.stories import Scene, part_stories, story, worth_telling
from dynamics_xero.sync.trip import Trip

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """The actions that travel in one call. at: when it was written down."""

    request_id: str
    actions: tuple[Action, ...]
    at: datetime

    @property
    def side(self) -> SideName:
        """Where the call goes."""
        return self.actions[0].side

    @property
    def resource(self) -> str:
        """What the call writes."""
        return self.actions[0].resource


def settle(trip: Trip, actions: Sequence[Action]) -> None:
    """Store decisions that need no call.

    A parent stays due until the writes onto its parts have ended: each of them frees it, and if
    none does (R22), it is decided again once they can take effect no more.
    """
    endings = [_hushed(trip, settled(_kinds(trip, action), action)) for action in actions]
    waiting = [action.link.id for action in actions if action.also]
    lapsed = trip.now() + timedelta(seconds=trip.limits.deadline_s)
    if endings:
        with trip.lane.begin() as tx:
            _store(trip, tx, endings, request_id=None, now=trip.now())
            tx.links.retry_later(waiting, next_at=lapsed, attempts_up=False)


def save(
    trip: Trip, batch: Batch, answers: Sequence[Answer], *, started_at: datetime
) -> list[Action]:
    """Store what one call brought back; returns the repairs it makes necessary (R17)."""
    with trip.lane.begin() as tx:
        hits = _known(trip, tx, batch, answers)
        judged = [
            (action, answer, _hit(action, answer, hits))
            for action, answer in zip(batch.actions, answers, strict=True)
        ]
        endings = [
            _hushed(trip, ending_of(_kinds(trip, action), action, answer, hit=hit))
            for action, answer, hit in judged
        ]
        source = trip.source(batch.side, batch.resource)
        records = [e.record for e in endings if e.record is not None]
        observe(trip, tx, source, records, cursor=None, started_at=started_at, ours=True)
        # Last Synced On rode along to Dynamics, so it is what the batch said (R26).
        now = trip.now() if batch.side is SideName.XERO else batch.at
        _store(trip, tx, endings, request_id=batch.request_id, now=now)
        tx.links.rest(parents(e.action for e in endings if e.record is None))
        tx.requests.close(batch.request_id)
    for ending in endings:
        if ending.outcome.carried:
            conclude(trip, ending.action)
    return [repair(action, hit) for action, _answer, hit in judged if hit is not None]


def parents(actions: Iterable[Action]) -> list[int]:
    """Return the links that wait for these writes, because they are onto rows of their parts."""
    return [action.link.parent_id for action in actions if action.link.parent_id is not None]


def refuse(trip: Trip, batch: Batch, error: RecordError) -> None:
    """Store that the remote refused the one action of this call."""
    answers = [Answer(error=error, code=error.code) for _ in batch.actions]
    save(trip, batch, answers, started_at=trip.now())


def _hushed(trip: Trip, ending: Ending) -> Ending:
    """Take secrets out of what others said of a record, before it is stored and written back."""
    if not (ending.code or any(one.remark for one in (ending.outcome, *ending.parts))):
        return ending
    parts = tuple(_hidden(trip, part) for part in ending.parts)
    outcome, code = _hidden(trip, ending.outcome), trip.hide(ending.code)
    return replace(ending, outcome=outcome, parts=parts, code=code)


def _hidden(trip: Trip, outcome: LinkOutcome) -> LinkOutcome:
    return replace(outcome, remark=trip.hide(outcome.remark)) if outcome.remark else outcome


def _kinds(trip: Trip, action: Action) -> Kinds:
    mapping = trip.mapping(action.link.entity)
    return Kinds(mapping, trip.part_mapping(mapping))


def _hit(action: Action, answer: Answer, hits: Mapping[str, Record]) -> Record | None:
    created = action.kind is ActionKind.CREATE and action.side is SideName.XERO
    if not created or answer.record is None:
        return None
    return hits.get(answer.record.id)


def _known(
    trip: Trip, tx: Transaction, batch: Batch, answers: Sequence[Answer]
) -> dict[str, Record]:
    """Return the records that creates came back with although the mirror knew them (R17)."""
    ids = [
        answer.record.id
        for action, answer in zip(batch.actions, answers, strict=True)
        if action.kind is ActionKind.CREATE and answer.record is not None
    ]
    stored = tx.records.get(trip.key(batch.side), batch.resource, ids)
    return {row_id: row.record for row_id, row in stored.items()}


def _store(
    trip: Trip,
    tx: Transaction,
    endings: Sequence[Ending],
    *,
    request_id: str | None,
    now: datetime,
) -> None:
    relinks = [e.action for e in endings if e.action.kind is ActionKind.RELINK]
    tx.links.pair([(a.link.id, a.remote_id) for a in relinks if a.remote_id])
    outcomes = [outcome for e in endings for outcome in (e.outcome, *e.parts)]
    known = tx.links.by_id(part.link_id for e in endings for part in e.action.parts if part.link_id)
    scene = Scene(trip.run_id, trip.now(), request_id, known)
    tx.links.save(
        trip.connection,
        outcomes,
        run_id=trip.run_id,
        now=now,
        loaded={e.action.link.id: e.action.link.marked for e in endings},
        xero_ids={e.action.link.id: e.record.id for e in endings if _gives_id(e) and e.record},
    )
    tx.choices.clear(_used_choices(endings))
    count_removals(trip, tx, [e.action for e in endings if e.outcome.carried])
    told = [e for e in endings if worth_telling(e)]
    winners = {winner for e in told for winner in (e.action.winner_id, e.action.link.winner_id)}
    tx.links.wake([winner for winner in winners if winner is not None], now=now)
    rows = [story(scene, e) for e in told]
    rows += [row for e in endings for row in part_stories(scene, e)]
    tx.history.add(rows)
    for row in rows:
        _log.info(
            "%s %s link=%s status=%s request=%s",
            *(row.action, row.entity, row.link_id, row.status.value, row.request_id),
        )


def _gives_id(ending: Ending) -> bool:
    return ending.outcome.carried and ending.action.side is SideName.XERO


def _used_choices(endings: Sequence[Ending]) -> list[tuple[int, str]]:
    """A person's choice is forgotten once it was carried out, or its question is gone."""
    failed = (Status.FAILED, Status.BLOCKED)
    actions = [e.action for e in endings if e.outcome.status not in failed]
    used = [(action.link.id, name) for action in actions for name in action.chosen]
    parts = (part for action in actions for part in action.parts)
    return used + [(p.link_id, name) for p in parts if p.link_id for name in p.chosen]
