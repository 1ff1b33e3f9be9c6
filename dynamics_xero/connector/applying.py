"""Carry a plan out, exactly: what moved since, or would be decided otherwise now, is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.consent import agree
from dynamics_xero.connector.desk import Desk
from dynamics_xero.connector.meter import Meter
from dynamics_xero.connector.plan_file import PlanHead, reading
from dynamics_xero.connector.plan_items import Item, alike, item, link_of, moved, named
from dynamics_xero.connector.report import ConnectionReport, Report
from dynamics_xero.connector.shifts import pause_text, running, told, waited_for
from dynamics_xero.errors import SettingsError, ThrottledError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Action, Link, SideName
from dynamics_xero.ports import Use
from dynamics_xero.sync import planning, run
from dynamics_xero.sync.pull import pull
from dynamics_xero.sync.push import push
from dynamics_xero.sync.trip import Talk, Trip
from dynamics_xero.sync.write_back import write_back

MOVED = "It was changed after the plan was made."
OTHERWISE = "It would be decided otherwise by now."
UNDER_WAY = "A call without an answer carries something for it; the next sync sees to it."

Skipped = dict[str, Any]


@dataclass(frozen=True)
class Applied:
    """What came of a plan."""

    report: Report
    skipped: list[Skipped]

    def as_json(self) -> dict[str, object]:
        """Return the one JSON document of `apply --json`."""
        return {**self.report.as_json(), "skipped": self.skipped}


@dataclass
class _Shift:
    """One connection while its part of the plan is carried out."""

    trip: Trip
    prints: Mapping[str, str]
    skipped: list[Skipped] = field(default_factory=list)
    paused: str | None = None


def apply(desk: Desk, path: Path, *, talk: Talk) -> Applied:
    """Carry out the actions of a plan, then adopt its mappings (R11).

    Raises SettingsError when the file is no plan, or one of other mappings or endpoints.
    """
    with reading(path) as (head, items):
        _check(desk, head)
        reports, skipped, left = [], [], dict(head.connections)
        for name, mine in groupby(items, key=lambda one: str(one["connection"])):
            done, moved_on = _carry_out(desk, desk.connections[name], mine, left.pop(name), talk)
            reports.append(done)
            skipped += moved_on
        for name, facts in left.items():
            done, _nothing = _carry_out(desk, desk.connections[name], (), facts, talk)
            reports.append(done)
    return Applied(Report(reports), skipped)


def _check(desk: Desk, head: PlanHead) -> None:
    for name, facts in head.connections.items():
        if name not in desk.connections:
            raise SettingsError(f"The plan is for the connection {name}, which is not chosen here.")
        keys = {side.value: found.key for side, found in desk.connections[name].facts().items()}
        if any(facts[side] != key for side, key in keys.items()):
            raise SettingsError(f"The plan of {name} was made for another environment.")
        other = [e for e, value in facts["fingerprints"].items() if _other(desk, e, value)]
        if other:
            raise SettingsError(
                f"The plan was made by another mapping of {', '.join(other)}. Make a new one."
            )


def _other(desk: Desk, entity: str, value: str) -> bool:
    return desk.mappings.prints.get(entity) != value


def _carry_out(
    desk: Desk, one: Connection, items: Iterable[Item], facts: Mapping[str, Any], talk: Talk
) -> tuple[ConnectionReport, list[Skipped]]:
    meter = Meter.start(one.sides, desk.shop.clock.now())
    with waited_for(desk.shop, one.lane()) as lane, running(desk.shop, one, "apply") as run_id:
        trip = replace(one.trip(lane, run_id=run_id, use=Use.CLICK), talk=talk)
        shift = _Shift(trip, desk.mappings.prints)
        talk(f"{one.name}: reading changes, carrying the plan out")
        try:
            run.pull_all(trip)
            for planned in _helpings(items, trip.limits.round_size):
                _helping(shift, planned)
            _agree(shift, facts["fingerprints"])
        except ThrottledError as error:
            shift.paused = pause_text(error)
            run.queue(trip, error)
        else:
            write_back(trip, everything=True)
        with desk.shop.store.read() as tx:
            actions = tx.runs.counts(run_id)
    return told(desk.shop, one, actions, meter, paused=shift.paused), shift.skipped


def _agree(shift: _Shift, fingerprints: Mapping[str, str]) -> None:
    """The plan was carried to its end; what it left is the next sync's to decide."""
    trip = shift.trip
    with trip.lane.begin() as tx:
        agree(tx, trip.connection, fingerprints, now=trip.now())
        tx.links.wake([one["link"] for one in shift.skipped], now=trip.now())


def _helpings(items: Iterable[Item], size: int) -> Iterator[dict[int, list[Item]]]:
    """Cut the actions into helpings; those of one link stay together."""
    some: dict[int, list[Item]] = {}
    for link_id, mine in groupby(items, key=link_of):
        if len(some) == size:
            yield some
            some = {}
        some.setdefault(link_id, []).extend(mine)
    if some:
        yield some


def _helping(shift: _Shift, planned: Mapping[int, Sequence[Item]]) -> None:
    trip = shift.trip
    with trip.store.read() as tx:
        links = tx.links.by_id(planned)
    for mapping in trip.entities:
        mine = {i: planned[i] for i, link in links.items() if link.entity == mapping.name}
        step = 1
        while mine:
            mine = _step(shift, mapping, mine, step)
            step += 1


def _step(
    shift: _Shift, mapping: type[EntityMapping], planned: Mapping[int, Sequence[Item]], step: int
) -> dict[int, Sequence[Item]]:
    """Carry out one step of each link; returns those that have another one."""
    trip = shift.trip
    pull(trip, trip.source(SideName.XERO, mapping.xero))  # fresh before overwriting (R23)
    with trip.store.read() as tx:
        links = tx.links.by_id(planned)
        calls = tx.requests.opened(trip.connection)
    busy = {int(str(member["link_id"])) for call in calls for member in call.members}
    found: dict[int, list[planning.Step]] = {link_id: [] for link_id in links}
    for one in planning.steps(trip, mapping, list(links.values())):
        if one.number == 1:
            found[one.root.id].append(one)
    kept = []
    for link_id, link in links.items():
        wanted = [{**one, "step": 1} for one in planned[link_id] if one["step"] == step]
        now = [item(one, fingerprint=shift.prints[mapping.name]) for one in found[link_id]]
        reason = UNDER_WAY if link_id in busy else _reason(wanted, now, first=step == 1)
        if reason is None:
            kept.append(link)
        else:
            shift.skipped.append(_skipped(link, planned[link_id], step, reason))
    actions = _as_planned(run.decide_all(trip, mapping, kept, approved=True), kept, found)
    late = push(trip, actions).late
    further = {
        link.id: planned[link.id]
        for link in kept
        if link.id not in late and any(one["step"] > step for one in planned[link.id])
    }
    if not late:
        return further
    return {**further, **_step(shift, mapping, {i: planned[i] for i in late}, step)}


def _reason(wanted: Sequence[Item], now: Sequence[Item], *, first: bool) -> str | None:
    """Return why a link's actions are left, None when they are what was planned.

    Our own first step moves the versions, so a later one is told by its content alone.
    """
    if first and len(wanted) == len(now) and moved(wanted, now):
        return MOVED
    return None if alike(wanted, now) else OTHERWISE


def _as_planned(
    actions: Sequence[Action], links: Sequence[Link], found: Mapping[int, Sequence[planning.Step]]
) -> list[Action]:
    """Keep the actions that are still the ones just compared with the plan."""
    kept = []
    for link in links:
        main = next((one for one in actions if one.link.id == link.id), None)
        seen = [step.action for step in found[link.id] if step.action.link.id == link.id]
        if main and all((s.kind, s.changes) == (main.kind, main.changes) for s in seen):
            kept += [main, *main.also]
    return kept


def _skipped(link: Link, planned: Sequence[Item], step: int, reason: str) -> Skipped:
    one = next((one for one in planned if one["step"] >= step), planned[0])
    return {**named(link), "action": one["action"], "side": one["side"], "reason": reason}
