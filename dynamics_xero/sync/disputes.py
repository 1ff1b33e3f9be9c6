"""What a person may decide about a pair: fields in conflict, and those left different; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dynamics_xero.mapping.entity import FieldRule
from dynamics_xero.mapping.merge import Verdict
from dynamics_xero.model import Link, Pair, SideName, Status, Value, Values
from dynamics_xero.sync.decide import Judge
from dynamics_xero.sync.parts import merge_people
from dynamics_xero.sync.stamps import Stamps
from dynamics_xero.sync.states import GONE, LIVE, STATE, STATE_FIELD, STATE_LABEL, is_live
from dynamics_xero.sync.weigh import Scales, verdict_of


@dataclass(frozen=True)
class Dispute:
    """One field of one link on which the two sides differ and nobody decided.

    kept: they differed when first linked and were left so (R10). base None: never settled.
    takes_xero: False where the field goes one way only, so that Xero's value cannot be taken.
    """

    link: Link
    field: str
    label: str
    dynamics: Value
    xero: Value
    owner: str
    base: tuple[Value, Value] | None = None
    kept: bool = False
    takes_xero: bool = True
    choice: SideName | None = None


def of_pair(pair: Pair, judge: Judge) -> list[Dispute]:
    """Return what a person may decide about the row itself."""
    here, there = pair.dynamics, pair.xero
    if here is None or there is None or here.merged_into or there.merged_into:
        return []
    if is_live(here) is not is_live(there):
        return [_state(pair)] if pair.link.status in (Status.CONFLICT, Status.BLOCKED) else []
    if not is_live(here):
        return []
    values, _problems = judge.mapping.read_dynamics(here.values)
    shown = judge.mapping.read_xero(there.values)
    stamps = Stamps(here.stamps, there.stamps, judge.tie)
    scales = Scales(judge.mapping, here.values, pair.link.base, stamps=stamps)
    found = _fields(scales, pair.link, {**values, **pair.overrides}, shown)
    return [replace(one, choice=pair.choices.get(one.field)) for one in found]


def of_people(pair: Pair, judge: Judge) -> list[Dispute]:
    """Return what a person may decide about the rows inside."""
    if judge.part is None or not is_live(pair.dynamics) or pair.xero is None:
        return []
    people = merge_people(judge.part, pair, pair.xero.parts.get(judge.part.parts, ()))
    rows = {decision.dynamics_id: decision.row for decision in people.decisions} if people else {}
    found = []
    for record, link in pair.parts:
        row = rows.get(record.id)
        if link is not None and row is not None:
            values, _problems = judge.part.read_dynamics(record.values)
            scales = Scales(judge.part, record.values, link.base)
            disputes = _fields(scales, link, values, judge.part.read_xero(row))
            choices = pair.part_choices.get(link.id, {})
            found += [replace(one, choice=choices.get(one.field)) for one in disputes]
    return found


def _state(pair: Pair) -> Dispute:
    shown = [LIVE if is_live(record) else GONE for record in (pair.dynamics, pair.xero)]
    return Dispute(
        link=pair.link,
        field=STATE_FIELD,
        label=STATE_LABEL,
        dynamics=shown[0],
        xero=shown[1],
        owner="ask",
        base=pair.link.base.get(STATE),
        choice=pair.choices.get(STATE_FIELD),
    )


def _fields(scales: Scales, link: Link, here: Values, there: Values) -> Iterator[Dispute]:
    for name, rule in scales.mapping.fields.items():
        if name not in here:
            continue  # there is something wrong with its value, and the Remark says what
        kept = _kept(scales, rule, here[name], there.get(name))
        if kept is not None:
            yield Dispute(
                link=link,
                field=name,
                label=rule.label,
                dynamics=here[name],
                xero=there.get(name),
                owner=rule.owner.value,
                base=link.base.get(name),
                kept=kept,
                takes_xero=rule.written_back is not None,
            )


def _kept(scales: Scales, rule: FieldRule, here: Value, there: Value) -> bool | None:
    """Say whether a field that differs was left so; False = in conflict, None = neither."""
    verdict = verdict_of(scales, rule, here, there)
    if verdict is Verdict.CONFLICT:
        return False
    filled = here is not None and there is not None
    apart = filled and not rule.one_way and rule.fit(here) != there
    return True if apart and verdict in (Verdict.NOTHING, Verdict.KEEP) else None
