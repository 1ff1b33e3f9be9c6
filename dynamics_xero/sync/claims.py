"""Tell whose row is whose in a list without ids (R27); pure, part of decide.

First by the row that was settled last and by exact row, then by unique e-mail and unique name; one
owner and one row that are left over are a rename.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Link, SideName, Value, Values
from dynamics_xero.values import dataclass

REMOVED = -1
"""Place of a person somebody took out in Xero."""

Key = tuple[Value, ...]
"""A row as compared: its mapped columns in order."""

_Identity = Callable[[Values], Key | None]


@dataclass(frozen=True)
class SettledList:
    """The list when last settled, and which contact owns which place in it.

    edited: owners whose row shows something of Xero's that has not arrived here yet.
    """

    rows: tuple[Values, ...] = ()
    owners: Mapping[str, int] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()

    def row_of(self, dynamics_id: str) -> Values | None:
        """Return the row a contact owns, None when it owns none."""
        place = self.owners.get(dynamics_id, REMOVED)
        return self.rows[place] if 0 <= place < len(self.rows) else None

    def is_shown(self, mapping: type[EntityMapping], rows: Sequence[Values]) -> bool:
        """Say whether what Xero shows now is just this list."""
        shown, known = ([row_key(mapping, row) for row in each] for each in (rows, self.rows))
        return shown == known

    def dump(self) -> str:
        """Return the text kept in the parent's base."""
        told = [list(map(dict, self.rows)), dict(self.owners), sorted(self.edited)]
        return json.dumps(told, sort_keys=True)

    @classmethod
    def load(cls, text: Value) -> SettledList:
        """Read what dump wrote, of whichever version; None is an empty list."""
        if not isinstance(text, str):
            return cls()
        rows, owners, *edited = json.loads(text)
        return cls(rows=tuple(rows), owners=owners, edited=frozenset(*edited))


@dataclass(frozen=True)
class Person:
    """A Dynamics contact of the account: live, under this account, and not its primary person.

    shown: its own columns. choices: whose value a person took for a field in conflict. loop: the
    Remark of one that goes in a circle.
    """

    dynamics_id: str
    link: Link | None
    values: Values
    problems: tuple[str, ...] = ()
    shown: Values = field(default_factory=dict)
    choices: Mapping[str, SideName] = field(default_factory=dict)
    loop: str | None = None

    def rank(self) -> tuple[bool, int, str]:
        """Order for the five places: invoice receivers first, then oldest link."""
        receives = self.values.get("include_in_emails") is True
        return (not receives, self.link.id if self.link else 1 << 62, self.dynamics_id)


def claim(
    mapping: type[EntityMapping],
    wanted: Mapping[str, Person],
    rows: Sequence[Values],
    settled: SettledList,
) -> tuple[dict[str, int], set[str]]:
    """Return owner -> place in rows, and the owners nobody can place."""
    if not rows:
        return {}, set()
    order = sorted(settled.owners, key=lambda owner: (owner not in wanted, owner))
    rows_known = ((owner, settled.row_of(owner)) for owner in order)
    known = {owner: row for owner, row in rows_known if row is not None}
    targets = {owner: wanted_row(mapping, person) for owner, person in wanted.items()}
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
    remembered = {row_key(mapping, row) for row in settled.rows}
    strangers = [
        place
        for place, row in enumerate(rows)
        if place not in claims.values() and row_key(mapping, row) not in remembered
    ]
    if len(lost) == 1 and len(strangers) == 1 and lost[0] in wanted:
        claims[lost[0]] = strangers[0]
        return claims, set()
    return claims, set(lost) if strangers else set()


def _claim_alike(
    mapping: type[EntityMapping],
    faces: Mapping[str, Values],
    rows: Sequence[Values],
    claims: dict[str, int],
) -> None:
    """Claim a free row for each unplaced owner who looks exactly so; equal rows are as good."""
    free = {place: row_key(mapping, row) for place, row in enumerate(rows)}
    for place in claims.values():
        del free[place]
    for owner, face in faces.items():
        wanted = row_key(mapping, face)
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
    owners_by: dict[Key, set[str]] = {}
    for owner, known in faces.items():
        if owner not in claims:
            for row in known:
                key = identity(row)
                if key is not None:
                    owners_by.setdefault(key, set()).add(owner)
    places_by: dict[Key, list[int]] = {}
    taken = set(claims.values())
    for place, row in enumerate(rows):
        key = identity(row)
        if place not in taken and key is not None:
            places_by.setdefault(key, []).append(place)
    for key, places in places_by.items():
        owners = owners_by.get(key, set()) - claims.keys()
        if len(places) == 1 and len(owners) == 1:
            claims[owners.pop()] = places[0]


def _by(*columns: str) -> _Identity:
    def identity(row: Values) -> Key | None:
        key = fold(tuple(row.get(column) for column in columns))
        return key if any(key) else None

    return identity


def row_key(mapping: type[EntityMapping], row: Values) -> Key:
    """Return what a row is compared by."""
    return tuple([row.get(column) or None for column in mapping.xero_columns()])


def fold(key: Key) -> Key:
    """Forget upper and lower case."""
    return tuple(value.casefold() if isinstance(value, str) else None for value in key)


def wanted_row(mapping: type[EntityMapping], person: Person) -> Values:
    """Return the row that would show a person just as Dynamics does."""
    row: dict[str, Value] = {}
    for name, rule in mapping.fields.items():
        row.update(rule.to_xero(person.values.get(name)))
    return {column: value for column, value in row.items() if value is not None}
