"""Compare both sides whole, whatever the feeds have told (R5, R3).

Feeds miss things: edits that move no date, rows deleted for good. So every resource is read again
from its beginning, rows that are not shown are asked for by id, and every pair is decided anew.
Only what decide says is carried; a one-way target that somebody edited is listed and left (R9).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dynamics_xero.mapping.entity import EntityMapping, FieldRule
from dynamics_xero.mapping.fields import Direction
from dynamics_xero.model import Base, Link, Pair, Status, Value
from dynamics_xero.sync.pairs import load_pairs
from dynamics_xero.sync.planning import steps
from dynamics_xero.sync.pull import pull, restart
from dynamics_xero.sync.states import is_live
from dynamics_xero.sync.trip import Trip


@dataclass(frozen=True)
class Drift:
    """A one-way field whose target was edited: what its source says, and what stands there."""

    link: Link
    field: str
    label: str
    dynamics: Value
    xero: Value


@dataclass
class Comparison:
    """compared: links looked at. found: those that need something. drift: listed and left."""

    compared: int = 0
    found: int = 0
    drift: list[Drift] = field(default_factory=list)


def reread(trip: Trip, *, since: datetime) -> None:
    """Read every resource whole, as a new generation; those begun since then are read on."""
    for source in trip.sources:
        endpoint, resource = trip.key(source.side), source.feed.resource
        with trip.lane.begin() as tx:
            row = tx.cursors.get(endpoint, resource)
            begun = row is not None and row.started_at is not None and row.started_at >= since
            if row is not None and row.cursor is not None and not begun:
                tx.cursors.put(endpoint, resource, restart(row))
        trip.talk(f"{trip.connection}: reading {source.side.value} {resource} whole")
        pull(trip, source)


def compare(trip: Trip, *, listed: int) -> Comparison:
    """Decide every pair; those that need something are marked due. listed: the most drift told."""
    done = Comparison()
    for mapping in trip.entities:
        for links in _walk(trip, mapping):
            done.compared += len(links)
            # What Xero refused stays parked until something of it changes (R32).
            open_links = [link for link in links if link.status is not Status.FAILED]
            needed = {step.root.id for step in steps(trip, mapping, open_links)}
            with trip.lane.begin() as tx:
                tx.links.wake(sorted(needed), now=trip.now())
            done.found += len(needed)
            done.drift += _drift(trip, mapping, links)[: max(listed - len(done.drift), 0)]
    return done


def _walk(trip: Trip, mapping: type[EntityMapping]) -> Iterator[list[Link]]:
    after = 0
    while True:
        with trip.store.read() as tx:
            links = tx.reviews.walk(
                trip.connection, mapping.name, after=after, limit=trip.limits.round_size
            )
        if not links:
            return
        yield links
        after = links[-1].id


def _drift(trip: Trip, mapping: type[EntityMapping], links: Sequence[Link]) -> list[Drift]:
    rules = [rule for rule in mapping.fields.values() if rule.one_way and not rule.enforce]
    found: list[Drift] = []
    for pair in load_pairs(trip, mapping, links, whole=False, planning=True):
        found += drifted(mapping, pair, rules)
    return found


def drifted(
    mapping: type[EntityMapping], pair: Pair, rules: Sequence[FieldRule]
) -> Iterator[Drift]:
    """Yield the one-way fields whose target is no longer what was carried there."""
    if pair.dynamics is None or pair.xero is None:
        return
    if not (is_live(pair.dynamics) and is_live(pair.xero)):
        return
    here, _problems = mapping.read_dynamics(pair.dynamics.values)
    there = mapping.read_xero(pair.xero.values)
    for rule in rules:
        values = here.get(rule.name), there.get(rule.name)
        if rule.name in here and _has_drifted(rule, pair.link.base, *values):
            yield Drift(pair.link, rule.name, rule.label, *values)


def _has_drifted(rule: FieldRule, base: Base, here: Value, there: Value) -> bool:
    if rule.name not in base or rule.fit(here) == there:
        return False
    moved_here, moved_there = here != base[rule.name][0], there != base[rule.name][1]
    if rule.direction is Direction.TO_XERO:
        return moved_there and not moved_here
    return moved_here and not moved_there
