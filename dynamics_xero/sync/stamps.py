"""When a field was edited last, for fields whose newer edit stands (R13); pure.

A stamp is the remote's own modified time of the version in which an edit was first seen. What we
write ourselves stamps nothing: it takes the stamp away, and without one nobody can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from dynamics_xero.mapping.entity import EntityMapping, FieldRule
from dynamics_xero.mapping.fields import Owner
from dynamics_xero.mapping.merge import newest
from dynamics_xero.model import Record, SideName, Values

Stamped: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Stamp name with the columns in which an edit of its field shows."""


@dataclass(frozen=True)
class Stamps:
    """What both rows of a pair say about their edits. tie: closer edits than this ask."""

    here: Mapping[str, datetime] = field(default_factory=dict)
    there: Mapping[str, datetime] = field(default_factory=dict)
    tie: timedelta = timedelta()

    def newer(
        self, mapping: type[EntityMapping], rule: FieldRule, shown: Values
    ) -> SideName | None:
        """Return the side that edited a field last, None when nobody can tell.

        shown: the Dynamics row. A value that stands in from a row it looks up has no stamp here.
        """
        if rule.owner is not Owner.NEWEST or _stands_in(rule, shown):
            return None
        name = stamp_name(mapping, rule)
        return newest(self.here.get(name), self.there.get(name), self.tie)


def stamp_name(mapping: type[EntityMapping], rule: FieldRule) -> str:
    """Return the name of a field's stamp on the rows of both sides."""
    return f"{mapping.name}.{rule.name}"


def stamped_fields(
    mappings: Iterable[type[EntityMapping]], side: SideName, resource: str
) -> Stamped:
    """Return what has to be stamped on the rows of a resource.

    Parts are left out: rows without an id in Xero have no history of their own there.
    """
    return tuple(
        (stamp_name(mapping, rule), _columns(rule, side))
        for mapping in mappings
        if mapping.part_of is None and resource == _resource(mapping, side)
        for rule in mapping.fields.values()
        if rule.owner is Owner.NEWEST and not rule.one_way
    )


def stamp(stamped: Stamped, known: Record | None, record: Record, *, ours: bool) -> Record:
    """Return a record with its stamps moved on from what was known of it.

    ours: what changed may be our own doing.
    """
    if not stamped or known is None:
        return record
    stamps = dict(known.stamps)
    for name, columns in stamped:
        if all(record.values.get(c) == known.values.get(c) for c in columns):
            continue
        stamps.pop(name, None)
        if record.modified_at is not None and not ours:
            stamps[name] = record.modified_at
    return replace(record, stamps=stamps)


def _resource(mapping: type[EntityMapping], side: SideName) -> str:
    return mapping.dynamics if side is SideName.DYNAMICS else mapping.xero


def _columns(rule: FieldRule, side: SideName) -> tuple[str, ...]:
    columns = rule.columns_dynamics if side is SideName.DYNAMICS else rule.columns_xero
    return tuple(column for column in columns if "." not in column or side is SideName.XERO)


def _stands_in(rule: FieldRule, shown: Values) -> bool:
    looked_up = any("." in column for column in rule.columns_dynamics)
    return looked_up and shown.get(rule.written_back or "") is None
