"""Fourth step of the trip: decide what one pair needs. All judgement, and nothing but judgement.

A pure function of what both sides last showed and of the base they share: no input or output, no
clock, no chance. The same pair gives the same action, so running it again costs nothing. An
action goes one way; where both ways are needed, Xero comes first and the link stays due.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import (
    Action,
    ActionKind,
    Change,
    Holder,
    Life,
    Pair,
    Record,
    RecordState,
    SideName,
    Status,
    Value,
    Values,
)
from dynamics_xero.sync.parts import (
    all_parts,
    edited_rows,
    held_back,
    leave_with_parent,
    list_to_write,
    merge_people,
    part_writes,
)
from dynamics_xero.sync.stamps import Stamps
from dynamics_xero.sync.states import (
    ARCHIVED,
    NEVER_SETTLED,
    RESTORED,
    RESTORED_DELETED,
    STATE,
    STATE_FIELD,
    absorbed_remark,
    act,
    archive,
    as_it_was,
    bears_our_key,
    both_gone,
    both_live,
    follow_dynamics,
    follow_xero,
    is_live,
    restore,
    set_here,
    was_live,
)
from dynamics_xero.sync.weigh import Scales, Weighed, changed_in_xero, weigh, whole_groups


@dataclass(frozen=True)
class Judge:
    """The mappings a decision is taken by.

    part: the mapping of the rows that travel inside, if any. whole: both sides have been read
    from end to end, so that absence means something (R3). adopting: a Xero record without a row
    here gets one. tie: two edits that are closer than this have no newer one (R13).
    """

    mapping: type[EntityMapping]
    part: type[EntityMapping] | None = None
    whole: bool = True
    adopting: bool = False
    tie: timedelta = timedelta(0)


def decide(pair: Pair, judge: Judge) -> Action | None:
    """Return what the pair needs; None = nothing can be said yet, look again later."""
    action = _decided(pair, judge)
    if action is None or STATE_FIELD not in pair.choices or STATE_FIELD in action.chosen:
        return action
    return replace(action, chosen=(*action.chosen, STATE_FIELD))  # its question is gone


def _decided(pair: Pair, judge: Judge) -> Action | None:
    if pair.link.life is Life.SEVERED:
        return replace(as_it_was(pair), life=Life.SEVERED)
    if pair.dynamics is not None and pair.dynamics.merged_into:
        return replace(follow_dynamics(pair), parts=leave_with_parent(pair))
    if pair.dynamics is None or pair.dynamics.state is RecordState.DELETED:
        if pair.link.life in (Life.FROZEN, Life.MERGED):
            return _resting(pair)
        return _gone_here(pair, judge) if pair.dynamics else _first_here(pair, judge)
    if not judge.mapping.scope(pair.dynamics.values):
        skipped = act(ActionKind.SKIP, pair, status=Status.SKIPPED)
        gone = () if is_live(pair.dynamics) else leave_with_parent(pair)
        return replace(skipped, life=Life.FROZEN, parts=gone)
    if not is_live(pair.dynamics):
        return _gone_here(pair, judge)
    if pair.xero is not None and pair.xero.merged_into:
        followed = follow_xero(pair, judge.mapping)
        return replace(followed, parts=held_back(judge.part, pair)) if followed else None
    if pair.link.xero_id is None:
        return _first(pair, judge, pair.dynamics)
    if pair.xero is None:  # not read yet: the feed marks the link due when it comes
        return as_it_was(pair)
    if not is_live(pair.xero):
        return _gone_there(pair, judge)
    return _update(pair, judge, pair.dynamics, pair.xero)


def _resting(pair: Pair) -> Action:
    """A row that took no part was deleted: nobody writes for it any more, but its people left."""
    link, parts = pair.link, leave_with_parent(pair)
    return replace(as_it_was(pair), life=link.life, winner_id=link.winner_id, parts=parts)


def _first_here(pair: Pair, judge: Judge) -> Action | None:
    """No row here yet: make one from the Xero record; a retry finds it by its id (R24)."""
    if not judge.whole or pair.xero is None:
        return None
    if not judge.adopting or not is_live(pair.xero):
        return act(ActionKind.SKIP, pair, status=Status.SKIPPED)
    scales = Scales(judge.mapping, {}, {})
    weighed = weigh(scales, {}, judge.mapping.read_xero(pair.xero.values))
    if weighed.problems:
        return _fail(pair, judge, weighed.problems)
    return replace(
        act(ActionKind.CREATE, pair),
        side=SideName.DYNAMICS,
        resource=judge.mapping.dynamics,
        remote_id=pair.link.dynamics_id,
        values={column: value for column, value in weighed.columns.items() if value is not None},
        changes=weighed.changes[SideName.DYNAMICS],
        decided=weighed.fetched,
        settled=both_live(),
    )


def _gone_here(pair: Pair, judge: Judge) -> Action:
    """The account was deleted or made inactive: its contact is archived, never deleted (R15)."""
    parts = leave_with_parent(pair)
    if not is_live(pair.xero):
        return replace(_both_gone(pair), parts=parts)
    choice = pair.choices.get(STATE_FIELD)
    if choice is SideName.XERO:
        return _keep(pair, judge)
    if choice is None:
        asked = _disagreement(pair, judge)
        if asked is not None:
            remark = replace(act(ActionKind.CONFLICT, pair, status=Status.CONFLICT), remark=asked)
            return replace(remark, parts=parts)
    chosen = (STATE_FIELD,) if choice else ()
    rule = "chosen by a person: dynamics" if choice else "archived with its account"
    leaving = archive(pair, judge.mapping.xero, rule=rule)
    return replace(leaving, parts=parts, chosen=chosen)


def _both_gone(pair: Pair) -> Action:
    """Nothing to archive. A contact that was not read yet is looked at once it has been (R3)."""
    link = pair.link
    if link.xero_id is None:
        return act(ActionKind.NOTHING, pair, status=Status.NOT_SYNCED)
    if pair.xero is None:
        return as_it_was(pair)
    action = replace(act(ActionKind.NOTHING, pair), settled=both_gone())
    if link.life is Life.MERGED and pair.xero.merged_into:
        return replace(action, life=Life.MERGED, winner_id=link.winner_id)
    return action


def _keep(pair: Pair, judge: Judge) -> Action:
    """A person chose Xero's contact over our row that is gone: it lives again, or lets go."""
    if pair.dynamics is not None and pair.dynamics.state is RecordState.ARCHIVED:
        return set_here(ActionKind.RESTORE, pair, judge.mapping.dynamics)
    severed = act(ActionKind.SKIP, pair, status=Status.SKIPPED)
    return replace(severed, life=Life.SEVERED, chosen=(STATE_FIELD,))


def _disagreement(pair: Pair, judge: Judge) -> str | None:
    """Return why archiving has to be asked: somebody in Xero wants the contact, or edits it."""
    _here, there = was_live(pair)
    deleted = pair.dynamics is None or pair.dynamics.state is RecordState.DELETED
    if not there:
        return RESTORED_DELETED if deleted else RESTORED
    assert pair.xero is not None  # noqa: S101  # the caller has looked
    if STATE not in pair.link.base and not bears_our_key(pair, judge.mapping):
        return NEVER_SETTLED
    scales = Scales(judge.mapping, {}, pair.link.base)
    edited = list(changed_in_xero(scales, judge.mapping.read_xero(pair.xero.values)))
    if judge.part and edited_rows(judge.part, pair):
        edited.append("people")
    if not edited:
        return None
    done = "deleted" if deleted else "deactivated"
    return (
        f"This account was {done} here, and changed in Xero meanwhile ({', '.join(edited)}). "
        "Activate the account to keep it, or ask finance to archive the contact in Xero."
    )


def _gone_there(pair: Pair, judge: Judge) -> Action:
    """The contact is archived: brought back if we archived it with the account, else it asks."""
    here, _there = was_live(pair)
    choice = pair.choices.get(STATE_FIELD)
    if choice is SideName.XERO:
        return set_here(ActionKind.ARCHIVE, pair, judge.mapping.dynamics)
    if choice is SideName.DYNAMICS or not here:
        chosen = (STATE_FIELD,) if choice else ()
        return replace(restore(pair, judge.mapping.xero), chosen=chosen)
    return _stop(ActionKind.BLOCK, pair, judge, status=Status.BLOCKED, remark=ARCHIVED)


def _first(pair: Pair, judge: Judge, dynamics: Record) -> Action | None:
    """No partner yet: create one, unless somebody in Xero already holds a key (R17)."""
    if not judge.whole:
        return None
    values, problems = _read(pair, judge.mapping, dynamics)
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
    empty = {name: (None, None) for name, value in values.items() if value is None}
    people = merge_people(judge.part, pair, rows=())
    columns: dict[str, Value] = {}
    for name, value in carried.items():
        columns.update(judge.mapping.fields[name].to_xero(value))
    return replace(
        act(ActionKind.CREATE, pair),
        resource=judge.mapping.xero,
        values={column: value for column, value in columns.items() if value is not None},
        lists=list_to_write(judge.part, people),
        changes=changes,
        decided=carried,
        settled={**empty, **both_live()},
        parts=all_parts(judge.part, pair, people, changes),
    )


def _update(pair: Pair, judge: Judge, dynamics: Record, xero: Record) -> Action:
    """Both rows are there: carry what changed to Xero, then what changed in Xero."""
    values, problems = _read(pair, judge.mapping, dynamics)
    if problems:
        return _fail(pair, judge, problems)
    stamps = Stamps(dynamics.stamps, xero.stamps, judge.tie)
    scales = Scales(judge.mapping, dynamics.values, pair.link.base, pair.choices, stamps)
    weighed = weigh(scales, values, judge.mapping.read_xero(xero.values))
    rows = xero.parts.get(judge.part.parts, ()) if judge.part else ()
    people = merge_people(judge.part, pair, rows)
    changes = weighed.changes[SideName.XERO]
    action = replace(
        act(ActionKind.SETTLE, pair, status=weighed.status),
        remark=weighed.remark or absorbed_remark(pair),
        rows=rows,
        settled={**weighed.settled, **both_live()},
        parts=all_parts(judge.part, pair, people, changes),
        chosen=tuple(weighed.chosen),
    )
    also = part_writes(judge.part, pair, people)
    columns = whole_groups(judge.mapping, weighed.carried, xero.values)
    lists = list_to_write(judge.part, people)
    if columns or lists:
        return replace(
            action,
            kind=ActionKind.UPDATE,
            resource=judge.mapping.xero,
            remote_id=xero.id,
            values=columns,
            lists=lists,
            changes=changes,
            decided=weighed.carried,
            again=bool(weighed.columns or also),
        )
    unknown = any(part.fetched and part.link_id is None for part in action.parts)
    if not weighed.columns:
        return replace(action, also=also, again=bool(also) or unknown)
    return replace(_to_dynamics(action, pair, judge, weighed), again=bool(also) or unknown)


def _to_dynamics(action: Action, pair: Pair, judge: Judge, weighed: Weighed) -> Action:
    assert pair.dynamics is not None  # noqa: S101  # the caller has looked
    return replace(
        action,
        kind=ActionKind.UPDATE,
        side=SideName.DYNAMICS,
        resource=judge.mapping.dynamics,
        remote_id=pair.dynamics.id,
        values=weighed.columns,
        shown=pair.dynamics.values,
        changes=weighed.changes[SideName.DYNAMICS],
        decided=weighed.fetched,
    )


def _read(
    pair: Pair, mapping: type[EntityMapping], dynamics: Record
) -> tuple[dict[str, Value], list[str]]:
    """Return the canonical values, as plug-ins left them, and all that is wrong with them."""
    if pair.refusal is not None:
        return {}, [pair.refusal]
    values, problems = mapping.read_dynamics(dynamics.values)
    return {**values, **pair.overrides}, problems


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
    action = act(kind, pair, status=status, remark=remark)
    return replace(action, parts=held_back(judge.part, pair))
