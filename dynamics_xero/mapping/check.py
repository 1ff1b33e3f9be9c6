"""Check declared columns against the remote columns, and name the nearest where one is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from dynamics_xero.mapping.columns import dynamics, xero
from dynamics_xero.mapping.columns.column import Column, Columns

ORGANIZATION = "@organization"
"""Pseudo column: the OrganizationId of the environment the record lives in; the engine fills it."""

PSEUDO_COLUMNS = (ORGANIZATION,)


@dataclass(frozen=True)
class ColumnCheck:
    """Find columns for one mapping and collect what is wrong."""

    table: str
    resource: str
    lookups: Mapping[str, str]
    faults: list[str] = field(default_factory=list)

    def in_dynamics(self, field_name: str, path: str) -> Column | None:
        """Return the column behind a path; None = a pseudo or custom column, or a fault."""
        if path in PSEUDO_COLUMNS:
            return None
        lookup, _, column = path.partition(".")
        if not column:
            return self._dynamics_column(field_name, self.table, path)
        if lookup not in self.lookups:
            known = nearest(lookup, self.lookups)
            self.faults.append(f"{field_name}: “{lookup}” is not among the lookups.{known}")
            return None
        found = self._dynamics_column(field_name, self.lookups[lookup], column)
        through = self._dynamics_column(field_name, self.table, lookup)
        if found is None or through is None:
            return found
        return Column(
            name=path,
            label=f"{through.label}: {found.label}",
            type=found.type,
            max_length=found.max_length,
        )

    def in_xero(self, field_name: str, path: str) -> Column | None:
        """Return the column behind a path; Xero has no custom columns, so None is a fault."""
        columns = xero.RESOURCES.get(self.resource)
        if columns is None:
            self._fault(field_name, "Xero resource", self.resource, xero.RESOURCES)
            return None
        if path not in columns:
            self._fault(field_name, f"column of Xero {self.resource}", path, columns)
        return columns.get(path)

    def _dynamics_column(self, field_name: str, table: str, name: str) -> Column | None:
        columns: Columns = dynamics.TABLES.get(table, {})
        if name not in columns and not has_publisher_prefix(name, columns):
            if not columns and not has_publisher_prefix(table, {}):
                self._fault(field_name, "Dynamics table", table, dynamics.TABLES)
            elif columns:
                self._fault(field_name, f"column of Dynamics {table}", name, columns)
        return columns.get(name)

    def _fault(self, field_name: str, kind: str, name: str, known: Iterable[str]) -> None:
        self.faults.append(f"{field_name}: “{name}” is no {kind}.{nearest(name, known)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean …?" with the most similar known name, or nothing."""
    found = get_close_matches(name, list(known), n=1)
    return f" Did you mean “{found[0]}”?" if found else ""


def has_publisher_prefix(name: str, standard: Iterable[str]) -> bool:
    """Say whether a name is a publisher's own (contoso_region), checked later by `check`.

    "address1_lien1" is not: standard columns begin with address1_ too.
    """
    prefix, underscore, rest = name.partition("_")
    known = {other.partition("_")[0] for other in standard if not other.startswith("xero_")}
    return bool(prefix and underscore and rest) and prefix not in known
