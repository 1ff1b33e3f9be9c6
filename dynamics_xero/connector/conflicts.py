"""Conflicts: what both sides changed differently, and whose value a person takes (R7, R10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.desk import Desk
from dynamics_xero.connector.listings import base, plain
from dynamics_xero.connector.plan_items import named
from dynamics_xero.errors import SettingsError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Link, Pair, SideName, Status
from dynamics_xero.sync.disputes import Dispute, of_pair, of_people
from dynamics_xero.sync.pairs import judge_of, load_pairs
from dynamics_xero.sync.steps import validate
from dynamics_xero.sync.trip import Trip

ASKING = (Status.CONFLICT, Status.BLOCKED)

Conflict = dict[str, Any]


def conflicts(desk: Desk, *, kept: bool, limit: int) -> list[Conflict]:
    """Return the fields that ask a person, and links in Conflict for another reason.

    kept: those instead that differed when first linked and were left so. Asks no remote.
    """
    found: list[Conflict] = []
    for one in desk:
        for conflict in _of_connection(desk, one, kept=kept):
            if len(found) == limit:
                return found
            found.append(conflict)
    return found


def resolve(desk: Desk, link_id: int, field: str, take: SideName) -> Conflict:
    """Note whose value is taken for a field in conflict; the next sync carries it out.

    Raises SettingsError when there is no such conflict.
    """
    one, trip, link = _find(desk, link_id)
    disputes = [d for d in _disputes_of(trip, link) if d.link.id == link_id]
    chosen = next((dispute for dispute in disputes if dispute.field == field), None)
    if chosen is None:
        names = ", ".join(dispute.field for dispute in disputes) or "nothing"
        raise SettingsError(f"{field} of link {link_id} is not in conflict. In conflict: {names}.")
    if take is SideName.XERO and not chosen.takes_xero:
        raise SettingsError(f"{chosen.label} only goes to Xero; Xero's value cannot be taken.")
    with desk.shop.store.begin() as tx:
        now = desk.shop.clock.now()
        tx.choices.put(link_id, field, take, now=now)
        tx.links.wake([link.parent_id or link.id], now=now)
    return {**named(link), "connection": one.name, "field": field, "take": take.value}


def _find(desk: Desk, link_id: int) -> tuple[Connection, Trip, Link]:
    with desk.shop.store.read() as tx:
        link = tx.links.by_id([link_id]).get(link_id)
    one = desk.connections.get(link.connection) if link else None
    trip = desk.still(one) if one else None
    if link is None or one is None or trip is None:
        raise SettingsError(f"There is no link {link_id}. `dynamics-xero conflicts` lists them.")
    return one, trip, link


def _disputes_of(trip: Trip, link: Link) -> list[Dispute]:
    """Return the disputes of a link; a part's are found by way of its parent."""
    root = link
    if link.parent_id is not None:
        with trip.store.read() as tx:
            root = tx.links.by_id([link.parent_id])[link.parent_id]
    (pair,) = _pairs(trip, trip.mapping(root.entity), [root])
    judge = judge_of(trip, trip.mapping(root.entity))
    return of_pair(pair, judge) + of_people(pair, judge)


def _pairs(trip: Trip, mapping: type[EntityMapping], links: Sequence[Link]) -> list[Pair]:
    loaded = load_pairs(trip, mapping, links, whole=False, planning=True)
    return [validate(trip, mapping, pair) for pair in loaded]


def _of_connection(desk: Desk, one: Connection, *, kept: bool) -> Iterator[Conflict]:
    trip = desk.still(one)
    if trip is None:
        return
    for mapping in trip.entities:
        for links in _asking(trip, mapping, kept=kept):
            yield from _of_links(trip, mapping, links, kept=kept)


def _asking(trip: Trip, mapping: type[EntityMapping], *, kept: bool) -> Iterator[list[Link]]:
    """Return links to look at: those that ask themselves, then parents of parts that do."""
    yield from _walk(trip, mapping, () if kept else ASKING)
    part = trip.part_mapping(mapping)
    if part is None or kept:
        return
    for parts in _walk(trip, part, (Status.CONFLICT,)):
        with trip.store.read() as tx:
            parents = tx.links.by_id([p.parent_id for p in parts if p.parent_id is not None])
        yield [parent for parent in parents.values() if parent.status not in ASKING]


def _walk(
    trip: Trip, mapping: type[EntityMapping], statuses: Sequence[Status]
) -> Iterator[list[Link]]:
    after, size = 0, trip.limits.round_size
    while True:
        with trip.store.read() as tx:
            links = tx.reviews.walk(
                trip.connection, mapping.name, after=after, limit=size, statuses=statuses
            )
        if not links:
            return
        yield links
        after = links[-1].id


def _of_links(
    trip: Trip, mapping: type[EntityMapping], links: Sequence[Link], *, kept: bool
) -> Iterator[Conflict]:
    judge = judge_of(trip, mapping)
    found: list[tuple[Link, Dispute | None]] = []
    for pair in _pairs(trip, mapping, links):
        disputes = [*of_pair(pair, judge), *of_people(pair, judge)]
        wanted = [dispute for dispute in disputes if dispute.kept is kept]
        found += [(dispute.link, dispute) for dispute in wanted]
        if not kept:
            found += [(link, None) for link in _unexplained(pair, wanted)]
    with trip.store.read() as tx:
        since = tx.reviews.since(link.id for link, _dispute in found)
    for link, dispute in found:
        yield _told(link, dispute, since)


def _unexplained(pair: Pair, disputes: Sequence[Dispute]) -> list[Link]:
    """Links in Conflict over no field of theirs: a taken name, people who cannot be told apart."""
    explained = {dispute.link.id for dispute in disputes}
    links = [pair.link, *(link for _record, link in pair.parts if link is not None)]
    return [o for o in links if o.status is Status.CONFLICT and o.id not in explained]


def _told(link: Link, dispute: Dispute | None, since: Mapping[int, datetime]) -> Conflict:
    at = since.get(link.id)
    told = {**named(link), "parent": link.parent_id, "remark": link.remark}
    told["since"] = at.isoformat() if at else None
    if dispute is None:
        empty = dict.fromkeys(("field", "label", "dynamics", "xero", "base", "owner", "chosen"))
        return {**told, **empty, "kind": "other"}
    return {
        **told,
        "field": dispute.field,
        "label": dispute.label,
        "kind": "kept" if dispute.kept else "conflict",
        "dynamics": plain(dispute.dynamics),
        "xero": plain(dispute.xero),
        "base": base(dispute.base),
        "owner": dispute.owner,
        "chosen": dispute.choice.value if dispute.choice else None,
    }
