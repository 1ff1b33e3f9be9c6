"""What came of one action: how its link and the people inside stand now; pure.

An action ends by an answer of the remote, or at once when nothing had to be sent. `outcome` stores
what is said here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dynamics_xero.errors import DynamicsXeroError, RejectedError, remark
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import (
    Action,
    ActionKind,
    Answer,
    Base,
    LinkOutcome,
    PartDecision,
    Record,
    SideName,
    Status,
    Values,
)
from dynamics_xero.sync.parts import WAITS_FOR_COMPANY
from dynamics_xero.sync.persons import SETTLED_LIST, settle_list
from dynamics_xero.sync.states import CANNOT_RESTORE, STATE
from dynamics_xero.values import dataclass

STAYED = "Xero did not let the last person be removed; ask finance to remove the person in Xero."
OVERWROTE = (
    "Somebody made a contact with the same name in Xero at the same moment. It was put back as it "
    "was; rename the account, or ask finance to rename or archive the contact."
)


@dataclass(frozen=True)
class Kinds:
    """The mapping of the records that end here, and of the rows that travel inside, if any."""

    mapping: type[EntityMapping]
    part: type[EntityMapping] | None


@dataclass(frozen=True)
class Ending:
    """One action with its answer, and what that means."""

    action: Action
    outcome: LinkOutcome
    parts: tuple[LinkOutcome, ...] = ()
    record: Record | None = None
    code: str = ""


def ending_of(kinds: Kinds, action: Action, answer: Answer, *, hit: Record | None) -> Ending:
    """Return what an answer means. hit: what our create overwrote, None as a rule (R17)."""
    if hit is not None:
        error = RejectedError(OVERWROTE)
        return _failed(action, Answer(error=error), status=Status.CONFLICT)
    if answer.error is not None:
        return _failed(action, answer)
    if answer.record is None:
        return settled(kinds, action)
    if action.kind is ActionKind.REPAIR:
        return replace(settled(kinds, action), record=answer.record)
    return _done(kinds, action, answer.record)


def settled(kinds: Kinds, action: Action) -> Ending:
    """Nothing was carried: what was found equal becomes the base."""
    base = dict(action.settled)
    parts = tuple(_part(kinds.mapping, action, part, None) for part in action.parts)
    if action.kind is ActionKind.SETTLE:
        people, parts = _parts(kinds, action, action.rows)
        base.update(people)
    relinked = action.kind is ActionKind.RELINK
    outcome = replace(
        _outcome(action),
        base=base,
        verified=action.kind is ActionKind.SETTLE,
        fresh=relinked,  # a new partner: nothing that was settled with the old one holds (R10)
    )
    return Ending(action, outcome, parts=parts)


def _outcome(action: Action) -> LinkOutcome:
    return LinkOutcome(
        link_id=action.link.id,
        entity=action.link.entity,
        dynamics_id=action.link.dynamics_id,
        status=action.status,
        remark=action.remark,
        life=action.life,
        winner_id=action.winner_id,
        again=action.again,
        hold=action.hold,
    )


def repair(action: Action, before: Record) -> Action:
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


def _failed(action: Action, answer: Answer, *, status: Status = Status.FAILED) -> Ending:
    error = answer.error
    text = remark(error) if isinstance(error, DynamicsXeroError) else str(error)
    if action.kind is ActionKind.RESTORE and action.side is SideName.XERO:
        status, text = Status.BLOCKED, CANNOT_RESTORE
    base = {name: pair for name, pair in action.settled.items() if name != STATE}
    outcome = _outcome(replace(action, status=status, remark=text, again=False, hold=None))
    outcome = replace(outcome, base=base)
    parts = tuple(_waiting(action, part) for part in action.parts if not part.gone)
    return Ending(action, outcome, parts=parts, code=answer.code)


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


def _done(kinds: Kinds, action: Action, record: Record) -> Ending:
    """Carried: the base takes what decide read here and what came back there (R8, R25)."""
    part = kinds.part
    base, rows = _arrived(kinds.mapping, action, record), action.rows
    if part and part.parts in action.lists:
        # A list that was not written is settled as decide read it: what the answer shows beside
        # that is somebody's edit, and still to be weighed (R8).
        rows = record.parts.get(part.parts, ())
    people, parts = _parts(kinds, action, rows)
    # A person that travelled in the list counts for itself, not for its company (R26).
    carried = bool(action.decided) or action.kind is not ActionKind.UPDATE
    outcome = replace(_outcome(action), base={**action.settled, **base, **people}, carried=carried)
    if part and action.lists.get(part.parts) == () and rows:
        outcome = replace(outcome, remark=STAYED)  # said once: these rows now belong to Xero (R27)
    return Ending(action, outcome, parts=parts, record=record)


def _arrived(mapping: type[EntityMapping], action: Action, record: Record) -> Base:
    """Return the halves of the carried fields: what was read at the source, what came back."""
    if action.side is SideName.XERO:
        shown = mapping.read_xero(record.values)
        return {name: (value, shown.get(name)) for name, value in action.decided.items()}
    kept = {c: value for c, value in action.shown.items() if c not in action.values}
    after = {**kept, **record.values}
    return {n: (mapping.fields[n].read(after), value) for n, value in action.decided.items()}


def _parts(
    kinds: Kinds, action: Action, rows: Sequence[Values]
) -> tuple[Base, tuple[LinkOutcome, ...]]:
    """Return the list to remember in the parent's base, and how each part stands."""
    part = kinds.part
    if part is None:
        return {}, ()
    if action.kind in (ActionKind.ARCHIVE, ActionKind.RESTORE):
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
        hold=decision.hold,
    )
