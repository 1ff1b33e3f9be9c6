"""Run the plug-in steps around one record; a step that rejects becomes the record's remark."""

from __future__ import annotations

import logging
from dataclasses import replace

from dynamics_xero.errors import DynamicsXeroError, RecordError, RejectedError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import (
    Action,
    ActionKind,
    Base,
    Change,
    Pair,
    PartDecision,
    RecordState,
    SideName,
    Status,
    Value,
    Values,
)
from dynamics_xero.plugins import Context, Stage, run
from dynamics_xero.sync.parts import WAITS_FOR_COMPANY
from dynamics_xero.sync.trip import Trip

MESSAGES = {
    ActionKind.CREATE: "Create",
    ActionKind.UPDATE: "Update",
    ActionKind.ARCHIVE: "Archive",
    ActionKind.RESTORE: "Restore",
}
"""What steps are told of what goes to Xero; there are none for what comes from it."""

log = logging.getLogger(__name__)


def validate(trip: Trip, mapping: type[EntityMapping], pair: Pair) -> Pair:
    """Stage 10: let plug-ins change or refuse a record before it is decided upon."""
    record = pair.dynamics
    if not trip.plugins or record is None or record.state is not RecordState.LIVE:
        return pair
    values, _problems = mapping.read_dynamics(record.values)
    target = dict(values)
    context = Context(target=target, pre_image=_before(pair.link.base))
    message = "Create" if pair.link.xero_id is None else "Update"
    try:
        _run(trip, mapping, message, stage=Stage.PRE_VALIDATION, context=context)
    except RecordError as error:
        return replace(pair, refusal=trip.hide(error.message))
    changed = {name: value for name, value in target.items() if values.get(name) != value}
    return replace(pair, overrides=changed)


def prepare(trip: Trip, action: Action) -> Action:
    """Stage 20: let plug-ins change or refuse what is about to be sent to Xero."""
    message = _message(action)
    if message is None or not trip.plugins:
        return action
    mapping = trip.mapping(action.link.entity)
    target = dict(action.decided)
    context = Context(target=target, pre_image=_before(action.link.base))
    try:
        _run(trip, mapping, message, stage=Stage.PRE_OPERATION, context=context)
        return _retarget(mapping, action, target)
    except RecordError as error:
        parts = tuple(_waits(part) for part in action.parts)
        refused = Action(ActionKind.FAIL, action.link, status=Status.FAILED, parts=parts)
        return replace(refused, remark=trip.hide(error.message))


def conclude(trip: Trip, action: Action) -> None:
    """Stage 40: tell plug-ins what was carried out; it is too late to refuse."""
    message = _message(action)
    if message is None or not trip.plugins:
        return
    mapping = trip.mapping(action.link.entity)
    before = _before(action.link.base)
    target = {name: change.after for name, change in action.changes.items()}
    context = Context(target=dict(target), pre_image=before, post_image={**before, **target})
    try:
        _run(trip, mapping, message, stage=Stage.POST_OPERATION, context=context)
    except RecordError as error:
        log.warning("plug-in after %s of %s: %s", message, action.link.entity, error)


def _message(action: Action) -> str | None:
    return MESSAGES.get(action.kind) if action.side is SideName.XERO else None


def _run(
    trip: Trip, mapping: type[EntityMapping], message: str, *, stage: Stage, context: Context
) -> None:
    """Run the steps; one with a bug fails its record, not everybody's run (R32)."""
    try:
        run(trip.plugins, mapping.name, message, stage=stage, context=context)
    except DynamicsXeroError:
        raise
    except Exception as fault:
        log.exception("plug-in failed at %s of %s", message, mapping.name)
        raise RejectedError(
            "A plug-in of the connector failed on this record. Please tell your administrator."
        ) from fault


def _before(base: Base) -> dict[str, Value]:
    return {name: halves[0] for name, halves in base.items()}


def _waits(part: PartDecision) -> PartDecision:
    if part.kind in (ActionKind.NOTHING, ActionKind.DELETE):
        return part
    waiting = replace(part, kind=ActionKind.NOTHING, status=Status.BLOCKED, row=None)
    return replace(waiting, remark=WAITS_FOR_COMPANY)


def _retarget(mapping: type[EntityMapping], action: Action, target: Values) -> Action:
    """Carry what a step changed; the base still takes what Dynamics showed (R8)."""
    changed = {n: value for n, value in target.items() if action.decided.get(n) != value}
    values, changes = dict(action.values), dict(action.changes)
    decided = dict(action.decided)
    for name, value in changed.items():
        rule = mapping.fields.get(name)
        if rule is None or (name not in decided and rule.groups_xero):
            raise RejectedError(f"A plug-in set {name} too late: do it before the decision.")
        values.update(rule.to_xero(value))
        before = changes[name].before if name in changes else None
        changes[name] = Change(before, rule.fit(value), "set by a plug-in")
        if name not in decided:
            decided[name] = action.link.base.get(name, (None, None))[0]
    return replace(action, values=values, decided=decided, changes=changes)
