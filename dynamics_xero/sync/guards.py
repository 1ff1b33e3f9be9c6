"""Hold removals back when there are many at once, until a person agrees (R19).

Counted per entity and cycle, over all rounds and processes of it: what was carried out, what this
round would carry out, and what is due beyond it. Everything else goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Action, ActionKind, Hold, SideName, Status
from dynamics_xero.rows import GuardKind, GuardRow
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.trip import Trip

MOST_REMOVALS = 20
SHARE = 50
"""One record in so many, 2 %, where that is more."""

CYCLE = timedelta(minutes=10)
"""A worker looks every few seconds: one cycle of it lasts at least this long."""

HELD = (
    "Many records went at once, so the connector asks first whether that was meant. Please tell "
    "your administrator: `dynamics-xero guards` shows what waits."
)
HELD_PEOPLE = (
    "Many people went at once, so the connector asks first whether that was meant. Please tell "
    "your administrator: `dynamics-xero guards` shows what waits."
)
REMARKS = {Hold.REMOVALS: HELD, Hold.PEOPLE: HELD_PEOPLE}

HELPING = 500

REMOVES = (ActionKind.ARCHIVE, ActionKind.DELETE)


@dataclass(frozen=True)
class Watch:
    """What is counted: records that stand for themselves, or people inside their company.

    entity: what would be removed; holder: whose links are held back, and how.
    """

    entity: str
    holder: str
    hold: Hold

    def removed_by(self, action: Action) -> int:
        """Return how many records an action would remove; what a person chose is no accident."""
        if action.link.entity != self.holder or action.chosen:
            return 0
        if self.hold is Hold.REMOVALS:
            return int(action.kind in REMOVES)
        written = action.kind is ActionKind.UPDATE and action.side is SideName.XERO
        leaving = [
            p for p in action.parts if p.kind is ActionKind.DELETE and p.entity == self.entity
        ]
        return len(leaving) if written else 0

    def was_held(self, action: Action) -> bool:
        """Say whether the action's link waits for a person already."""
        return action.link.hold is self.hold


def watches(mappings: Sequence[type[EntityMapping]]) -> list[Watch]:
    """Return what is watched over for these mappings."""
    found = [Watch(one.name, one.name, Hold.REMOVALS) for one in mappings if one.part_of is None]
    for part in mappings:
        for top in mappings:
            if part.part_of is not None and issubclass(top, part.part_of):
                found.append(Watch(part.name, top.name, Hold.PEOPLE))
    return found


def hold(trip: Trip, mapping: type[EntityMapping], actions: Sequence[Action]) -> list[Action]:
    """Return the actions, removals that are too many turned into a wait for a person."""
    held: dict[int, Action] = {}
    for watch in watches(trip.mappings):
        removing = [action for action in actions if watch.removed_by(action)]
        if removing:
            for action in _held(trip, mapping, watch, removing):
                held[id(action)] = _waiting(action, watch.hold)
    return [held.get(id(action), action) for action in actions]


def _held(
    trip: Trip, mapping: type[EntityMapping], watch: Watch, removing: Sequence[Action]
) -> list[Action]:
    """Return the removals that have to wait; nothing is sent before all are counted."""
    old = [action for action in removing if watch.was_held(action)]
    new = [action for action in removing if not watch.was_held(action)]
    with trip.lane.begin() as tx:
        row = _row(trip, tx, watch.entity)
        agreed = row.approved_at is not None
        still = [] if agreed else old
        if not new:
            return still
        count = row.count + sum(watch.removed_by(action) for action in new)
        if not agreed:  # as long as the question is open, whatever goes waits for its answer
            count += tx.guards.held(trip.connection).get((watch.holder, watch.hold), 0)
        if watch.hold is Hold.REMOVALS:
            known = {action.link.id for action in removing}
            count += len(_leaving(trip, tx, mapping) - known)
        if not is_mass(count, tx.guards.linked(trip.connection, watch.entity)):
            return still
        tx.guards.put(replace(row, approved_at=None))
        return [*still, *new]


def is_mass(count: int, linked: int) -> bool:
    """Say whether so many removals are too many for so many linked records.

    >>> is_mass(20, 100), is_mass(21, 100), is_mass(40, 2000), is_mass(41, 2000)
    (False, True, False, True)
    """
    return count > MOST_REMOVALS and count * SHARE > linked


def _leaving(trip: Trip, tx: Transaction, mapping: type[EntityMapping]) -> set[int]:
    """Return links of this cycle whose rows are gone, those of later rounds included."""
    return tx.guards.leaving(
        trip.connection,
        mapping.name,
        here=(trip.key(SideName.DYNAMICS), mapping.dynamics),
        there=(trip.key(SideName.XERO), mapping.xero),
    )


def _waiting(action: Action, hold: Hold) -> Action:
    return Action(
        ActionKind.BLOCK,
        action.link,
        status=Status.BLOCKED,
        remark=REMARKS[hold],
        hold=hold,
        dynamics_version=action.dynamics_version,
        xero_version=action.xero_version,
    )


def _row(trip: Trip, tx: Transaction, entity: str) -> GuardRow:
    kind = GuardKind.MASS_DELETE
    row = tx.guards.get(trip.connection, entity, kind)
    return row or GuardRow(trip.connection, entity, kind, count=0, since=trip.now())


def count_removals(trip: Trip, tx: Transaction, carried: Sequence[Action]) -> None:
    """Count what was carried out, in the transaction that stores it; not what was agreed to."""
    for watch in watches(trip.mappings):
        number = sum(watch.removed_by(a) for a in carried if not watch.was_held(a))
        if number:
            row = _row(trip, tx, watch.entity)
            tx.guards.put(replace(row, count=row.count + number))


def end_cycle(trip: Trip, *, at_least: timedelta = timedelta(0)) -> None:
    """Forget the counts of a cycle that has come to its end; what is held stays held.

    at_least: how old the cycle has to be.
    """
    with trip.store.read() as tx:
        rows = [row for row in tx.guards.all(trip.connection) if _is_over(trip, row, at_least)]
        waiting = tx.guards.held(trip.connection) if rows else {}
    if not rows:
        return
    known = {watch.entity: watch for watch in watches(trip.mappings)}
    with trip.lane.begin() as tx:
        for row in rows:
            watch = known.get(row.entity)
            held = watch is not None and (watch.holder, watch.hold) in waiting
            if row.approved_at is not None and held:
                tx.guards.put(replace(row, count=0, since=trip.now()))
            else:
                tx.guards.clear(trip.connection, row.entity, row.kind)


def _is_over(trip: Trip, row: GuardRow, at_least: timedelta) -> bool:
    return row.kind is GuardKind.MASS_DELETE and trip.now() - row.since >= at_least


def approve(tx: Transaction, connection: str, watch: Watch, *, now: datetime) -> int:
    """Let what is held pass; returns how many links that concerns."""
    kind = GuardKind.MASS_DELETE
    row = tx.guards.get(connection, watch.entity, kind)
    row = row or GuardRow(connection, watch.entity, kind, count=0, since=now)
    tx.guards.put(replace(row, approved_at=now))
    last, total = 0, 0
    while links := tx.guards.held_links(
        connection, watch.holder, watch.hold, after=last, limit=HELPING
    ):
        tx.links.wake([link.id for link in links], now=now)
        last, total = links[-1].id, total + len(links)
    return total
