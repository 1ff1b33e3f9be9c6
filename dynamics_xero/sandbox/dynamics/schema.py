"""What an environment's tables look like now: Microsoft's columns, custom ones, keys, tracking."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dynamics_xero.sandbox.dynamics.columns import Column, Kind
from dynamics_xero.sandbox.dynamics.tables import COLLECTIONS, Table

_NAMESPACE = uuid.UUID("6f1d3c52-8f0e-4f0b-9a3e-0d2f5a7c9b11")


def metadata_id(*names: str) -> str:
    """Return the id of a piece of metadata; the same names always give the same id."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))


@dataclass(frozen=True)
class AlternateKey:
    """A declared alternate key; it works once its index has been built (section 9).

    The index has `failed` where rows shared a value when it was to be built.
    """

    id: str
    table: str
    schema_name: str
    columns: tuple[str, ...]
    created_at: float
    label: str = ""
    failed: bool = False

    @property
    def name(self) -> str:
        """The key's logical name."""
        return self.schema_name.lower()


Place = tuple[str, str, str]
"""Referencing table, lookup column, referenced table."""


@dataclass(frozen=True)
class Declared:
    """What a relationship made by metadata was given beyond its lookup column."""

    schema_name: str
    cascades: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Relationship:
    """One lookup seen from both ends."""

    referencing: str
    column: Column
    referenced: str
    declared: Declared | None = None

    @property
    def navigation(self) -> str:
        """The single-valued property on the referencing row."""
        return self.column.navigation(self.referenced)

    @property
    def schema_name(self) -> str:
        """The relationship's own name, also the collection-valued property's."""
        if self.declared is not None:
            return self.declared.schema_name
        place = (self.referencing, self.column.name, self.referenced)
        return COLLECTIONS.get(place) or f"{self.referenced}_{self.referencing}_{self.column.name}"

    @property
    def on_delete(self) -> str:
        """What becomes of the referencing rows when the referenced one is deleted."""
        cascades = dict(self.declared.cascades) if self.declared else {}
        return cascades.get("Delete", "RemoveLink")


@dataclass(frozen=True)
class TableSchema:
    """One table as it stands now."""

    facts: Table
    columns: Mapping[str, Column]
    keys: tuple[AlternateKey, ...] = ()
    tracks_changes: bool = False
    relationships: tuple[Relationship, ...] = ()

    @property
    def name(self) -> str:
        """The logical name."""
        return self.facts.name

    @property
    def primary_id(self) -> str:
        """The column of the row's id."""
        return self.facts.primary_id

    @property
    def storage(self) -> str:
        """The SQL table, quoted; names come from facts or were checked when created."""
        return f'"row_{self.name}"'

    @cached_property
    def by_wire_name(self) -> dict[str, Column]:
        """Columns by the property they are read under."""
        return {column.wire_name: column for column in self.columns.values()}

    @cached_property
    def navigations(self) -> dict[str, Relationship]:
        """Single-valued navigation properties."""
        return {
            relationship.navigation: relationship
            for relationship in self.relationships
            if relationship.referencing == self.name
        }

    @cached_property
    def collections(self) -> dict[str, Relationship]:
        """Collection-valued navigation properties."""
        return {
            relationship.schema_name: relationship
            for relationship in self.relationships
            if relationship.referenced == self.name
        }

    @cached_property
    def lookups(self) -> tuple[Column, ...]:
        """Columns that point at other rows."""
        return tuple(column for column in self.columns.values() if column.is_reference)


@dataclass(frozen=True)
class Schema:
    """Every table of one environment at one moment."""

    tables: Mapping[str, TableSchema]
    by_set: Mapping[str, TableSchema] = field(default_factory=dict)


def build(
    tables: Iterable[Table],
    custom: Mapping[str, list[Column]],
    keys: Mapping[str, list[AlternateKey]],
    tracked: set[str],
    declared: Mapping[Place, Declared],
) -> Schema:
    """Put Microsoft's facts and an environment's own additions together."""
    tables = tuple(tables)
    columns = {
        table.name: {
            column.name: column
            for column in (_id_column(table), *table.columns, *custom.get(table.name, ()))
        }
        for table in tables
    }
    relationships = tuple(
        Relationship(name, column, target, declared.get((name, column.name, target)))
        for name, owned in columns.items()
        for column in owned.values()
        if column.is_reference
        for target in column.targets
        if target in columns
    )
    schemas = {
        table.name: TableSchema(
            table,
            columns[table.name],
            tuple(keys.get(table.name, ())),
            table.name in tracked,
            tuple(r for r in relationships if table.name in (r.referencing, r.referenced)),
        )
        for table in tables
    }
    return Schema(schemas, {schema.facts.entity_set: schema for schema in schemas.values()})


def _id_column(table: Table) -> Column:
    return Column(table.primary_id, Kind.ID, updatable=False, required="SystemRequired")
