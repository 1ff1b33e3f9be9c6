"""Merge an account's people into the contact's list of persons (R27); pure, part of decide.

A contact person has no id in Xero, so people are told apart by content: by the row that was
settled last, then by exact row, unique e-mail, unique name; one that is left over on each side is
a rename. Persons somebody added in Xero belong to nobody here and are kept as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.merge import Verdict, merge
from dynamics_xero.model import (
    ActionKind,
    Link,
    PartDecision,
    Record,
    RecordState,
    Status,
    Value,
    Values,
)

SETTLED_LIST = "@persons"
"""Name under which a parent's base keeps its list as it was last settled."""

REMOVED = -1
"""Place of a person somebody took out in Xero."""

NO_SLOT = "Xero keeps the primary person and five more; this contact was not sent."
TAKEN_OUT = "Somebody removed this person in Xero. Change the contact here to add it again."
UNCLEAR = (
    "Several people of this company were changed in Xero and it is not clear which one is this "
    "contact. Make name or e-mail equal on both sides."
)


@dataclass(frozen=True)
class SettledList:
    """The list when last settled, and which contact owns which place in it."""

    rows: tuple[Values, ...] = ()
    owners: Mapping[str, int] = field(default_factory=dict)

    def row_of(self, dynamics_id: str) -> Values | None:
        """Return the row a contact owns, None when it owns none."""
        place = self.owners.get(dynamics_id, REMOVED)
        return self.rows[place] if 0 <= place < len(self.rows) else None

    def dump(self) -> str:
        """Return the text kept in the parent's base."""
        return json.dumps([list(map(dict, self.rows)), dict(self.owners)], sort_keys=True)

    @classmethod
    def load(cls, text: Value) -> SettledList:
        """Read what dump wrote; None is an empty list."""
        if not isinstance(text, str):
            return cls()
        rows, owners = json.loads(text)
        return cls(rows=tuple(rows), owners=owners)


@dataclass(frozen=True)
class Person:
    """A Dynamics contact of the account: live, under this account, and not its primary person."""

    dynamics_id: str
    link: Link | None
    values: Values
    problems: tuple[str, ...] = ()

    def rank(self) -> tuple[bool, int, str]:
        """Order for the five places: invoice receivers first, then oldest link."""
        receives = self.values.get("include_in_emails") is True
        return (not receives, self.link.id if self.link else 1 << 62, self.dynamics_id)


@dataclass(frozen=True)
class MergedList:
    """The list as it should stand; changed = it differs from what Xero shows."""

    rows: tuple[Values, ...]
    changed: bool
    decisions: tuple[PartDecision, ...]


def people_of(
    mapping: type[EntityMapping], parts: Iterable[tuple[Record, Link | None]], primary_id: Value
) -> list[Person]:
    """Return the people who want a place in the list, in the order in which they get one."""
    people = []
    for record, link in parts:
        if record.state is not RecordState.LIVE or record.id == primary_id:
            continue
        values, problems = mapping.read_dynamics(record.values)
        people.append(Person(record.id, link, values, tuple(problems)))
    return sorted(people, key=Person.rank)


def merge_list(
    mapping: type[EntityMapping],
    people: Sequence[Person],
    rows: Sequence[Values],
    settled: SettledList,
) -> MergedList:
    """Merge people into rows, the list Xero shows now."""
    wanted = {person.dynamics_id: person for person in people}
    claims, unclear = _claim(mapping, wanted, rows, settled)
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
    for person in people:
        if person.dynamics_id not in claims:
            decision = _newcomer(mapping, person, settled, unclear=unclear, room=len(kept))
            decisions.append(decision)
            if decision.row is not None:
                kept.append(decision.row)
    changed = [_key(mapping, row) for row in kept] != [_key(mapping, row) for row in rows]
    return MergedList(tuple(kept), changed, tuple(decisions))


def settle_list(
    mapping: type[EntityMapping], decisions: Iterable[PartDecision], rows: Sequence[Values]
) -> tuple[SettledList, dict[str, Values]]:
    """Find each decided person in the list that came back.

    Returns the list to remember and, per contact, the row Xero shows for it.
    """
    free = dict(enumerate(_key(mapping, row) for row in rows))
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
    return SettledList(tuple(rows), owners), shown


def _find(mapping: type[EntityMapping], row: Values, free: Mapping[int, _Key]) -> int | None:
    wanted = _key(mapping, row)
    exact = [place for place, key in free.items() if key == wanted]
    if exact:
        return exact[0]
    folded = [place for place, key in free.items() if _fold(key) == _fold(wanted)]
    return folded[0] if len(folded) == 1 else None


_Key = tuple[Value, ...]


def _key(mapping: type[EntityMapping], row: Values) -> _Key:
    return tuple(row.get(column) or None for column in mapping.xero_columns())


def _fold(key: _Key) -> _Key:
    return tuple(value.casefold() if isinstance(value, str) else None for value in key)


def _owned(settled: SettledList, owner: str) -> bool:
    return settled.row_of(owner) is not None


def _target(mapping: type[EntityMapping], person: Person) -> Values:
    row: dict[str, Value] = {}
    for name, rule in mapping.fields.items():
        row.update(rule.to_xero(person.values.get(name)))
    return {column: value for column, value in row.items() if value is not None}


def _claim(
    mapping: type[EntityMapping],
    wanted: Mapping[str, Person],
    rows: Sequence[Values],
    settled: SettledList,
) -> tuple[dict[str, int], set[str]]:
    """Return owner -> place in rows, and the owners nobody can place."""
    order = sorted(settled.owners, key=lambda owner: (owner not in wanted, owner))
    rows_known = ((owner, settled.row_of(owner)) for owner in order)
    known = {owner: row for owner, row in rows_known if row is not None}
    targets = {owner: _target(mapping, person) for owner, person in wanted.items()}
    claims: dict[str, int] = {}
    for exact in (known, targets):
        _claim_alike(mapping, exact, rows, claims)
    faces: dict[str, list[Values]] = {owner: [row] for owner, row in known.items()}
    for owner, target in targets.items():
        if settled.owners.get(owner) != REMOVED:
            faces.setdefault(owner, []).append(target)
    for identity in (_by("EmailAddress"), _by("FirstName", "LastName")):
        _claim_unique(identity, faces, rows, claims)
    lost = [owner for owner in known if owner not in claims]
    remembered = {_key(mapping, row) for row in settled.rows}
    strangers = [
        place
        for place, row in enumerate(rows)
        if place not in claims.values() and _key(mapping, row) not in remembered
    ]
    if len(lost) == 1 and len(strangers) == 1 and lost[0] in wanted:
        claims[lost[0]] = strangers[0]
        return claims, set()
    return claims, set(lost) if strangers else set()


_Identity = Callable[[Values], _Key | None]


def _by(*columns: str) -> _Identity:
    def identity(row: Values) -> _Key | None:
        key = _fold(tuple(row.get(column) for column in columns))
        return key if any(key) else None

    return identity


def _claim_alike(
    mapping: type[EntityMapping],
    faces: Mapping[str, Values],
    rows: Sequence[Values],
    claims: dict[str, int],
) -> None:
    """Claim a free row for each unplaced owner who looks exactly so; equal rows are as good."""
    free = {place: _key(mapping, row) for place, row in enumerate(rows)}
    for place in claims.values():
        del free[place]
    for owner, face in faces.items():
        wanted = _key(mapping, face)
        at = next((place for place, key in free.items() if key == wanted), None)
        if at is not None and owner not in claims:
            claims[owner] = at
            del free[at]


def _claim_unique(
    identity: _Identity,
    faces: Mapping[str, Sequence[Values]],
    rows: Sequence[Values],
    claims: dict[str, int],
) -> None:
    """Claim each free row that exactly one unplaced owner, and no other row, is known by."""
    owners_by: dict[_Key, set[str]] = {}
    for owner, known in faces.items():
        if owner not in claims:
            for row in known:
                key = identity(row)
                if key is not None:
                    owners_by.setdefault(key, set()).add(owner)
    places_by: dict[_Key, list[int]] = {}
    taken = set(claims.values())
    for place, row in enumerate(rows):
        key = identity(row)
        if place not in taken and key is not None:
            places_by.setdefault(key, []).append(place)
    for key, places in places_by.items():
        owners = owners_by.get(key, set()) - claims.keys()
        if len(places) == 1 and len(owners) == 1:
            claims[owners.pop()] = places[0]


def _merge_row(
    mapping: type[EntityMapping], person: Person, row: Values, *, owned: bool
) -> PartDecision:
    decision = _decision(mapping, person, row=row)
    if person.problems:
        return replace(decision, status=Status.FAILED, remark=" ".join(person.problems))
    base = person.link.base if person.link and owned else {}
    merged = dict(row)
    disputed = []
    decided = dict(decision.decided)
    for name, rule in mapping.fields.items():
        value = person.values.get(name)
        verdict = merge(rule, value, rule.from_xero(row), base.get(name))
        if verdict is Verdict.TO_XERO:
            merged.update(rule.to_xero(value))
        elif verdict is Verdict.CONFLICT:
            disputed.append(rule.label)
        elif verdict is Verdict.TO_DYNAMICS and name in base:
            del decided[name]  # not carried, so its base stays (R8)
    decision = replace(decision, decided=decided)
    if _key(mapping, merged) != _key(mapping, row):
        decision = replace(decision, row=_present(merged), kind=ActionKind.UPDATE)
    if disputed:
        remark = f"Changed on both sides: {', '.join(disputed)}. Make them equal to resolve it."
        return replace(decision, status=Status.CONFLICT, remark=remark)
    return decision


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
    return replace(decision, row=_target(mapping, person), kind=ActionKind.CREATE)


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
