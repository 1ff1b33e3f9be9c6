"""Which feeds the mappings need, and which links a changed record of each concerns; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from dynamics_xero.mapping.columns import xero, xero_details
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Feed, Record, RecordState, SideName, Value

LOOKUP_KEY = "@"
"""Prefix of index keys that hold a lookup's id."""


class Reach(Enum):
    """How a record finds the links it concerns."""

    OWN = "its own link"
    PART = "its own link, as a part"
    PARENT = "its parent's link"
    LOOKUP = "the links of rows that look it up"


@dataclass(frozen=True)
class Route:
    """One way from a resource to the links of an entity; column names the lookup."""

    entity: str
    reach: Reach
    resource: str = ""
    column: str = ""


@dataclass(frozen=True)
class Source:
    """One feed with its routes; keys: index key -> column it is taken from (R16)."""

    side: SideName
    feed: Feed
    routes: tuple[Route, ...]
    keys: tuple[tuple[str, str], ...]
    ignored: frozenset[str] = frozenset()

    @property
    def is_reference(self) -> bool:
        """Say whether the rows are only looked up, and have no links of their own."""
        return all(route.reach is Reach.LOOKUP for route in self.routes)

    def columns_digest(self) -> str:
        """Tell one select list from another: a changed one is read whole again (R4)."""
        return _digest([self.feed.columns, self.feed.parts])

    def digest(self, record: Record) -> str:
        """Tell one content from another; write-back columns are not content (R26)."""
        values = {c: v for c, v in record.values.items() if c not in self.ignored}
        parts = {name: [dict(row) for row in rows] for name, rows in record.parts.items()}
        return _digest([values, parts, record.state, record.parent_id, record.merged_into])

    def index(self, record: Record) -> tuple[tuple[str, str], ...]:
        """Return the keys under which the record can be found."""
        found = ((key, normal(record.values.get(column))) for key, column in self.keys)
        return tuple((key, value) for key, value in found if value)

    def held(self, record: Record | None) -> set[tuple[str, str]]:
        """Return the keys that a live record keeps from others; lookups are none."""
        if record is None or record.state is not RecordState.LIVE:
            return set()
        return {(key, value) for key, value in self.index(record) if key[0] != LOOKUP_KEY}


def normal(value: Value) -> str:
    """Return a key value as the index holds it: trimmed, folded, single spaces."""
    return " ".join(str(value).split()).casefold() if value is not None else ""


def sources(mappings: Sequence[type[EntityMapping]]) -> list[Source]:
    """Return the feeds of both sides; referenced tables come before those that use them."""
    return [*_dynamics(mappings), *_xero(mappings)]


def _dynamics(mappings: Sequence[type[EntityMapping]]) -> Iterable[Source]:
    columns: dict[str, dict[str, None]] = {}
    routes: dict[str, list[Route]] = {}
    keys: dict[str, dict[str, str]] = {}
    for mapping in mappings:
        table = mapping.dynamics
        own = columns.setdefault(table, {})
        reach = Reach.OWN if mapping.part_of is None else Reach.PART
        routes.setdefault(table, []).append(Route(mapping.name, reach))
        if mapping.part_of is not None:
            parent = Route(mapping.part_of.name, Reach.PARENT)
            routes[table].append(parent)
        for column in mapping.dynamics_columns():
            lookup, _, target = column.partition(".")
            if target:
                own[lookup] = None
                columns.setdefault(mapping.lookups[lookup], {})[target] = None
            elif not column.startswith("@"):
                own[column] = None
        for lookup, table_of in mapping.lookups.items():
            own[lookup] = None
            keys.setdefault(table, {})[LOOKUP_KEY + lookup] = lookup
            route = Route(mapping.name, Reach.LOOKUP, table, lookup)
            routes.setdefault(table_of, []).append(route)
            columns.setdefault(table_of, {})
        for name in _key_fields(mapping):
            sole = mapping.fields[name].columns_dynamics
            if len(sole) == 1:
                keys.setdefault(table, {})[name] = sole[0]
    synced = {mapping.dynamics for mapping in mappings}
    for table in sorted(columns, key=lambda name: name in synced):
        details = xero_details.write_back_columns() if table in synced else ()
        feed = Feed(table, tuple(sorted({*columns[table], *details})))
        yield Source(
            SideName.DYNAMICS,
            feed,
            tuple(routes[table]),
            tuple(keys.get(table, {}).items()),
            frozenset(details),
        )


def _xero(mappings: Sequence[type[EntityMapping]]) -> Iterable[Source]:
    for mapping in mappings:
        if mapping.part_of is not None:
            continue
        lists = tuple(m.parts for m in mappings if m.part_of and issubclass(mapping, m.part_of))
        keys = {name: mapping.fields[name].columns_xero[0] for name in _key_fields(mapping)}
        feed = Feed(mapping.xero, tuple(sorted(_whole_groups(mapping))), lists)
        route = Route(mapping.name, Reach.OWN)
        yield Source(SideName.XERO, feed, (route,), tuple(keys.items()))


def _key_fields(mapping: type[EntityMapping]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*mapping.match_on, *mapping.unique_in_xero)))


def _whole_groups(mapping: type[EntityMapping]) -> set[str]:
    """Columns to read: a write group goes complete, so all of it has to be known (R8)."""
    groups = {group for rule in mapping.fields.values() for group in rule.groups_xero}
    known = xero.RESOURCES[mapping.xero].values()
    return {*mapping.xero_columns(), *(c.name for c in known if c.write_group in groups)}


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
