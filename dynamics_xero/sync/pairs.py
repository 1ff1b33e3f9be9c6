"""Load due links as pairs: both sides' observations, lookups joined in, parts with their links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Holder, Link, Pair, Record, RecordState, SideName, Value
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.decide import Judge
from dynamics_xero.sync.match import match
from dynamics_xero.sync.merges import with_merges
from dynamics_xero.sync.pull import is_whole
from dynamics_xero.sync.trip import Trip

ORGANIZATION = "@organization"
"""Pseudo column: the Dynamics OrganizationId (R33)."""


def load_pairs(
    trip: Trip,
    mapping: type[EntityMapping],
    links: Sequence[Link],
    *,
    whole: bool,
    planning: bool = False,
) -> list[Pair]:
    """Return the links with what both sides last showed; unlinked ones are matched first.

    planning: matches are shown, not stored.
    """
    with trip.store.read() if planning else trip.lane.begin() as tx:
        rows = _rows(trip, tx, mapping, [link.dynamics_id for link in links])
        held: dict[int, tuple[Holder, ...]] = {}
        if whole:
            links, held = match(trip, tx, mapping, links, rows, planning=planning)
        shown = _shown(trip, tx, mapping, links)
        parts = _parts(trip, tx, mapping, links)
        gone = _gone(trip, tx, mapping, links, parts)
        choices = tx.choices.of([*(link.id for link in links), *_part_ids(parts)])
        pairs = [
            Pair(
                link=link,
                dynamics=rows.get(link.dynamics_id),
                xero=shown.get(link.xero_id or ""),
                parts=tuple(parts.get(link.dynamics_id, ())),
                gone_parts=tuple(gone.get(link.id, ())),
                holders=held.get(link.id, ()),
                choices=choices.get(link.id, {}),
                part_choices=choices,
            )
            for link in links
        ]
        return with_merges(trip, tx, mapping, pairs)


def judge_of(trip: Trip, mapping: type[EntityMapping]) -> Judge:
    """Return what decisions about an entity are taken by."""
    return Judge(
        mapping,
        trip.part_mapping(mapping),
        whole=is_whole(trip),
        adopting=mapping.name in trip.adopting,
        tie=timedelta(seconds=trip.limits.tie_s),
    )


def _part_ids(parts: Mapping[str, Sequence[tuple[Record, Link | None]]]) -> Iterable[int]:
    return (link.id for rows in parts.values() for _record, link in rows if link is not None)


def _rows(
    trip: Trip, tx: Transaction, mapping: type[EntityMapping], ids: Sequence[str]
) -> dict[str, Record]:
    endpoint = trip.key(SideName.DYNAMICS)
    stored = tx.records.get(endpoint, mapping.dynamics, ids)
    records = {row_id: row.record for row_id, row in stored.items()}
    own_id = f"{mapping.dynamics}id"  # all that is known of a deleted row
    joined = {row_id: {own_id: row_id, **record.values} for row_id, record in records.items()}
    for lookup, table in mapping.lookups.items():
        targets = {str(v[lookup]) for v in joined.values() if v.get(lookup) is not None}
        found = tx.records.get(endpoint, table, sorted(targets))
        for values in joined.values():
            target = found.get(str(values.get(lookup)))
            if target is not None and target.record.state is RecordState.LIVE:
                values.update(_under(lookup, target.record.values))
    organization = trip.facts[SideName.DYNAMICS].remote_id
    return {
        row_id: replace(record, values={**joined[row_id], ORGANIZATION: organization})
        for row_id, record in records.items()
    }


def _under(lookup: str, values: Mapping[str, Value]) -> dict[str, Value]:
    return {f"{lookup}.{column}": value for column, value in values.items()}


def _shown(
    trip: Trip, tx: Transaction, mapping: type[EntityMapping], links: Sequence[Link]
) -> dict[str, Record]:
    ids = [link.xero_id for link in links if link.xero_id is not None]
    stored = tx.records.get(trip.key(SideName.XERO), mapping.xero, ids)
    return {row_id: row.record for row_id, row in stored.items()}


def _parts(
    trip: Trip, tx: Transaction, mapping: type[EntityMapping], links: Sequence[Link]
) -> dict[str, list[tuple[Record, Link | None]]]:
    part = trip.part_mapping(mapping)
    if part is None:
        return {}
    parents = [link.dynamics_id for link in links]
    children = tx.records.children(trip.key(SideName.DYNAMICS), part.dynamics, parents)
    ids = [record.id for records in children.values() for record in records]
    known = tx.links.by_dynamics(trip.connection, part.name, ids)
    return {
        parent: [(record, known.get(record.id)) for record in records]
        for parent, records in children.items()
    }


def _gone(
    trip: Trip,
    tx: Transaction,
    mapping: type[EntityMapping],
    links: Sequence[Link],
    parts: Mapping[str, Sequence[tuple[Record, Link | None]]],
) -> dict[int, list[tuple[Link, Record | None]]]:
    """Links of parts that hung on this parent and no longer do, with what became of their rows."""
    part = trip.part_mapping(mapping)
    if part is None:
        return {}
    here = {record.id for rows in parts.values() for record, _link in rows}
    hung = tx.links.parts_of(trip.connection, part.name, [link.id for link in links])
    left = [link for found in hung.values() for link in found if link.dynamics_id not in here]
    ids = [link.dynamics_id for link in left]
    rows = tx.records.get(trip.key(SideName.DYNAMICS), part.dynamics, ids)
    gone: dict[int, list[tuple[Link, Record | None]]] = {}
    for link in left:
        row = rows.get(link.dynamics_id)
        gone.setdefault(link.parent_id or 0, []).append((link, row.record if row else None))
    return gone
