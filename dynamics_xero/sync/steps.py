"""Run the plug-in steps around one record; a step that rejects becomes the record's remark."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.errors import RecordError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Action, ActionKind, Base, Pair, RecordState, Status, Value, Values
from dynamics_xero.plugins import Context, Stage, run
from dynamics_xero.sync.trip import Trip

MESSAGES = {
    ActionKind.CREATE: "Create",
    ActionKind.UPDATE: "Update",
    ActionKind.ARCHIVE: "Archive",
}


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
        run(trip.plugins, mapping.name, message, stage=Stage.PRE_VALIDATION, context=context)
    except RecordError as error:
        return replace(pair, refusal=error.message)
    changed = {name: value for name, value in target.items() if values.get(name) != value}
    return replace(pair, overrides=changed)


def prepare(trip: Trip, mapping: type[EntityMapping], action: Action) -> Action:
    """Stage 20: let plug-ins change or refuse what is about to be sent."""
    message = MESSAGES.get(action.kind)
    if message is None or not trip.plugins:
        return action
    target = dict(action.decided)
    context = Context(target=target, pre_image=_before(action.link.base))
    try:
        run(trip.plugins, mapping.name, message, stage=Stage.PRE_OPERATION, context=context)
    except RecordError as error:
        return Action(ActionKind.FAIL, action.link, status=Status.FAILED, remark=error.message)
    return _retarget(mapping, action, target)


def conclude(trip: Trip, mapping: type[EntityMapping], action: Action) -> None:
    """Stage 40: tell plug-ins what was carried out."""
    message = MESSAGES.get(action.kind)
    if message is None or not trip.plugins:
        return
    before = _before(action.link.base)
    after = {**before, **action.decided}
    context = Context(target=dict(action.decided), pre_image=before, post_image=after)
    run(trip.plugins, mapping.name, message, stage=Stage.POST_OPERATION, context=context)


def _before(base: Base) -> dict[str, Value]:
    return {name: halves[0] for name, halves in base.items()}


def _retarget(mapping: type[EntityMapping], action: Action, target: Values) -> Action:
    """Carry what a step changed in the target."""
    changed = {n: value for n, value in target.items() if action.decided.get(n) != value}
    values = dict(action.values)
    for name, value in changed.items():
        values.update(mapping.fields[name].to_xero(value))
    return replace(action, values=values, decided={**action.decided, **changed})
