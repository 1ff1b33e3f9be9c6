"""Where partners are looked for: asks the mirror's key index for many rows at once, never a remote.

Deleted records are not in it; archived ones are, and are left out where they do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Self

from dynamics_xero.mapping.check import ORGANIZATION
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Record, RecordState, Value
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.keyed import XERO_ID, known_as, read_here, read_there, xero_id_key
from dynamics_xero.sync.meeting import Edges, Keys, Meeting, Rank, ranks_of


@dataclass(frozen=True)
class Place:
    """One entity of one connection: where partners are looked for.

    dynamics, xero: the endpoints' keys. entities: all that share the Xero resource, this one too.
    """

    connection: str
    mapping: type[EntityMapping]
    dynamics: str
    xero: str
    entities: tuple[type[EntityMapping], ...]

    def each(self) -> Iterator[Self]:
        """Return the places of all entities that share the Xero resource."""
        return (replace(self, mapping=mapping) for mapping in self.entities)

    @property
    def organisation(self) -> str:
        """Return the id of the Xero organisation (R33)."""
        return self.xero.partition(":")[2]

    def shown(self, record: Record) -> dict[str, Value]:
        """Return what a Dynamics row shows without its lookups, with its own id and environment."""
        own = {f"{self.mapping.dynamics}id": record.id}
        plain = {column: v for column, v in record.values.items() if "." not in column}
        return {**own, **plain, ORGANIZATION: self.dynamics.partition(":")[2]}

    def keys_here(self, record: Record) -> Keys:
        """Return the keys a Dynamics row shows, those made from its environment's id too."""
        values = self.shown(record)
        shown = {name: frozenset(v) for name, v in read_here(self.mapping, values).items()}
        prefix = known_as(self.organisation, "")
        ids = (text for text in xero_id_key().read(values) if text.startswith(prefix))
        return {**shown, XERO_ID: frozenset(ids)}

    def keys_there(self, record: Record) -> Keys:
        """Return the keys a Xero record shows."""
        shown = read_there(self.mapping, record.values)
        known = frozenset({known_as(self.organisation, record.id)})
        return {**{name: frozenset(v) for name, v in shown.items()}, XERO_ID: known}


def meet(tx: Transaction, place: Place, rows: Sequence[Record]) -> Meeting:
    """Ask the mirror whom these rows could meet."""
    mapping, ranks = place.mapping, ranks_of(place.mapping)
    here = {row.id: place.keys_here(row) for row in rows}
    hits = {rank.name: _hits(tx, place, rank, here) for rank in ranks}
    ids = sorted({xero_id for edges in hits.values() for met in edges.values() for xero_id in met})
    records = {i: row.record for i, row in tx.records.get(place.xero, mapping.xero, ids).items()}
    there = {i: _without_others(place, here, record) for i, record in records.items()}
    links = [tx.links.by_xero(place.connection, one.name, ids) for one in place.entities]
    return Meeting(
        ranks=ranks,
        here=here,
        there=there,
        hits=hits,
        suitors={rank.name: _suitors(tx, place, rank, there, hits[rank.name]) for rank in ranks},
        live=frozenset(i for i, one in records.items() if one.state is RecordState.LIVE),
        taken=frozenset(xero_id for found in links for xero_id in found),
        claimed=_claimed(tx, place, list(records.values())),
        rejected=frozenset(tx.rejections.of(place.connection, mapping.name, ids)),
    )


def rows_sharing(tx: Transaction, place: Place, xero_ids: Iterable[str]) -> set[str]:
    """Return every live row that shares a key with one of these records."""
    stored = tx.records.get(place.xero, place.mapping.xero, xero_ids)
    there = {xero_id: place.keys_there(row.record) for xero_id, row in stored.items()}
    edges = [_suitors(tx, place, rank, there, {}) for rank in ranks_of(place.mapping)]
    return {row_id for each in edges for rows in each.values() for row_id in rows}


def _claimed(tx: Transaction, place: Place, records: Sequence[Record]) -> frozenset[str]:
    """Return the records that could as well belong to a row of another entity."""
    claimed: set[str] = set()
    for other in place.each():
        if other.mapping.name == place.mapping.name:
            continue
        there = {record.id: other.keys_there(record) for record in records}
        ranks = [rank for rank in ranks_of(other.mapping) if rank.matches]
        edges = [_suitors(tx, other, rank, there, {}) for rank in ranks]
        ids = {row_id for each in edges for rows in each.values() for row_id in rows}
        rows = tx.records.get(place.dynamics, other.mapping.dynamics, sorted(ids))
        taking_part = {i for i, row in rows.items() if other.mapping.scope(row.record.values)}
        claimed |= {i for each in edges for i, met in each.items() if met & taking_part}
    return frozenset(claimed)


def _hits(tx: Transaction, place: Place, rank: Rank, here: Mapping[str, Keys]) -> Edges:
    values = sorted({value for keys in here.values() for value in keys.get(rank.name, ())})
    if rank.key is None:
        held = _by_id(tx, place, values)
    else:
        held = tx.records.holders(place.xero, place.mapping.xero, rank.name, values)
    met = {}
    for row_id, keys in here.items():
        rows = chain.from_iterable(held.get(value, ()) for value in keys.get(rank.name, ()))
        found = frozenset(i for i, state in rows if rank.ours or state is RecordState.LIVE)
        if found:
            met[row_id] = found
    return met


def _by_id(
    tx: Transaction, place: Place, values: Sequence[str]
) -> dict[str, list[tuple[str, RecordState]]]:
    """Return the Xero records that stand on Dynamics rows by their ids; a deleted one is none."""
    ids = {text.partition("/")[2]: text for text in values}
    stored = tx.records.get(place.xero, place.mapping.xero, sorted(ids))
    rows = {xero_id: row.record.state for xero_id, row in stored.items()}
    return {ids[i]: [(i, state)] for i, state in rows.items() if state is not RecordState.DELETED}


def _suitors(
    tx: Transaction,
    place: Place,
    rank: Rank,
    there: Mapping[str, Keys],
    met_by: Edges,
) -> Edges:
    """Return the live rows that share the key with each record, among all rows of the mirror."""
    values = sorted({value for keys in there.values() for value in keys.get(rank.name, ())})
    held = tx.records.holders(place.dynamics, place.mapping.dynamics, rank.name, values)
    met: dict[str, set[str]] = {}
    for xero_id, keys in there.items():
        rows = chain.from_iterable(held.get(value, ()) for value in keys.get(rank.name, ()))
        met[xero_id] = {row_id for row_id, state in rows if state is RecordState.LIVE}
    for row_id, found in met_by.items():  # our own key is not in the index of the rows
        for xero_id in found:
            met.setdefault(xero_id, set()).add(row_id)
    return {xero_id: frozenset(rows) for xero_id, rows in met.items() if rows}


def _without_others(place: Place, here: Mapping[str, Keys], record: Record) -> Keys:
    """Return a record's keys; a number that another application gave it says nothing to us."""
    keys, own = place.keys_there(record), place.mapping.own_key
    if own is None or own not in keys:
        return keys
    forms = {
        tuple(value.split(row_id.casefold()))
        for row_id, shown in here.items()
        for value in shown.get(own, ())
    }
    ours = frozenset(
        value
        for value in keys[own]
        if any(value.startswith(form[0]) and value.endswith(form[-1]) for form in forms)
    )
    return {**keys, own: ours}
