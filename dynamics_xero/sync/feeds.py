"""Which feeds the mappings need, and which links a changed record of each concerns; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from dynamics_xero.mapping.columns import xero, xero_details
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Feed, Record, RecordState, SideName
from dynamics_xero.sync.keyed import (
    LOOKUP_KEY,
    Keyed,
    keys_here,
    keys_there,
    lookup_key,
    xero_id_key,
)
from dynamics_xero.sync.stamps import Stamped, stamped_fields


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
    """One feed with its routes; keys: under which its records are found (R16).

    stamped: the fields of which it has to be known when they were edited (R13).
    """

    side: SideName
    feed: Feed
    routes: tuple[Route, ...]
    keys: tuple[Keyed, ...]
    ignored: frozenset[str] = frozenset()
    stamped: Stamped = ()

    @property
    def is_reference(self) -> bool:
        """Say whether the rows are only looked up, and have no links of their own."""
        return all(route.reach is Reach.LOOKUP for route in self.routes)

    @cached_property
    def keys_digest(self) -> str:
        """Tell one set of keys from another."""
        return _digest([(key.name, key.told) for key in self.keys])

    def columns_digest(self) -> str:
        """Tell one select list from another: a changed one is read whole again (R4).

        So it is with other keys: the index is made from what is read (R16).
        """
        return _digest([self.feed.columns, self.feed.parts, self.keys_digest])

    def content(self, record: Record) -> tuple[object, ...]:
        """Return what counts of a record when it is compared; write-back columns do not (R26)."""
        values = {c: v for c, v in record.values.items() if c not in self.ignored}
        return values, record.parts, record.state, record.parent_id, record.merged_into

    def index(self, record: Record) -> tuple[tuple[str, str], ...]:
        """Return the keys under which the record can be found."""
        return tuple((key.name, value) for key in self.keys for value in key.read(record.values))

    def held(self, record: Record, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those of its keys that a record keeps from others: a live one, and no lookups."""
        if record.state is not RecordState.LIVE:
            return set()
        return {(key, value) for key, value in keys if key[0] != LOOKUP_KEY}


def sources(mappings: Sequence[type[EntityMapping]]) -> list[Source]:
    """Return the feeds of both sides; referenced tables come before those that use them."""
    return [*_dynamics(mappings), *_xero(mappings)]


def _dynamics(mappings: Sequence[type[EntityMapping]]) -> Iterable[Source]:
    columns: dict[str, dict[str, None]] = {}
    routes: dict[str, list[Route]] = {}
    keys: dict[str, dict[str, Keyed]] = {}
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
            key = lookup_key(lookup)
            keys.setdefault(table, {})[key.name] = key
            route = Route(mapping.name, Reach.LOOKUP, table, lookup)
            routes.setdefault(table_of, []).append(route)
            columns.setdefault(table_of, {})
        if mapping.part_of is None:
            found = (xero_id_key(), *keys_here(mapping))
            keys.setdefault(table, {}).update({key.name: key for key in found})
    synced = {mapping.dynamics for mapping in mappings}
    for table in sorted(columns, key=lambda name: name in synced):
        details = xero_details.write_back_columns() if table in synced else ()
        feed = Feed(table, tuple(sorted({*columns[table], *details})))
        yield Source(
            SideName.DYNAMICS,
            feed,
            tuple(routes[table]),
            tuple(keys.get(table, {}).values()),
            frozenset(details),
            stamped_fields(mappings, SideName.DYNAMICS, table),
        )


def _xero(mappings: Sequence[type[EntityMapping]]) -> Iterable[Source]:
    tops = [mapping for mapping in mappings if mapping.part_of is None]
    for resource in dict.fromkeys(mapping.xero for mapping in tops):
        sharing = [mapping for mapping in tops if mapping.xero == resource]
        parts = [m for m in mappings if m.part_of is not None and m.part_of.xero == resource]
        lists = tuple(dict.fromkeys(mapping.parts for mapping in parts))
        columns = {column for mapping in sharing for column in _whole_groups(mapping)}
        keys = {key.name: key for mapping in sharing for key in keys_there(mapping)}
        yield Source(
            SideName.XERO,
            Feed(resource, tuple(sorted(columns)), lists),
            tuple(Route(mapping.name, Reach.OWN) for mapping in sharing),
            tuple(keys.values()),
            stamped=stamped_fields(mappings, SideName.XERO, resource),
        )


def _whole_groups(mapping: type[EntityMapping]) -> set[str]:
    """Columns to read: a write group goes complete, so all of it has to be known (R8)."""
    groups = {group for rule in mapping.fields.values() for group in rule.groups_xero}
    known = xero.RESOURCES[mapping.xero].values()
    return {*mapping.xero_columns(), *(c.name for c in known if c.write_group in groups)}


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
