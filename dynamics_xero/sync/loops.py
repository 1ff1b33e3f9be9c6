"""Stop a record that two programs write to and fro (R19).

Each side's program puts its own value back, and each time it looks like a new edit. History tells:
the same field, written three times in ten minutes with the same two values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from dynamics_xero.model import Action, ActionKind, Change, Status, Value
from dynamics_xero.rows import WrittenRow
from dynamics_xero.sync.trip import Trip

TIMES = 3
WINDOW = timedelta(minutes=10)
LONGEST_SHOWN = 60

LOOP = "goes to and fro between"
"""By these words a link is known that was stopped: another wording needs a migration."""

REMARK = (
    "{} {} {} and {}: something in Dynamics and something in Xero each put their own value back. "
    "Find out what does, then change the field once."
)


def break_loops(trip: Trip, actions: Sequence[Action]) -> list[Action]:
    """Return the actions, those that would go on in a circle turned into a Conflict.

    The third write is still made, and leaves the link in Conflict. There is no fourth before
    somebody gave the field another value, or both sides the same one.
    """
    stopped = {a.link.id for a in actions if is_stopped(a.link.status, a.link.remark)}
    writing = [a.link.id for a in actions if a.kind is ActionKind.UPDATE and a.changes]
    others = [link_id for link_id in writing if link_id not in stopped]
    if not stopped and not others:
        return list(actions)
    with trip.store.read() as tx:
        rows = tx.guards.written(others, since=trip.now() - WINDOW, always=stopped)
    written: dict[int, list[WrittenRow]] = {}
    for row in rows:
        written.setdefault(row.link_id, []).append(row)
    return [_judged(trip, action, written.get(action.link.id, ())) for action in actions]


def is_stopped(status: Status, remark: str | None) -> bool:
    """Say whether a link stands as one that goes in a circle."""
    return status is Status.CONFLICT and remark is not None and LOOP in remark


def _judged(trip: Trip, action: Action, written: Sequence[WrittenRow]) -> Action:
    if action.kind is ActionKind.SETTLE and _is_echo(trip, action, written):
        return replace(action, status=action.link.status, remark=action.link.remark)
    if action.kind is not ActionKind.UPDATE:
        return action
    times = {
        name: turns(written, name, change)
        for name, change in action.changes.items()
        if name not in action.chosen
    }
    worst = max(times, key=lambda name: times[name], default="")
    if times.get(worst, 0) + 1 < TIMES:
        return action
    remark = _remark(trip, action, worst)
    if times[worst] + 1 == TIMES:
        return replace(action, status=Status.CONFLICT, remark=remark)
    stop = Action(ActionKind.CONFLICT, action.link, status=Status.CONFLICT, remark=remark)
    return replace(stop, dynamics_version=action.dynamics_version, xero_version=action.xero_version)


def _is_echo(trip: Trip, action: Action, written: Sequence[WrittenRow]) -> bool:
    """Say whether a stopped record only shows what we wrote ourselves, a moment ago."""
    remark = action.link.remark
    if not is_stopped(action.link.status, remark) or remark is None or not written:
        return False
    rules = trip.mapping(action.link.entity).fields.values()
    stopped = {rule.name for rule in rules if remark.startswith(f"{rule.label} {LOOP}")}
    young = written[-1].at >= trip.now() - WINDOW
    return young and not stopped & set(action.settled)


def turns(written: Sequence[WrittenRow], name: str, change: Change) -> int:
    """Return how often in a row, up to now, the field was written with the two values of a change.

    written: oldest first. Writes of other fields do not count, and do not interrupt.
    """
    times = 0
    for row in reversed(written):
        made = row.changes.get(name)
        if made is None:
            continue
        if _values(made) != _values(change):
            break
        times += 1
    return times


def _values(change: Change) -> set[Value]:
    return {change.before, change.after}


def _remark(trip: Trip, action: Action, name: str) -> str:
    rules = trip.mapping(action.link.entity).fields
    label = rules[name].label if name in rules else name
    change = action.changes[name]
    return REMARK.format(label, LOOP, _shown(change.before), _shown(change.after))


def _shown(value: Value) -> str:
    if value is None:
        return "empty"
    text = str(value)
    return f"“{text[:LONGEST_SHOWN]}”"
