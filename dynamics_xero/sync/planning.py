"""A plan: the actions decide would take now, each with its price; nothing is done (R11, R12).

Links are taken in helpings and given away as they are decided, so that a plan of any size fits
in little memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Action, ActionKind, Link, Purpose, SideName, Write
from dynamics_xero.sync.calls import CALLS
from dynamics_xero.sync.foresight import foresee
from dynamics_xero.sync.pairs import judge_of, load_pairs
from dynamics_xero.sync.steps import validate
from dynamics_xero.sync.trip import Trip

QUIET = (ActionKind.NOTHING, ActionKind.SETTLE)
"""Kinds that need no mention unless something else about the pair is new."""


@dataclass(frozen=True)
class Step:
    """One action of a plan.

    root: the link it is decided for; a part's own link is in the action. number: its place among
    the steps of the root, from 1. matched: the pair was found by its keys and is not linked yet.
    calls: its share of the remote call it would travel in.
    """

    action: Action
    root: Link
    number: int
    matched: bool = False
    calls: float = 0.0


def plan(trip: Trip, *, every: Collection[str]) -> Iterator[Step]:
    """Decide what is due without doing any of it.

    every: entities all of whose links are looked at, because their mapping has changed (R11).
    """
    for mapping in trip.entities:
        for links in _helpings(trip, mapping, all_of_them=mapping.name in every):
            yield from steps(trip, mapping, links)


def steps(trip: Trip, mapping: type[EntityMapping], links: Sequence[Link]) -> list[Step]:
    """Return what one helping of links needs, as far as it is worth a person's time."""
    judge = judge_of(trip, mapping)
    unlinked = {link.id for link in links if link.xero_id is None}
    organization = trip.facts[SideName.DYNAMICS].remote_id
    found: list[Step] = []
    for loaded in load_pairs(trip, mapping, links, whole=judge.whole, planning=True):
        pair = validate(trip, mapping, loaded)
        matched = pair.link.id in unlinked and pair.link.xero_id is not None
        foreseen = foresee(pair, judge, organization=organization)
        for number, action in enumerate(foreseen, start=1):
            new = matched and number == 1
            if new or _worth_showing(action):
                found.append(Step(action, pair.link, number, matched=new))
            found += [Step(part, pair.link, number) for part in action.also]
    return _priced(trip, found)


def _worth_showing(action: Action) -> bool:
    """Say whether a call leaves, somebody's part moves, or people see another status."""
    link = action.link
    before, after = (link.status, link.remark), (action.status, action.remark)
    moved = any(part.kind is not ActionKind.NOTHING for part in action.parts)
    told = before != after and action.kind not in QUIET
    return action.kind in (*CALLS, ActionKind.RELINK) or moved or told


def _helpings(
    trip: Trip, mapping: type[EntityMapping], *, all_of_them: bool
) -> Iterator[list[Link]]:
    size, place, last = trip.limits.round_size, 0, 0
    while True:
        with trip.store.read() as tx:
            if all_of_them:
                links = tx.reviews.walk(trip.connection, mapping.name, after=last, limit=size)
            else:
                links = tx.links.due(
                    trip.connection, mapping.name, now=trip.now(), limit=size, offset=place
                )
        if not links:
            return
        yield links
        place, last = place + len(links), links[-1].id


def _priced(trip: Trip, found: Sequence[Step]) -> list[Step]:
    """Give each step its share of the call it would travel in; the next step takes another one."""
    price: dict[int, float] = {}
    together: dict[tuple[SideName, int], list[int]] = {}
    for place, step in enumerate(found):
        if step.action.kind in CALLS:
            together.setdefault((step.action.side, step.number), []).append(place)
    for (name, _number), places in together.items():
        writes = [_write(found[place].action) for place in places]
        for group in trip.sides[name].batches(writes, purpose=Purpose.DATA):
            price.update({places[member]: 1 / len(group) for member in group})
    return [_at_price(step, place, price) for place, step in enumerate(found)]


def _at_price(step: Step, place: int, price: Mapping[int, float]) -> Step:
    return Step(step.action, step.root, step.number, step.matched, price.get(place, 0.0))


def _write(action: Action) -> Write:
    return Write(action.kind, action.resource, action.remote_id, action.values, action.lists)
