"""Join into pairs what merges on either side made of their rows; part of loading pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Life, Link, Pair, Record, RecordState, SideName, Status
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.trip import Trip

LONGEST_CHAIN = 20
"""Merges of merges that are followed; a longer chain, or a ring, is left for people."""


def with_merges(
    trip: Trip, tx: Transaction, mapping: type[EntityMapping], pairs: Sequence[Pair]
) -> list[Pair]:
    """Add survivors and rivals of merges in Xero, masters and absorbed rows of those here."""
    survivors = _survivors(trip, tx, mapping, pairs)
    ids = [record.id for record in survivors.values()]
    rivals: dict[str, Link] = {}
    for entity in trip.entities_of(mapping.xero):
        rivals.update(tx.links.by_xero(trip.connection, entity, ids))
    merged = [p.dynamics.merged_into for p in pairs if p.dynamics and p.dynamics.merged_into]
    masters = tx.links.by_dynamics(trip.connection, mapping.name, merged)
    absorbed = _absorbed(trip, tx, mapping, pairs)
    found = []
    for pair in pairs:
        survivor = survivors.get(pair.link.id)
        master_id = pair.dynamics.merged_into if pair.dynamics else None
        found.append(
            replace(
                pair,
                survivor=survivor,
                rival=rivals.get(survivor.id) if survivor else None,
                master=masters.get(master_id) if master_id else None,
                absorbed=absorbed.get(pair.link.id, ()),
            )
        )
    return found


def _survivors(
    trip: Trip, tx: Transaction, mapping: type[EntityMapping], pairs: Sequence[Pair]
) -> dict[int, Record]:
    """Follow each chain of merges in Xero to its end, a step of all chains at a time."""
    endpoint = trip.key(SideName.XERO)
    open_ends = {p.link.id: p.xero.merged_into for p in pairs if p.xero and p.xero.merged_into}
    ends: dict[int, Record] = {}
    for _step in range(LONGEST_CHAIN):
        if not open_ends:
            break
        stored = tx.records.get(endpoint, mapping.xero, sorted(set(open_ends.values())))
        following: dict[int, str] = {}
        for link_id, xero_id in open_ends.items():
            row = stored.get(xero_id)
            if row is not None and row.record.merged_into:
                following[link_id] = row.record.merged_into
            elif row is not None:
                ends[link_id] = row.record
        open_ends = following
    return ends


def _absorbed(
    trip: Trip, tx: Transaction, mapping: type[EntityMapping], pairs: Sequence[Pair]
) -> dict[int, tuple[str, ...]]:
    """Name the live contacts in Xero that rows left behind when they were merged into ours."""
    losers = tx.links.absorbed_by([pair.link.id for pair in pairs])
    waiting = [link for links in losers.values() for link in links if _waits(link)]
    ids = [link.xero_id for link in waiting if link.xero_id]
    stored = tx.records.get(trip.key(SideName.XERO), mapping.xero, ids)
    names: dict[int, list[str]] = {}
    for link in waiting:
        row = stored.get(link.xero_id or "")
        if row is not None and row.record.state is RecordState.LIVE and link.winner_id:
            shown = mapping.read_xero(row.record.values)
            names.setdefault(link.winner_id, []).append(str(shown.get("name") or link.xero_id))
    return {winner: tuple(found) for winner, found in names.items()}


def _waits(link: Link) -> bool:
    return link.life is Life.MERGED and link.status is Status.CONFLICT
