"""Fourth step of the trip: decide what one pair needs. All judgement, and nothing but judgement.

A pure function of what both sides last showed and of the base they share: no input or output, no
clock, no chance. The same pair gives the same action, so running it again costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dynamics_xero.mapping.entity import EntityMapping, FieldRule
from dynamics_xero.mapping.merge import Verdict, merge
from dynamics_xero.model import (
    Action,
    ActionKind,
    Change,
    Holder,
    Life,
    Link,
    Pair,
    PartDecision,
    Record,
    RecordState,
    Status,
    Value,
    Values,
)
from dynamics_xero.sync.persons import (
    SETTLED_LIST,
    MergedList,
    SettledList,
    merge_list,
    people_of,
)

ARCHIVED = (
    "This company is archived in Xero and cannot be changed from here. Ask finance to restore it "
    "in Xero (Contacts, Archived), or deactivate the account."
)
MERGED = (
    "This company was merged into another contact in Xero. Ask finance which account now stands "
    "for it."
)

NO_COMPANY = "This contact belongs to no account; in Xero, people stand under a company."
COMPANY_INACTIVE = (
    "The company of this contact is inactive, so the contact is not in Xero. Activate the account, "
    "or move the contact to another one."
)
WAITS_FOR_COMPANY = "Waits for its company, which could not be sent to Xero: see the account."


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
    parts = (*_gone_parts(pair), *_came_too_late(pair))
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


def _came_too_late(pair: Pair) -> Iterator[PartDecision]:
    """People who moved to an account that is inactive stand nowhere in Xero."""
    for record, link in pair.parts:
        if record.state is RecordState.LIVE and link and link.parent_id != pair.link.id:
            yield replace(_left(link), status=Status.SKIPPED, remark=COMPANY_INACTIVE)


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
    people = _persons(pair, judge, rows=())
    columns: dict[str, Value] = {}
    for name, value in carried.items():
        columns.update(judge.mapping.fields[name].to_xero(value))
    return replace(
        _action(ActionKind.CREATE, pair),
        resource=judge.mapping.xero,
        values={column: value for column, value in columns.items() if value is not None},
        lists=_lists(judge, people),
        changes=changes,
        decided=carried,
        parts=_all_parts(pair, judge, people, changes),
    )


def _update(pair: Pair, judge: Judge, dynamics: Record, xero: Record) -> Action:
    values, problems = _read(pair, judge.mapping, dynamics)
    if problems:
        return _fail(pair, judge, problems)
    shown = judge.mapping.read_xero(xero.values)
    weighed = _weigh(pair, judge.mapping, values, shown)
    rows = xero.parts.get(_list_name(judge), ())
    people = _persons(pair, judge, rows=rows)
    columns = _whole_groups(judge.mapping, weighed.carried, xero.values)
    action = replace(
        _action(ActionKind.UPDATE, pair, status=weighed.status, remark=weighed.remark),
        resource=judge.mapping.xero,
        remote_id=pair.link.xero_id,
        values=columns,
        lists=_lists(judge, people),
        rows=rows,
        changes=weighed.changes,
        decided=weighed.carried,
        settled=weighed.settled,
        parts=_all_parts(pair, judge, people, weighed.changes),
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
        labels = ", ".join(rule.label for rule in disputed)
        return f"Changed on both sides: {labels}. Make them equal to resolve it."
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


def _list_name(judge: Judge) -> str:
    return judge.part.parts if judge.part else ""


def _persons(pair: Pair, judge: Judge, *, rows: Sequence[Values]) -> MergedList | None:
    if judge.part is None or pair.dynamics is None:
        return None
    primary_id = pair.dynamics.values.get("primarycontactid")
    people = people_of(judge.part, pair.parts, primary_id)
    settled = SettledList.load(pair.link.base.get(SETTLED_LIST, (None, None))[1])
    return merge_list(judge.part, people, rows, settled)


def _lists(judge: Judge, people: MergedList | None) -> dict[str, tuple[Values, ...]]:
    return {_list_name(judge): people.rows} if people and people.changed else {}


def _all_parts(
    pair: Pair, judge: Judge, people: MergedList | None, changes: Mapping[str, Change]
) -> tuple[PartDecision, ...]:
    """Add those who do not travel in the list: the primary person, and those who left it."""
    if judge.part is None or people is None or pair.dynamics is None:
        return ()
    decisions = list(people.decisions)
    primary_id = pair.dynamics.values.get("primarycontactid")
    for record, link in pair.parts:
        if record.state is RecordState.LIVE and record.id == primary_id:
            decisions.append(_primary(judge.part, record, link, changes))
        elif record.state is not RecordState.LIVE and link is not None:
            decisions.append(_left(link))
    return (*decisions, *_gone_parts(pair))


def _gone_parts(pair: Pair) -> Iterator[PartDecision]:
    """Those who hung on this parent and no longer do; who moved is their new parent's business."""
    for link, row in pair.gone_parts:
        if row is None or row.state is RecordState.DELETED:
            yield replace(_left(link), gone=True)
        elif row.state is RecordState.ARCHIVED:
            yield _left(link)
        elif row.parent_id is None:
            yield replace(_left(link), status=Status.SKIPPED, remark=NO_COMPANY)


def _primary(
    part: type[EntityMapping], record: Record, link: Link | None, changes: Mapping[str, Change]
) -> PartDecision:
    """The primary person travels as the contact's own name and e-mail."""
    values, _problems = part.read_dynamics(record.values)
    kind = ActionKind.NOTHING
    if link is None or link.status is not Status.SYNCED:
        kind = ActionKind.CREATE
    elif any(
        name in changes and changes[name].after == rule.fit(values.get(name))
        for name, rule in part.fields.items()
    ):
        kind = ActionKind.UPDATE
    return PartDecision(part.name, record.id, link.id if link else None, Status.SYNCED, kind=kind)


def _left(link: Link) -> PartDecision:
    kind = ActionKind.DELETE if link.status is Status.SYNCED else ActionKind.NOTHING
    return PartDecision(link.entity, link.dynamics_id, link.id, Status.NOT_SYNCED, kind=kind)


def _held_back(pair: Pair, judge: Judge) -> tuple[PartDecision, ...]:
    """People whose company cannot be sent wait for it."""
    if judge.part is None:
        return ()
    return tuple(
        PartDecision(
            judge.part.name,
            record.id,
            link.id if link else None,
            Status.BLOCKED,
            remark=WAITS_FOR_COMPANY,
        )
        for record, link in pair.parts
        if record.state is RecordState.LIVE and not _stands_here(pair, link)
    )


def _stands_here(pair: Pair, link: Link | None) -> bool:
    return link is not None and link.status is Status.SYNCED and link.parent_id == pair.link.id


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
    return replace(action, parts=_held_back(pair, judge))


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
