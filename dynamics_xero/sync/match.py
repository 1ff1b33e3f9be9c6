"""Third step of the trip: find an existing partner before one is created.

Ranked keys are answered from the mirror's key index, so there is no remote call per record. Which
pairs count is said by `meeting`; here they become links, and those who waited for it look again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import (
    ActionKind,
    Base,
    Holder,
    Life,
    Link,
    LinkOutcome,
    Record,
    RecordState,
    SideName,
    Status,
)
from dynamics_xero.rows import HistoryRow
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.meeting import Rank
from dynamics_xero.sync.place import Place, meet, rows_sharing
from dynamics_xero.sync.stories import unanswered
from dynamics_xero.sync.trip import Trip

CREATE = ActionKind.CREATE.value

Found = Mapping[str, tuple[str, Rank]]
"""Dynamics id -> its partner's Xero id, and the key that says so."""


def match(
    trip: Trip,
    tx: Transaction,
    mapping: type[EntityMapping],
    links: Sequence[Link],
    rows: Mapping[str, Record],
    *,
    planning: bool,
) -> tuple[list[Link], dict[int, tuple[Holder, ...]]]:
    """Return the links with the partners found, and who holds the keys of those left alone.

    rows: the Dynamics rows by id. planning: nothing is stored.
    """
    place = place_of(trip, mapping)
    alone = [link for link in links if may_match(mapping, link, rows.get(link.dynamics_id))]
    meeting = meet(tx, place, [rows[link.dynamics_id] for link in alone])
    met = meeting.partners()
    found = {**met, **_left_behind(tx, place, links, rows)}
    bases = {
        row_id: number_elsewhere(tx, place, rows[row_id], xero_id)
        for row_id, (xero_id, _rank) in met.items()
        if meeting.is_numbered_elsewhere(row_id, xero_id, mapping.own_key)
    }
    if found and not planning:
        _keep(trip, tx, links, found)
        _settle(trip, tx, links, bases)
        look_again(trip, tx, place, [xero_id for xero_id, _rank in met.values()])
    meeting = meeting.with_taken(xero_id for xero_id, _rank in found.values())
    linked = [
        replace(one, xero_id=found[one.dynamics_id][0], base=bases.get(one.dynamics_id, one.base))
        if one.dynamics_id in found
        else one
        for one in links
    ]
    held = {link.id: meeting.holders(link.dynamics_id) for link in alone}
    return linked, {link_id: holders for link_id, holders in held.items() if holders}


def place_of(trip: Trip, mapping: type[EntityMapping]) -> Place:
    """Return where partners of one entity are looked for."""
    return Place(
        connection=trip.connection,
        mapping=mapping,
        dynamics=trip.key(SideName.DYNAMICS),
        xero=trip.key(SideName.XERO),
        entities=tuple(trip.mapping(name) for name in trip.entities_of(mapping.xero)),
    )


def may_match(mapping: type[EntityMapping], link: Link, row: Record | None) -> bool:
    """Say whether a link looks for a partner: severed ones do not, nor what is out of scope."""
    if link.xero_id is not None or link.life in (Life.SEVERED, Life.MERGED) or row is None:
        return False
    return row.state is RecordState.LIVE and mapping.scope(row.values)


def _keep(trip: Trip, tx: Transaction, links: Sequence[Link], found: Found) -> None:
    """Store matches as links, and tell them."""
    pairs = [(link.id, found[link.dynamics_id][0]) for link in links if link.dynamics_id in found]
    refused = set(tx.links.pair(pairs))
    matched = [one for one in links if one.dynamics_id in found and one.id not in refused]
    rows = [_row(trip, one, *found[one.dynamics_id]) for one in matched]
    numbered = [
        one.id
        for one in matched
        if found[one.dynamics_id][1].name == trip.mapping(one.entity).own_key
    ]
    ours = tx.history.told(numbered, unanswered(CREATE))  # what a lost call made is no match (R22)
    tx.history.add([replace(row, action=CREATE) if row.link_id in ours else row for row in rows])


def look_again(trip: Trip, tx: Transaction, place: Place, xero_ids: Sequence[str]) -> None:
    """Mark due who asks because of these records: they have found their partner, or lost one."""
    for one in place.each():
        rows = sorted(rows_sharing(tx, one, xero_ids))
        asking = (Status.CONFLICT,)
        name, now = one.mapping.name, trip.now()
        tx.links.mark_due(place.connection, name, dynamics_ids=rows, now=now, only=asking)


def number_elsewhere(tx: Transaction, place: Place, row: Record, xero_id: str) -> Base:
    """Return a base by which our own number is left where it is: on another record.

    Xero takes a contact number only once, and would refuse the whole record for it.
    """
    own = place.mapping.own_key or ""
    rule = place.mapping.fields[own]
    stored = tx.records.get(place.xero, place.mapping.xero, [xero_id])
    return {
        own: (rule.from_dynamics(place.shown(row)), rule.from_xero(stored[xero_id].record.values))
    }


def _settle(trip: Trip, tx: Transaction, links: Sequence[Link], bases: Mapping[str, Base]) -> None:
    outcomes = [
        LinkOutcome(
            one.id,
            one.entity,
            one.dynamics_id,
            one.status,
            remark=one.remark,
            base=bases[one.dynamics_id],
            life=one.life,
            again=True,
            hold=one.hold,
        )
        for one in links
        if one.dynamics_id in bases
    ]
    tx.links.save(
        trip.connection,
        outcomes,
        run_id=trip.run_id,
        now=trip.now(),
        loaded={},
        xero_ids={},
    )


def _left_behind(
    tx: Transaction, place: Place, links: Sequence[Link], rows: Mapping[str, Record]
) -> Found:
    """Return what we made ourselves for rows that are gone: it is theirs to archive (R22)."""
    own = place.mapping.own_key
    gone = [
        rows[link.dynamics_id]
        for link in links
        if link.xero_id is None
        and link.life is Life.LINKED
        and link.dynamics_id in rows
        and rows[link.dynamics_id].state is not RecordState.LIVE
    ]
    return meet(tx, place, gone).partners(by={own}) if gone and own else {}


def _row(trip: Trip, link: Link, xero_id: str, rank: Rank) -> HistoryRow:
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
        remark=f"Found by {rank.label(trip.mapping(link.entity))}.",
    )
