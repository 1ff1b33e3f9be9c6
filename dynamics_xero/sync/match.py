"""Third step of the trip: find an existing partner before one is created.

Ranked keys are answered from the mirror's key index, so there is no remote call per record. A
match counts only if it is unique in both directions; a name alone never links (R16, R17).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Holder, Link, RecordState, SideName
from dynamics_xero.rows import HistoryRow
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.feeds import normal
from dynamics_xero.sync.trip import Trip

Keys = Mapping[int, Mapping[str, str]]
"""Link id -> key name -> normalised value."""


def match(
    trip: Trip,
    tx: Transaction,
    mapping: type[EntityMapping],
    links: Sequence[Link],
    keys: Keys,
    *,
    on: Sequence[str],
) -> dict[int, str]:
    """Return link id -> Xero id of the one partner, of the links that have one.

    on: the keys to go by, best first.
    """
    found: dict[int, str] = {}
    for key in on:
        open_links = [link for link in links if link.id not in found and link.xero_id is None]
        for link, xero_id in _unique(trip, tx, mapping, key, open_links, keys):
            if xero_id not in found.values():
                found[link.id] = xero_id
    return found


def keep(trip: Trip, tx: Transaction, links: Sequence[Link], found: Mapping[int, str]) -> None:
    """Store matches as links, and tell them."""
    refused = set(tx.links.pair(list(found.items())))
    tx.history.add(
        [_row(trip, one, found[one.id]) for one in links if one.id in found.keys() - refused]
    )


def holders(
    trip: Trip, tx: Transaction, mapping: type[EntityMapping], links: Sequence[Link], keys: Keys
) -> dict[int, tuple[Holder, ...]]:
    """Return, per link about to create, the live Xero records that already hold one of its keys."""
    found: dict[int, list[Holder]] = {}
    for key in dict.fromkeys((*mapping.match_on, *mapping.unique_in_xero)):
        wanted = {link.id: keys[link.id].get(key, "") for link in links}
        held = _held(trip, tx, SideName.XERO, mapping.xero, key, wanted.values())
        ids = {row_id for rows in held.values() for row_id, _state in rows}
        linked = tx.links.by_xero(trip.connection, mapping.name, list(ids))
        for link_id, value in wanted.items():
            for xero_id, state in held.get(value, ()):
                if state is RecordState.LIVE:
                    holder = Holder(key, xero_id, xero_id in linked)
                    found.setdefault(link_id, []).append(holder)
    return {link_id: tuple(rows) for link_id, rows in found.items()}


def _unique(
    trip: Trip,
    tx: Transaction,
    mapping: type[EntityMapping],
    key: str,
    links: Sequence[Link],
    keys: Keys,
) -> list[tuple[Link, str]]:
    wanted = {link.id: keys[link.id].get(key, "") for link in links}
    there = _held(trip, tx, SideName.XERO, mapping.xero, key, wanted.values())
    here = _held(trip, tx, SideName.DYNAMICS, mapping.dynamics, key, wanted.values())
    ids = {row_id for rows in there.values() for row_id, _state in rows}
    linked = tx.links.by_xero(trip.connection, mapping.name, list(ids))
    pairs = []
    for link in links:
        value = wanted[link.id]
        partners = _candidates(there.get(value, ()), own=key == mapping.own_key)
        if len(partners) == 1 and len(here.get(value, ())) <= 1 and partners[0] not in linked:
            pairs.append((link, partners[0]))
    return pairs


def _candidates(rows: Sequence[tuple[str, RecordState]], *, own: bool) -> list[str]:
    """Archived records are partners only under the key we gave them ourselves."""
    return [row_id for row_id, state in rows if own or state is RecordState.LIVE]


def _held(
    trip: Trip, tx: Transaction, side: SideName, resource: str, key: str, values: Iterable[str]
) -> dict[str, list[tuple[str, RecordState]]]:
    texts = sorted({normal(value) for value in values if value})
    return tx.records.holders(trip.key(side), resource, key, texts)


def _row(trip: Trip, link: Link, xero_id: str) -> HistoryRow:
    return HistoryRow(
        connection=trip.connection,
        entity=link.entity,
        link_id=link.id,
        dynamics_id=link.dynamics_id,
        xero_id=xero_id,
        at=trip.now(),
        run_id=trip.run_id,
        action="match",
        status=link.status,
    )
