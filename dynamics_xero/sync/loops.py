"""Stop a record that two programs write to and fro (R19).

Each side's program puts its own value back, and each time it looks like a new edit. History tells:
the same field, written three times in ten minutes with the same two values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import (
    Action,
    ActionKind,
    Change,
    Hold,
    Pair,
    PartDecision,
    Status,
    Value,
)
from dynamics_xero.rows import WrittenRow
from dynamics_xero.sync.states import STATE, STATE_COLUMN, STATE_LABEL
from dynamics_xero.sync.trip import Trip

TIMES = 3
WINDOW = timedelta(minutes=10)
LONGEST_SHOWN = 60

LOOP = "goes to and fro between"

REMARK = (
    "{} {} {} and {}: something in Dynamics and something in Xero each put their own value back. "
    "Find out what does, then change the field once."
)

STATES = (ActionKind.ARCHIVE, ActionKind.RESTORE)
WRITES = (ActionKind.UPDATE, *STATES)


def break_loops(trip: Trip, actions: Sequence[Action]) -> list[Action]:
    """Return the actions, those that would go on in a circle turned into a Conflict.

    The third write is still made, and leaves the link in Conflict. There is no fourth before
    somebody gave the field another value, or both sides the same one. People were seen to before
    (`people_in_circles`), since they travel with others.
    """
    alone = [a for a in actions if a.link.parent_id is None]
    stopped = {a.link.id for a in alone if a.link.hold is Hold.LOOP}
    writing = [a for a in alone if a.kind in WRITES and a.changes and a.link.id not in stopped]
    edits = [a.link.id for a in writing if a.kind is ActionKind.UPDATE]
    whole = {*stopped, *(a.link.id for a in writing if a.kind in STATES)}
    if not edits and not whole:
        return list(actions)
    since = trip.now() - WINDOW if edits or stopped else None
    written = _written(trip, edits, whole, since=since)
    return [_judged(trip, action, written.get(action.link.id, ())) for action in actions]


def people_in_circles(
    trip: Trip, part: type[EntityMapping] | None, pairs: Sequence[Pair], actions: Sequence[Action]
) -> dict[int, str]:
    """Return the Remarks of people that would be written once more in a circle, by link.

    The fourth write is not made: the pair is decided again with these people left as they are.
    """
    moving = {
        one.link_id: (one, _moves(part, action, one))
        for action in actions
        for one in action.parts
        if part is not None and one.link_id is not None and one.entity == part.name
    }
    moving = {link_id: found for link_id, found in moving.items() if found[1]}
    if part is None or not moving:
        return {}
    held = {x.id for p in pairs for _row, x in p.parts if x is not None and x.hold is Hold.LOOP}
    found: dict[int, str] = {}
    for link_id, rows in _written(trip, (), moving, since=None).items():
        decision, changes = moving[link_id]
        name, times = _worst(rows, changes, decision.chosen)
        if times >= TIMES and link_id not in held:
            name, times = _worst(_recent(trip, rows), changes, decision.chosen)
        if times >= TIMES:
            found[link_id] = _remark(part, name, changes[name])
    return found


def _moves(
    part: type[EntityMapping] | None, action: Action, decision: PartDecision
) -> Mapping[str, Change]:
    """Return what an action writes of a person, onto either side."""
    changes: dict[str, Change] = {}
    for one in action.also:
        if one.link.id == decision.link_id:
            changes.update(one.changes)
    if part is not None and decision.kind is ActionKind.UPDATE and decision.row is not None:
        after = part.read_xero(decision.row)
        changes |= {
            name: Change(decision.shown.get(name), value, "sent")
            for name, value in decision.decided.items()
            if after.get(name) != decision.shown.get(name)
        }
    return changes


def _written(
    trip: Trip, recent: Iterable[int], whole: Iterable[int], *, since: datetime | None
) -> dict[int, list[WrittenRow]]:
    with trip.store.read() as tx:
        rows = tx.guards.written(recent, since=since, always=whole)
    found: dict[int, list[WrittenRow]] = {}
    for row in rows:
        found.setdefault(row.link_id, []).append(row)
    return found


def _recent(trip: Trip, written: Sequence[WrittenRow]) -> list[WrittenRow]:
    since = trip.now() - WINDOW
    return [row for row in written if row.at >= since]


def _judged(trip: Trip, action: Action, written: Sequence[WrittenRow]) -> Action:
    link, held = action.link, action.link.hold is Hold.LOOP
    if action.kind in (ActionKind.SETTLE, ActionKind.NOTHING) and held:
        echo = _is_echo(trip, action, written)
        stays = replace(action, status=link.status, remark=link.remark, hold=link.hold)
        return stays if echo else action
    if action.kind not in WRITES:
        return action
    worst, times = _worst(written, action.changes, action.chosen)
    if times + 1 >= TIMES and action.kind in STATES and not held:
        worst, times = _worst(_recent(trip, written), action.changes, action.chosen)
    if times + 1 < TIMES:
        return action
    remark = _remark(trip.mapping(link.entity), worst, action.changes[worst])
    if times + 1 == TIMES:
        return replace(action, status=Status.CONFLICT, remark=remark, hold=Hold.LOOP)
    return _stop(action, remark)


def _stop(action: Action, remark: str) -> Action:
    return Action(
        ActionKind.CONFLICT,
        action.link,
        status=Status.CONFLICT,
        remark=remark,
        hold=Hold.LOOP,
        dynamics_version=action.dynamics_version,
        xero_version=action.xero_version,
    )


def _is_echo(trip: Trip, action: Action, written: Sequence[WrittenRow]) -> bool:
    """Say whether a stopped record only shows what we wrote ourselves, a moment ago."""
    if not written or written[-1].at < trip.now() - WINDOW:
        return False
    base = action.link.base
    news = {name for name, halves in action.settled.items() if base.get(name) != halves}
    return not {STATE_COLUMN if name == STATE else name for name in news} & _circling(written)


def _circling(written: Sequence[WrittenRow]) -> set[str]:
    """Return the fields that were written to and fro, up to now."""
    last = {name: change for row in written for name, change in row.changes.items()}
    return {name for name, change in last.items() if turns(written, name, change) >= TIMES}


def _worst(
    written: Sequence[WrittenRow], changes: Mapping[str, Change], chosen: Sequence[str]
) -> tuple[str, int]:
    """Return the field that went to and fro most often, and how often; what a person chose may."""
    times = {n: turns(written, n, change) for n, change in changes.items() if n not in chosen}
    worst = max(times, key=lambda name: times[name], default="")
    return worst, times.get(worst, 0)


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


def _remark(mapping: type[EntityMapping], name: str, change: Change) -> str:
    rules = mapping.fields
    labels = {STATE_COLUMN: STATE_LABEL}
    label = rules[name].label if name in rules else labels.get(name, name)
    return REMARK.format(label, LOOP, _shown(change.before), _shown(change.after))


def _shown(value: Value) -> str:
    if value is None:
        return "empty"
    text = str(value)
    return f"“{text[:LONGEST_SHOWN]}”"
