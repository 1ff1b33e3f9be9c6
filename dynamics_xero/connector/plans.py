"""Make a plan: read both sides, decide everything, write nothing but the plan itself (R11, R12)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.consent import consent
from dynamics_xero.connector.desk import Desk
from dynamics_xero.connector.plan_file import PlanHead, PlanWriter
from dynamics_xero.connector.plan_items import Item, counts, item
from dynamics_xero.connector.shifts import waited_for
from dynamics_xero.model import SideName
from dynamics_xero.sync import planning, run
from dynamics_xero.sync.adopt import adopt
from dynamics_xero.sync.trip import Talk, Trip

SHOWN = 100
"""Actions that a plan keeps in memory, to be shown."""


@dataclass
class Plan:
    """What would be done, counted and priced; of the actions themselves only the first.

    actions: (connection, entity, action) -> number. calls: (connection, side) -> calls that write.
    write_backs: connection -> rows whose Xero Details would change.
    """

    connections: tuple[str, ...]
    write_back_size: int
    actions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    write_backs: Counter[str] = field(default_factory=Counter)
    first: list[Item] = field(default_factory=list)
    total: int = 0

    def __str__(self) -> str:
        """Return what the plan comes to, in a few lines."""
        lines = []
        for name, facts in self.summary.items():
            done = [
                f"{number} {entity} {action}"
                for entity, actions in facts["entities"].items()
                for action, number in actions.items()
            ]
            calls = [f"{side} {sum(kinds.values())}" for side, kinds in facts["calls"].items()]
            lines.append(f"{name}: {', '.join(done) or 'nothing'}; calls: {', '.join(calls)}")
        return "\n".join(lines)

    def add(self, one: Item) -> None:
        """Count one action."""
        name = one["connection"]
        for (entity, action), number in counts([one]).items():
            self.actions[name, entity, action] += number
        self.calls[name, one["side"]] += one["calls"]
        details = one["side"] == SideName.XERO.value  # a write to Dynamics takes them along
        self.write_backs[name] += details + len(one["parts"])
        self.total += 1
        if len(self.first) < SHOWN:
            self.first.append(one)

    def counts_of(self, connection: str) -> dict[tuple[str, str], int]:
        """Return (entity, action) -> number, as a report has it."""
        return {
            (e, action): n for (name, e, action), n in self.actions.items() if name == connection
        }

    @property
    def summary(self) -> dict[str, Any]:
        """Return the counts and the price, by connection."""
        return {
            name: {
                "entities": self._entities(name),
                "calls": {
                    "xero": {"write": round(self.calls[name, SideName.XERO.value])},
                    "dynamics": {
                        "write": round(self.calls[name, SideName.DYNAMICS.value]),
                        "write_back": -(-self.write_backs[name] // self.write_back_size),
                    },
                },
            }
            for name in self.connections
        }

    def _entities(self, connection: str) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for (entity, action), number in self.counts_of(connection).items():
            if number:
                found.setdefault(entity, {})[action] = number
        return found


def make(desk: Desk, *, entity: str | None, talk: Talk, out: Path | None = None) -> Plan:
    """Return the plan of every connection; out: a file that takes all of its actions.

    The file appears when the plan is whole, readable by its owner alone.
    """
    desk.known(entity)
    plan = Plan(tuple(desk.connections), desk.shop.limits.write_back_size)
    with _written(out) as stream:
        writer = PlanWriter(stream, _head(desk, entity)) if stream else None
        for one in desk:
            for planned in _planned(desk, one, entity, talk):
                plan.add(planned)
                if writer:
                    writer.add(planned)
        if writer:
            writer.finish(plan.summary)
    return plan


def survey(desk: Desk, trip: Trip) -> Iterator[Item]:
    """Read both sides and yield what would be done on one connection."""
    run.pull_all(trip)
    adopt(trip)
    with trip.store.read() as tx:
        held = consent(tx, trip.connection, desk.mappings).held
    for step in planning.plan(trip, every=held):
        yield item(step, fingerprint=desk.mappings.prints[step.action.link.entity])


def _planned(desk: Desk, one: Connection, entity: str | None, talk: Talk) -> Iterator[Item]:
    with waited_for(desk.shop, one.lane()) as lane:
        trip = replace(one.trip(lane, run_id="plan"), only=entity, talk=talk)
        talk(f"{one.name}: reading both sides, deciding")
        yield from survey(desk, trip)


def _head(desk: Desk, entity: str | None) -> PlanHead:
    connections = {}
    for one in desk:
        keys = {side.value: facts.key for side, facts in one.facts().items()}
        connections[one.name] = {**keys, "fingerprints": _covered(desk, entity)}
    return PlanHead(desk.shop.clock.now().isoformat(), connections)


def _covered(desk: Desk, entity: str | None) -> dict[str, str]:
    """Return the fingerprints a plan speaks for: an entity's own, and those that travel with it."""
    wanted = next((m for m in desk.shop.mappings if m.name == entity), None)
    if wanted is None:
        return dict(desk.mappings.prints)
    top = wanted.part_of or wanted
    return {
        m.name: desk.mappings.prints[m.name]
        for m in desk.shop.mappings
        if issubclass(m, top) or (m.part_of is not None and issubclass(top, m.part_of))
    }


@contextmanager
def _written(out: Path | None) -> Iterator[IO[str] | None]:
    """Open the file under another name until it is whole."""
    if out is None:
        yield None
        return
    part = out.with_name(f"{out.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        yield stream
    part.replace(out)
