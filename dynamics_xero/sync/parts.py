"""How the people of one account stand after an action on it; pure, part of decide.

People travel inside their parent: most of them in its list (see `persons`), the primary one as the
contact's own name and e-mail. Who leaves, and who cannot be sent, is told here as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import (
    Action,
    ActionKind,
    Change,
    Link,
    Pair,
    PartDecision,
    Record,
    RecordState,
    SideName,
    Status,
    Value,
    Values,
)
from dynamics_xero.sync.persons import (
    SETTLED_LIST,
    MergedList,
    merge_list,
    people_of,
    settled_list,
)

PRIMARY = "primarycontactid"
"""The account's column that names its primary person."""

NO_COMPANY = "This contact belongs to no account; in Xero, people stand under a company."
COMPANY_INACTIVE = (
    "The company of this contact is inactive, so the contact is not in Xero. Activate the account, "
    "or move the contact to another one."
)
WAITS_FOR_COMPANY = "Waits for its company, which could not be sent to Xero: see the account."


def merge_people(
    part: type[EntityMapping] | None, pair: Pair, rows: Sequence[Values]
) -> MergedList | None:
    """Merge the account's people into rows, the list Xero shows now; None without such parts."""
    if part is None or pair.dynamics is None:
        return None
    primary_id = pair.dynamics.values.get(PRIMARY)
    people = people_of(part, pair.parts, primary_id, pair.part_choices, pair.part_loops)
    settled = settled_list(pair.link.base)
    return merge_list(part, people, rows, settled)


def list_to_write(
    part: type[EntityMapping] | None, people: MergedList | None
) -> dict[str, tuple[Values, ...]]:
    """Return the list under its Xero column if it has to be written."""
    return {part.parts: people.rows} if part and people and people.changed else {}


def all_parts(
    part: type[EntityMapping] | None,
    pair: Pair,
    people: MergedList | None,
    changes: Mapping[str, Change],
) -> tuple[PartDecision, ...]:
    """Add those who do not travel in the list: the primary person, and those who left it."""
    if part is None or people is None or pair.dynamics is None:
        return ()
    decisions = list(people.decisions)
    primary_id = pair.dynamics.values.get(PRIMARY)
    for record, link in pair.parts:
        if record.state is RecordState.LIVE and record.id == primary_id:
            decisions.append(_primary(part, record, link, changes))
        elif record.state is not RecordState.LIVE and link is not None:
            decisions.append(_left(link))
    return (*decisions, *_gone(pair))


def part_writes(
    part: type[EntityMapping] | None, pair: Pair, people: MergedList | None
) -> tuple[Action, ...]:
    """Return what people edited in Xero, as writes onto their rows in Dynamics."""
    if part is None or people is None:
        return ()
    rows = {record.id: (record, link) for record, link in pair.parts}
    return tuple(
        _part_write(part, pair, decision, rows[decision.dynamics_id])
        for decision in people.decisions
        if decision.fetched and decision.link_id is not None
    )


def _part_write(
    part: type[EntityMapping], pair: Pair, decision: PartDecision, row: tuple[Record, Link | None]
) -> Action:
    record, link = row
    assert link is not None  # noqa: S101  # a decision with a link id was made from it
    rules = {name: part.fields[name] for name in decision.fetched}
    columns: dict[str, Value] = {}
    for name, value in decision.fetched.items():
        columns.update(rules[name].to_dynamics(value))
    return Action(
        kind=ActionKind.UPDATE,
        link=link,
        side=SideName.DYNAMICS,
        resource=part.dynamics,
        remote_id=record.id,
        values=columns,
        shown=record.values,
        changes={
            name: Change(rules[name].read(record.values), value, "changed in Xero")
            for name, value in decision.fetched.items()
        },
        decided=decision.fetched,
        status=decision.status,
        remark=decision.remark,
        chosen=decision.chosen,
        dynamics_version=record.version,
        xero_version=pair.xero.version if pair.xero else None,
    )


def edited_rows(part: type[EntityMapping], pair: Pair) -> bool:
    """Say whether somebody edited the list in Xero, and it was not settled since."""
    if SETTLED_LIST not in pair.link.base or pair.xero is None:
        return False
    shown = pair.xero.parts.get(part.parts, ())
    settled = settled_list(pair.link.base)
    return bool(settled.edited) or not settled.is_shown(part, shown)


def leave_with_parent(pair: Pair) -> tuple[PartDecision, ...]:
    """The parent is archived: of its people, only those who move need a word."""
    return (*_gone(pair), *_came_too_late(pair))


def held_back(part: type[EntityMapping] | None, pair: Pair) -> tuple[PartDecision, ...]:
    """People whose company cannot be sent wait for it; those who left it are told so."""
    if part is None:
        return ()
    left = (replace(decision, kind=ActionKind.NOTHING) for decision in _gone(pair))
    waiting = (
        PartDecision(
            part.name,
            record.id,
            link.id if link else None,
            Status.BLOCKED,
            remark=WAITS_FOR_COMPANY,
        )
        for record, link in pair.parts
        if record.state is RecordState.LIVE and not _stands_here(pair, link)
    )
    return (*waiting, *left)


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


def _gone(pair: Pair) -> Iterator[PartDecision]:
    """Those who hung on this parent and no longer do; who moved is their new parent's business."""
    for link, row in pair.gone_parts:
        if row is None or row.state is RecordState.DELETED:
            yield replace(_left(link), gone=True)
        elif row.state is RecordState.ARCHIVED:
            yield _left(link)
        elif row.parent_id is None:
            yield replace(_left(link), status=Status.SKIPPED, remark=NO_COMPANY)


def _came_too_late(pair: Pair) -> Iterator[PartDecision]:
    """People who moved to an account that is inactive stand nowhere in Xero."""
    for record, link in pair.parts:
        if record.state is RecordState.LIVE and link and link.parent_id != pair.link.id:
            yield replace(_left(link), status=Status.SKIPPED, remark=COMPANY_INACTIVE)


def _left(link: Link) -> PartDecision:
    kind = ActionKind.DELETE if link.status is Status.SYNCED else ActionKind.NOTHING
    return PartDecision(link.entity, link.dynamics_id, link.id, Status.NOT_SYNCED, kind=kind)


def _stands_here(pair: Pair, link: Link | None) -> bool:
    return link is not None and link.status is Status.SYNCED and link.parent_id == pair.link.id
