"""Merge an account's people into the contact's list of persons (R27); pure, part of decide.

A contact person has no id in Xero, so `claims` tells by content whose row is whose. Persons
somebody added in Xero belong to nobody here and are kept as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import (
    ActionKind,
    Base,
    Hold,
    Link,
    PartDecision,
    Record,
    RecordState,
    SideName,
    Status,
    Value,
    Values,
)
from dynamics_xero.sync.claims import (
    REMOVED,
    Key,
    Person,
    SettledList,
    claim,
    fold,
    row_key,
    wanted_row,
)
from dynamics_xero.sync.weigh import Scales, weigh
from dynamics_xero.values import dataclass

SETTLED_LIST = "@persons"
"""Name under which a parent's base keeps its list as it was last settled."""

NO_SLOT = "Xero keeps the primary person and five more; this contact was not sent."
TAKEN_OUT = "Somebody removed this person in Xero. Change the contact here to add it again."
UNCLEAR = (
    "Several people of this company were changed in Xero and it is not clear which one is this "
    "contact. Make name or e-mail equal on both sides."
)


@dataclass(frozen=True)
class MergedList:
    """The list as it should stand; changed = it differs from what Xero shows."""

    rows: tuple[Values, ...]
    changed: bool
    decisions: tuple[PartDecision, ...]


def people_of(
    mapping: type[EntityMapping],
    parts: Iterable[tuple[Record, Link | None]],
    primary_id: Value,
    choices: Mapping[int, Mapping[str, SideName]] = MappingProxyType({}),
    loops: Mapping[int, str] = MappingProxyType({}),
) -> list[Person]:
    """Return the people who want a place in the list, in the order in which they get one."""
    people = []
    for record, link in parts:
        if record.state is not RecordState.LIVE or record.id == primary_id:
            continue
        values, problems = mapping.read_dynamics(record.values)
        person = Person(record.id, link, values, tuple(problems), record.values)
        if link is not None:
            chosen = choices.get(link.id, {})
            person = replace(person, choices=chosen, loop=loops.get(link.id))
        people.append(person)
    return sorted(people, key=Person.rank)


def merge_list(
    mapping: type[EntityMapping],
    people: Sequence[Person],
    rows: Sequence[Values],
    settled: SettledList,
) -> MergedList:
    """Merge people into rows, the list Xero shows now."""
    wanted = {person.dynamics_id: person for person in people}
    claims, unclear = claim(mapping, wanted, rows, settled)
    owner_at = {place: owner for owner, place in claims.items()}
    kept: list[Values] = []
    decisions: list[PartDecision] = []
    for place, row in enumerate(rows):
        owner = owner_at.get(place)
        if owner is None:
            kept.append(row)
        elif owner in wanted:
            decision = _merge_row(mapping, wanted[owner], row, owned=_owned(settled, owner))
            decisions.append(decision)
            kept.append(decision.row or row)
        elif _is_edited(mapping, row, settled, owner):
            kept.append(row)  # gone here and edited there: it is Xero's own now (R15)
    for person in people:
        if person.dynamics_id not in claims:
            decision = _newcomer(mapping, person, settled, unclear=unclear, room=len(kept))
            decisions.append(decision)
            if decision.row is not None:
                kept.append(decision.row)
    changed = [row_key(mapping, row) for row in kept] != [row_key(mapping, row) for row in rows]
    return MergedList(tuple(kept), changed, tuple(decisions))


def settled_list(base: Base) -> SettledList:
    """Return the list that a parent's base keeps, an empty one where it keeps none."""
    return SettledList.load(base.get(SETTLED_LIST, (None, None))[1])


def settle_list(
    mapping: type[EntityMapping], decisions: Sequence[PartDecision], rows: Sequence[Values]
) -> tuple[SettledList, dict[str, Values]]:
    """Find each decided person in the list that came back.

    Returns the list to remember and, per contact, the row Xero shows for it.
    """
    free = dict(enumerate(row_key(mapping, row) for row in rows))
    owners: dict[str, int] = {}
    for decision in decisions:
        if decision.removed:
            owners[decision.dynamics_id] = REMOVED
        elif decision.row is not None:
            place = _find(mapping, decision.row, free)
            if place is not None:
                owners[decision.dynamics_id] = place
                del free[place]
    shown = {owner: rows[place] for owner, place in owners.items() if place != REMOVED}
    edited = frozenset(d.dynamics_id for d in decisions if _is_left(d)) & shown.keys()
    return SettledList(tuple(rows), owners, edited), shown


def _is_left(decision: PartDecision) -> bool:
    """Say whether an edit of the row in Xero is still to arrive here, or waits for an answer."""
    return bool(decision.fetched) or (
        decision.status is Status.CONFLICT and decision.hold is not Hold.LOOP
    )


def _is_edited(mapping: type[EntityMapping], row: Values, settled: SettledList, owner: str) -> bool:
    """Say whether somebody in Xero edited a row, and what was typed never arrived here."""
    known = row_key(mapping, settled.row_of(owner) or {})
    return owner in settled.edited or row_key(mapping, row) != known


def _find(mapping: type[EntityMapping], row: Values, free: Mapping[int, Key]) -> int | None:
    wanted = row_key(mapping, row)
    exact = [place for place, key in free.items() if key == wanted]
    if exact:
        return exact[0]
    folded = [place for place, key in free.items() if fold(key) == fold(wanted)]
    return folded[0] if len(folded) == 1 else None


def _owned(settled: SettledList, owner: str) -> bool:
    return settled.row_of(owner) is not None


def _merge_row(
    mapping: type[EntityMapping], person: Person, row: Values, *, owned: bool
) -> PartDecision:
    decision = _decision(mapping, person, row=row)
    if person.problems:
        return replace(decision, status=Status.FAILED, remark=" ".join(person.problems))
    if person.loop is not None:
        stopped = replace(decision, status=Status.CONFLICT, remark=person.loop)
        return replace(stopped, hold=Hold.LOOP)
    base = person.link.base if person.link and owned else {}
    scales = Scales(mapping, person.shown, base, person.choices)
    shown = mapping.read_xero(row)
    weighed = weigh(scales, person.values, shown)
    merged = dict(row)
    for name, value in weighed.carried.items():
        merged.update(mapping.fields[name].to_xero(value))
    settled = {n: v for n, v in decision.decided.items() if n not in weighed.fetched}
    decision = replace(
        decision,
        decided=settled,  # what is not carried keeps its base (R8)
        fetched=weighed.fetched,
        shown=shown,
        status=weighed.status,
        chosen=tuple(weighed.chosen),
    )
    if row_key(mapping, merged) != row_key(mapping, row):
        decision = replace(decision, row=_present(merged), kind=ActionKind.UPDATE)
    return replace(decision, remark=weighed.remark)


def _newcomer(
    mapping: type[EntityMapping],
    person: Person,
    settled: SettledList,
    *,
    unclear: set[str],
    room: int,
) -> PartDecision:
    decision = _decision(mapping, person, row=None)
    if person.problems:
        return replace(decision, status=Status.FAILED, remark=" ".join(person.problems))
    if person.dynamics_id in unclear:
        return replace(decision, status=Status.CONFLICT, remark=UNCLEAR)
    if person.dynamics_id in settled.owners and not _edited(mapping, person):
        return replace(decision, status=Status.SKIPPED, remark=TAKEN_OUT, removed=True)
    if room >= mapping.capacity:
        return replace(decision, status=Status.SKIPPED, remark=NO_SLOT)
    return replace(decision, row=wanted_row(mapping, person), kind=ActionKind.CREATE)


def _edited(mapping: type[EntityMapping], person: Person) -> bool:
    base = person.link.base if person.link else {}
    return any(name in base and base[name][0] != person.values.get(name) for name in mapping.fields)


def _present(row: Values) -> dict[str, Value]:
    return {column: value for column, value in row.items() if value is not None}


def _decision(mapping: type[EntityMapping], person: Person, *, row: Values | None) -> PartDecision:
    return PartDecision(
        entity=mapping.name,
        dynamics_id=person.dynamics_id,
        link_id=person.link.id if person.link else None,
        status=Status.SYNCED,
        decided={name: person.values.get(name) for name in mapping.fields},
        row=row,
    )
