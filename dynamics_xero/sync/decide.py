"""Fourth step of the trip: decide what one pair needs. All judgement, and nothing but judgement.

A pure function of what both sides last showed and of the base they share: no input or output, no
clock, no chance. The same pair gives the same action, so running it again costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dynamics_xero.mapping.entity import EntityMapping, FieldRule
from dynamics_xero.mapping.merge import Verdict, merge
from dynamics_xero.model import (
    Action,
    ActionKind,
    Change,
    Holder,
    Life,
    Pair,
    Record,
    RecordState,
    Status,
    Value,
    Values,
)
from dynamics_xero.sync.parts import (
    all_parts,
    held_back,
    leave_with_parent,
    list_to_write,
    merge_people,
)
from dynamics_xero.sync.persons import both_changed

ARCHIVED = (
    "This company is archived in Xero and cannot be changed from here. Ask finance to restore it "
    "in Xero (Contacts, Archived), or deactivate the account."
)
MERGED = (
    "This company was merged into another contact in Xero. Ask finance which account now stands "
    "for it."
)


@dataclass(frozen=True)
class Judge:
    """The mappings a decision is taken by.

    part: the mapping of the rows that travel inside, if any. whole: both sides have been read
    from end to end, so that absence means something (R3).
    """

    mapping: type[EntityMapping]
    part: type[EntityMapping] | None = None
    whole: bool = True


def decide(pair: Pair, judge: Judge) -> Action | None:
    """Return what the pair needs; None = nothing can be said yet, look again later."""
    if pair.link.life is not Life.LINKED:
        return _action(ActionKind.NOTHING, pair, status=pair.link.status, remark=pair.link.remark)
    if pair.dynamics is None or pair.dynamics.state is not RecordState.LIVE:
        return _leave(pair, judge)
    if not judge.mapping.scope(pair.dynamics.values):
        return _action(ActionKind.SKIP, pair, status=Status.SKIPPED)
    if pair.link.xero_id is None:
        return _first(pair, judge)
    if pair.xero is None:
        return None
    if pair.xero.state is not RecordState.LIVE:
        text = MERGED if pair.xero.merged_into else ARCHIVED
        return _stop(ActionKind.BLOCK, pair, judge, status=Status.BLOCKED, remark=text)
    return _update(pair, judge, pair.dynamics, pair.xero)


def _leave(pair: Pair, judge: Judge) -> Action:
    """The account was deleted or made inactive: its contact is archived, never deleted (R15)."""
    parts = leave_with_parent(pair)
    if pair.xero is None or pair.xero.state is not RecordState.LIVE:
        kind = ActionKind.NOTHING
        status = Status.SYNCED if pair.link.xero_id else Status.NOT_SYNCED
        return replace(_action(kind, pair, status=status), parts=parts)
    archive = replace(_action(ActionKind.ARCHIVE, pair, status=Status.SYNCED), parts=parts)
    change = Change(before="ACTIVE", after="ARCHIVED", rule="archived with its account")
    return replace(
        archive,
        resource=judge.mapping.xero,
        remote_id=pair.link.xero_id,
        values={"ContactStatus": "ARCHIVED"},
        changes={"ContactStatus": change},
    )


def _first(pair: Pair, judge: Judge) -> Action | None:
    """No partner yet: create one, unless somebody in Xero already holds a key (R17)."""
    assert pair.dynamics is not None  # noqa: S101  # decide has looked
    if not judge.whole:
        return None
    values, problems = _read(pair, judge.mapping, pair.dynamics)
    if problems:
        return _fail(pair, judge, problems)
    if pair.holders:
        text = _taken(pair.holders[0], judge.mapping, values)
        return _stop(ActionKind.CONFLICT, pair, judge, status=Status.CONFLICT, remark=text)
    carried = {
        name: values[name]
        for name, rule in judge.mapping.fields.items()
        if rule.direction != "to_dynamics" and values[name] is not None
    }
    changes = {
        name: Change(before=None, after=judge.mapping.fields[name].fit(value), rule="created")
        for name, value in carried.items()
    }
    people = merge_people(judge.part, pair, rows=())
    columns: dict[str, Value] = {}
    for name, value in carried.items():
        columns.update(judge.mapping.fields[name].to_xero(value))
    return replace(
        _action(ActionKind.CREATE, pair),
        resource=judge.mapping.xero,
        values={column: value for column, value in columns.items() if value is not None},
        lists=list_to_write(judge.part, people),
        changes=changes,
        decided=carried,
        parts=all_parts(judge.part, pair, people, changes),
    )


def _update(pair: Pair, judge: Judge, dynamics: Record, xero: Record) -> Action:
    values, problems = _read(pair, judge.mapping, dynamics)
    if problems:
        return _fail(pair, judge, problems)
    shown = judge.mapping.read_xero(xero.values)
    weighed = _weigh(pair, judge.mapping, values, shown)
    rows = xero.parts.get(judge.part.parts, ()) if judge.part else ()
    people = merge_people(judge.part, pair, rows)
    columns = _whole_groups(judge.mapping, weighed.carried, xero.values)
    action = replace(
        _action(ActionKind.UPDATE, pair, status=weighed.status, remark=weighed.remark),
        resource=judge.mapping.xero,
        remote_id=pair.link.xero_id,
        values=columns,
        lists=list_to_write(judge.part, people),
        rows=rows,
        changes=weighed.changes,
        decided=weighed.carried,
        settled=weighed.settled,
        parts=all_parts(judge.part, pair, people, weighed.changes),
    )
    if action.values or action.lists:
        return action
    return replace(action, kind=ActionKind.SETTLE)


def _read(
    pair: Pair, mapping: type[EntityMapping], dynamics: Record
) -> tuple[dict[str, Value], list[str]]:
    """Return the canonical values, as plug-ins left them, and all that is wrong with them."""
    if pair.refusal is not None:
        return {}, [pair.refusal]
    values, problems = mapping.read_dynamics(dynamics.values)
    return {**values, **pair.overrides}, problems


@dataclass(frozen=True)
class _Weighed:
    carried: Values
    changes: Mapping[str, Change]
    settled: Mapping[str, tuple[Value, Value]]
    status: Status
    remark: str | None


def _weigh(pair: Pair, mapping: type[EntityMapping], values: Values, shown: Values) -> _Weighed:
    """Merge each field against its base and sort the verdicts."""
    carried: dict[str, Value] = {}
    changes: dict[str, Change] = {}
    settled: dict[str, tuple[Value, Value]] = {}
    kept: list[FieldRule] = []
    disputed: list[FieldRule] = []
    for name, rule in mapping.fields.items():
        here, there = values[name], shown.get(name)
        verdict = merge(rule, here, there, pair.link.base.get(name))
        if verdict is Verdict.TO_XERO:
            carried[name] = here
            changes[name] = Change(before=there, after=rule.fit(here), rule=_rule(pair, name))
        elif verdict in (Verdict.SETTLE, Verdict.KEEP):
            settled[name] = (here, there)
        if verdict is Verdict.KEEP or (verdict is Verdict.NOTHING and _apart(rule, here, there)):
            kept.append(rule)
        elif verdict is Verdict.CONFLICT:
            disputed.append(rule)
    status = Status.CONFLICT if disputed else Status.SYNCED
    return _Weighed(carried, changes, settled, status, _difference(kept, disputed))


def _apart(rule: FieldRule, here: Value, there: Value) -> bool:
    """Say whether a two-way field was left different on purpose (R10)."""
    filled = here is not None and there is not None
    return filled and not rule.one_way and rule.fit(here) != there


def _rule(pair: Pair, name: str) -> str:
    return "changed in Dynamics" if name in pair.link.base else "empty in Xero"


def _difference(kept: Sequence[FieldRule], disputed: Sequence[FieldRule]) -> str | None:
    if disputed:
        return both_changed(rule.label for rule in disputed)
    if kept:
        labels = ", ".join(rule.label for rule in kept)
        return f"Different in Xero when first linked, and left so: {labels}."
    return None


def _whole_groups(
    mapping: type[EntityMapping], carried: Values, current: Values
) -> dict[str, Value]:
    """Columns of the carried fields, each write group completed with what Xero shows (R8)."""
    columns: dict[str, Value] = {}
    for name in carried:
        for group in mapping.fields[name].groups_xero:
            members = {c: v for c, v in current.items() if c.startswith(f"{group}.")}
            columns = {**members, **columns}
    for name, value in carried.items():
        columns.update(mapping.fields[name].to_xero(value))
    return columns


def _taken(holder: Holder, mapping: type[EntityMapping], values: Values) -> str:
    label, value = mapping.fields[holder.key].label, values.get(holder.key)
    if holder.linked:
        return (
            f"Another account already uses {label} “{value}” in Xero, where it must be unique. "
            "Change one of the two accounts."
        )
    return (
        f"Xero already has a contact with {label} “{value}” that belongs to no account. "
        "Change it here, or ask finance to rename or archive the contact in Xero."
    )


def _fail(pair: Pair, judge: Judge, problems: Sequence[str]) -> Action:
    remark = " ".join(problems)
    return _stop(ActionKind.FAIL, pair, judge, status=Status.FAILED, remark=remark)


def _stop(kind: ActionKind, pair: Pair, judge: Judge, *, status: Status, remark: str) -> Action:
    action = _action(kind, pair, status=status, remark=remark)
    return replace(action, parts=held_back(judge.part, pair))


def _action(
    kind: ActionKind, pair: Pair, *, status: Status = Status.SYNCED, remark: str | None = None
) -> Action:
    return Action(
        kind=kind,
        link=pair.link,
        status=status,
        remark=remark,
        dynamics_version=pair.dynamics.version if pair.dynamics else None,
        xero_version=pair.xero.version if pair.xero else None,
    )
