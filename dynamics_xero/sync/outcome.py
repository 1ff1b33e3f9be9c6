"""Store how actions ended: observations, links, bases, history and write-backs due, together."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dynamics_xero.errors import DynamicsXeroError, RecordError, RejectedError, remark
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import (
    Action,
    ActionKind,
    Answer,
    Change,
    LinkOutcome,
    PartDecision,
    Record,
    SideName,
    Status,
    Value,
    Values,
)
from dynamics_xero.rows import HistoryRow
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.decide import WAITS_FOR_COMPANY
from dynamics_xero.sync.persons import SETTLED_LIST, settle_list
from dynamics_xero.sync.pull import observe
from dynamics_xero.sync.steps import conclude
from dynamics_xero.sync.trip import Trip

_log = logging.getLogger(__name__)

STAYED = "Xero did not let the last person be removed; ask finance to remove the person in Xero."
OVERWROTE = (
    "Somebody made a contact with the same name in Xero at the same moment. It was put back as it "
    "was; rename the account, or ask finance to rename or archive the contact."
)


@dataclass(frozen=True)
class Batch:
    """The actions that travel in one call."""

    request_id: str
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class _Ending:
    """One action with its answer, and what that means."""

    action: Action
    outcome: LinkOutcome
    parts: tuple[LinkOutcome, ...] = ()
    record: Record | None = None
    code: str = ""


def settle(trip: Trip, mapping: type[EntityMapping], actions: Sequence[Action]) -> None:
    """Store decisions that need no call."""
    endings = [_settled(trip, mapping, action) for action in actions]
    if endings:
        with trip.store.begin() as tx:
            _store(trip, tx, endings, request_id=None)


def save(
    trip: Trip,
    mapping: type[EntityMapping],
    batch: Batch,
    answers: Sequence[Answer],
    *,
    started_at: datetime,
) -> list[Action]:
    """Store what one call brought back; returns the repairs it makes necessary (R17)."""
    with trip.store.begin() as tx:
        hits = _known(trip, tx, mapping, batch, answers)
        pairs = list(zip(batch.actions, answers, strict=True))
        endings = [
            _ending(trip, mapping, action, answer, _hit(action, answer, hits))
            for action, answer in pairs
        ]
        source = trip.source(SideName.XERO, mapping.xero)
        records = [e.record for e in endings if e.record is not None]
        observe(trip, tx, source, records, cursor=None, started_at=started_at)
        _store(trip, tx, endings, request_id=batch.request_id)
        tx.requests.close(batch.request_id)
    for ending in endings:
        if ending.outcome.carried:
            conclude(trip, mapping, ending.action)
    found = ((action, _hit(action, answer, hits)) for action, answer in pairs)
    return [_repair(action, before) for action, before in found if before is not None]


def _hit(action: Action, answer: Answer, hits: Mapping[str, Record]) -> Record | None:
    if action.kind is not ActionKind.CREATE or answer.record is None:
        return None
    return hits.get(answer.record.id)


def refuse(trip: Trip, mapping: type[EntityMapping], batch: Batch, error: RecordError) -> None:
    """Store that the remote refused the one action of this call."""
    answers = [Answer(error=error, code=error.code) for _ in batch.actions]
    save(trip, mapping, batch, answers, started_at=trip.now())


def _known(
    trip: Trip,
    tx: Transaction,
    mapping: type[EntityMapping],
    batch: Batch,
    answers: Sequence[Answer],
) -> dict[str, Record]:
    """Return the records that creates came back with although the mirror knew them (R17)."""
    ids = [
        answer.record.id
        for action, answer in zip(batch.actions, answers, strict=True)
        if action.kind is ActionKind.CREATE and answer.record is not None
    ]
    stored = tx.records.get(trip.key(SideName.XERO), mapping.xero, ids)
    return {row_id: row.record for row_id, row in stored.items()}


def _repair(action: Action, before: Record) -> Action:
    """Put back what our create overwrote, from the mirror (R17)."""
    return replace(
        action,
        kind=ActionKind.REPAIR,
        remote_id=before.id,
        values={column: before.values.get(column) for column in action.values},
        lists={name: before.parts.get(name, ()) for name in action.lists},
        decided={},
        changes={},
        parts=(),
        status=Status.CONFLICT,
        remark=OVERWROTE,
    )


def _ending(
    trip: Trip, mapping: type[EntityMapping], action: Action, answer: Answer, hit: Record | None
) -> _Ending:
    if hit is not None:
        error = RejectedError(OVERWROTE)
        return _failed(action, Answer(error=error), status=Status.CONFLICT)
    if answer.error is not None:
        return _failed(action, answer)
    if answer.record is None:
        return _settled(trip, mapping, action)
    if action.kind is ActionKind.REPAIR:
        return replace(_settled(trip, mapping, action), record=answer.record)
    return _done(trip, mapping, action, answer.record)


def _failed(action: Action, answer: Answer, *, status: Status = Status.FAILED) -> _Ending:
    error = answer.error
    text = remark(error) if isinstance(error, DynamicsXeroError) else str(error)
    outcome = LinkOutcome(
        link_id=action.link.id,
        entity=action.link.entity,
        dynamics_id=action.link.dynamics_id,
        status=status,
        remark=text,
        base=action.settled,
    )
    parts = tuple(_waiting(action, part) for part in action.parts if not part.gone)
    return _Ending(action, outcome, parts=parts, code=answer.code)


def _waiting(action: Action, part: PartDecision) -> LinkOutcome:
    """A part fares as its parent does; a part that was not carried keeps its own story."""
    status, text = part.status, part.remark
    if part.kind is not ActionKind.NOTHING:
        status, text = Status.BLOCKED, WAITS_FOR_COMPANY
    return LinkOutcome(
        link_id=part.link_id,
        entity=part.entity,
        dynamics_id=part.dynamics_id,
        status=status,
        remark=text,
        parent_id=action.link.id,
    )


def _done(trip: Trip, mapping: type[EntityMapping], action: Action, record: Record) -> _Ending:
    """Carried: the base takes what decide read here and what came back there (R8, R25)."""
    shown = mapping.read_xero(record.values)
    base = {name: (value, shown.get(name)) for name, value in action.decided.items()}
    part = trip.part_mapping(mapping)
    rows = record.parts.get(part.parts, ()) if part else ()
    settled, parts = _parts(trip, mapping, action, rows)
    outcome = LinkOutcome(
        link_id=action.link.id,
        entity=action.link.entity,
        dynamics_id=action.link.dynamics_id,
        status=action.status,
        remark=action.remark,
        base={**action.settled, **base, **settled},
        carried=True,
    )
    if part and action.lists.get(part.parts) == () and rows:
        outcome = replace(outcome, remark=STAYED)  # said once: these rows now belong to Xero (R27)
    return _Ending(action, outcome, parts=parts, record=record)


def _settled(trip: Trip, mapping: type[EntityMapping], action: Action) -> _Ending:
    """Nothing was carried: what was found equal becomes the base."""
    base = dict(action.settled)
    parts = tuple(_part(mapping, action, part, None) for part in action.parts)
    if action.kind is ActionKind.SETTLE:
        settled, parts = _parts(trip, mapping, action, action.rows)
        base.update(settled)
    outcome = LinkOutcome(
        link_id=action.link.id,
        entity=action.link.entity,
        dynamics_id=action.link.dynamics_id,
        status=action.status,
        remark=action.remark,
        base=base,
        verified=action.kind is ActionKind.SETTLE,
    )
    return _Ending(action, outcome, parts=parts)


def _parts(
    trip: Trip, mapping: type[EntityMapping], action: Action, rows: Sequence[Values]
) -> tuple[Mapping[str, tuple[Value, Value]], tuple[LinkOutcome, ...]]:
    """Return the list to remember in the parent's base, and how each part stands."""
    part = trip.part_mapping(mapping)
    if part is None:
        return {}, ()
    if action.kind is ActionKind.ARCHIVE:
        return {}, tuple(_part(part, action, decision, None) for decision in action.parts)
    settled, shown = settle_list(part, action.parts, rows)
    outcomes = tuple(
        _part(part, action, decision, shown.get(decision.dynamics_id)) for decision in action.parts
    )
    return {SETTLED_LIST: (None, settled.dump())}, outcomes


def _part(
    mapping: type[EntityMapping], action: Action, decision: PartDecision, row: Values | None
) -> LinkOutcome:
    seen = mapping.read_xero(row) if row is not None else {}
    base = {name: (value, seen.get(name)) for name, value in decision.decided.items()}
    return LinkOutcome(
        link_id=decision.link_id,
        entity=decision.entity,
        dynamics_id=decision.dynamics_id,
        status=decision.status,
        remark=decision.remark,
        base=base if decision.status is Status.SYNCED else {},
        carried=decision.kind is not ActionKind.NOTHING,
        verified=decision.status is Status.SYNCED,
        parent_id=action.link.id,
        gone=decision.gone,
    )


def _store(
    trip: Trip, tx: Transaction, endings: Sequence[_Ending], *, request_id: str | None
) -> None:
    outcomes = [outcome for e in endings for outcome in (e.outcome, *e.parts)]
    tx.links.save(
        trip.connection,
        outcomes,
        run_id=trip.run_id,
        now=trip.now(),
        loaded={e.action.link.id: e.action.link.marked for e in endings},
        xero_ids={e.action.link.id: e.record.id for e in endings if e.outcome.carried and e.record},
    )
    rows = [_row(trip, e, request_id) for e in endings if _worth_telling(e)]
    rows += [row for e in endings if e.outcome.carried for row in _part_rows(trip, e, request_id)]
    tx.history.add(rows)
    for row in rows:
        _log.info(
            "%s %s link=%s status=%s request=%s",
            *(row.action, row.entity, row.link_id, row.status.value, row.request_id),
        )


def _worth_telling(ending: _Ending) -> bool:
    """Outcomes that changed nothing would only hide the story (R40)."""
    link, outcome = ending.action.link, ending.outcome
    return outcome.carried or (link.status, link.remark) != (outcome.status, outcome.remark)


def _row(trip: Trip, ending: _Ending, request_id: str | None) -> HistoryRow:
    action, outcome = ending.action, ending.outcome
    sent = request_id is not None and action.kind is not ActionKind.REPAIR
    return HistoryRow(
        connection=trip.connection,
        entity=action.link.entity,
        link_id=action.link.id,
        dynamics_id=action.link.dynamics_id,
        xero_id=ending.record.id if ending.record else action.link.xero_id,
        at=trip.now(),
        run_id=trip.run_id,
        action="refused" if sent and not outcome.carried else action.kind.value,
        status=outcome.status,
        remark=outcome.remark,
        changes=action.changes,
        dynamics_version=action.dynamics_version,
        xero_version=ending.record.version if ending.record else action.xero_version,
        request_id=request_id,
        code=ending.code,
    )


def _part_rows(trip: Trip, ending: _Ending, request_id: str | None) -> list[HistoryRow]:
    """Parts count under their own entity, though they travel inside their parent."""
    return [
        HistoryRow(
            connection=trip.connection,
            entity=part.entity,
            link_id=part.link_id,
            dynamics_id=part.dynamics_id,
            xero_id=None,
            at=trip.now(),
            run_id=trip.run_id,
            action=part.kind.value,
            status=part.status,
            remark=part.remark,
            changes={n: Change(None, value, "sent") for n, value in part.decided.items()},
            request_id=request_id,
        )
        for part in ending.action.parts
        if part.kind is not ActionKind.NOTHING
    ]
