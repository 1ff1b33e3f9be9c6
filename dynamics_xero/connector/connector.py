"""The connector: everything the library does, for people who import it and for the worker."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.fernet import Fernet, MultiFernet

from dynamics_xero.connector import listings
from dynamics_xero.connector.clock import SandboxClock, SystemClock
from dynamics_xero.connector.connection import Connection, Workshop
from dynamics_xero.connector.health import CheckLine, check_connection, check_database
from dynamics_xero.connector.meter import Meter
from dynamics_xero.connector.report import LISTED, ConnectionReport, Report
from dynamics_xero.connector.slices import SLICE_S, next_look, work_slice
from dynamics_xero.dynamics import provisioning
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.entities import with_overrides
from dynamics_xero.errors import SettingsError, ThrottledError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import SideName, Status
from dynamics_xero.plugins import Plugin
from dynamics_xero.plugins import load as installed
from dynamics_xero.ports import Clock, Side
from dynamics_xero.settings import ConnectionSettings, FirstRun, Settings, load
from dynamics_xero.store.budgets import Budgets
from dynamics_xero.store.store import Store
from dynamics_xero.store.tokens import Tokens
from dynamics_xero.sync import run
from dynamics_xero.sync.lanes import Lane, held
from dynamics_xero.xero.side import XeroSide

BUSY_S = 5.0
"""How soon a worker looks again at a connection whose lane another one holds."""

Talk = Callable[[str], None]


class Connector:
    """Keep the connections of one settings file in step.

    One connector may be shared by the threads of a process. Close it, or use it as a context
    manager.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        mappings: Sequence[type[EntityMapping]] = (),
        plugins: Sequence[Plugin] = (),
        connection: str | None = None,
    ) -> None:
        self._settings = settings
        self._clock = _clock(settings)
        self._store = Store.open(str(settings.state))
        enabled = [m for m in with_overrides(mappings) if _is_enabled(settings, m)]
        workshop = Workshop(self._store, self._clock, enabled, [*plugins, *installed()])
        chosen = _chosen(settings, connection)
        everyone = tuple(settings.connections.values())
        self._connections = {
            one.name: Connection(one, workshop, sides=self._sides(one), neighbours=everyone)
            for one in chosen
        }
        self._mappings = enabled

    @classmethod
    def from_settings(
        cls,
        path: str | Path | Settings,
        *,
        mappings: Sequence[type[EntityMapping]] = (),
        plugins: Sequence[Plugin] = (),
        connection: str | None = None,
    ) -> Self:
        """Open a connector; mappings and plugins come on top of the built-in and installed ones.

        connection: only that one of the file. Raises SettingsError with every fault listed.
        """
        settings = path if isinstance(path, Settings) else load(Path(path))
        return cls(settings, mappings=mappings, plugins=plugins, connection=connection)

    @property
    def connections(self) -> tuple[str, ...]:
        """The names of the connections."""
        return tuple(self._connections)

    def sync(self, entity: str | None = None, *, progress: Talk | None = None) -> Report:
        """Work until nothing is due, on each connection in turn.

        A connection that waits for its first plan (first_run = "plan") is only planned: the
        report's `planned` is true, its counts say what would be done, and nothing is written.
        """
        names = [mapping.name for mapping in self._mappings]
        if entity is not None and entity not in names:
            raise SettingsError(f"There is no entity {entity}, only {', '.join(names)}.")
        talk = progress or (lambda _text: None)
        if self._waits_for_plan():
            return Report([self._plan(c, entity, talk) for c in self._each()], planned=True)
        return Report([self._sync(c, entity, talk) for c in self._each()])

    def look(self, connection: str) -> float:
        """Do what is due on one connection for at most a slice of time; the worker's one call.

        Returns the seconds after which looking again is worth it; returns at once when another
        worker has the lane, or when the connection waits for its first plan.
        """
        one = self._connections[connection]
        if self._waits_for_plan():
            return SLICE_S
        with held(one.lane()) as lane:
            if lane is None:
                return BUSY_S
            with self._run(one, "look") as run_id:
                trip = replace(one.trip(lane, run_id=run_id), patient=False)
                try:
                    work_slice(one, trip)
                except ThrottledError as error:
                    run.queue(trip, error)
                    return error.retry_after_s or SLICE_S
                return next_look(one, trip)

    def sweep(self) -> list[str]:
        """Return the connections that have due work, whatever became of their messages."""
        now = self._clock.now()
        found = []
        with self._store.read() as tx:
            for name in self._connections:
                next_at = tx.links.next_due_at(name)
                waiting, _oldest = tx.links.write_back_state(name)
                opened = tx.requests.opened(name)
                if waiting or opened or (next_at is not None and next_at <= now):
                    found.append(name)
        return found

    def report(self, since: datetime) -> Report:
        """Return what all runs did that started since then."""
        reports = []
        for one in self._each():
            with self._store.read() as tx:
                actions = tx.runs.counts_since(one.name, since)
            reports.append(self._told(one, actions, Meter(one.sides, since)))
        return Report(reports)

    def check(self) -> list[CheckLine]:
        """Look at everything that has to be right before records can flow."""
        lines = [check_database(self._store)]
        for one in self._each():
            lines.extend(check_connection(one))
        return lines

    def provision_plan(self) -> list[str]:
        """Return what Dynamics lacks: our columns, and change tracking."""
        return [str(step) for side in self._environments() for step in provisioning.plan(side)]

    def provision_apply(self) -> list[str]:
        """Make what Dynamics lacks; returns what was done."""
        return [str(step) for side in self._environments() for step in provisioning.apply(side)]

    def status(self) -> dict[str, object]:
        """Return how each connection stands."""
        now = self._clock.now()
        with self._store.read() as tx:
            return {
                "connections": {
                    name: listings.status(tx, name, now=now) for name in self.connections
                }
            }

    def links(
        self, *, entity: str | None = None, status: Status | None = None, limit: int = 100
    ) -> list[dict[str, object]]:
        """Return links, newest last."""
        with self._store.read() as tx:
            rows = tx.links.listed(self.connections, entity=entity, status=status, limit=limit)
        return [listings.link(row) for row in rows]

    def history(self, record_id: str, *, limit: int = 100) -> list[dict[str, object]]:
        """Return what was done to a record, by its Dynamics or Xero id, newest first."""
        with self._store.read() as tx:
            rows = tx.history.of_record(record_id, limit)
        return [listings.history(row) for row in rows]

    def close(self) -> None:
        """Close the database."""
        self._store.close()

    def __enter__(self) -> Self:
        """Return the connector itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _each(self) -> Iterator[Connection]:
        return iter(self._connections.values())

    def _environments(self) -> list[DynamicsSide]:
        """One side per environment, however many connections share it."""
        by_url = {c.settings.dynamics.url: c.sides[SideName.DYNAMICS] for c in self._each()}
        return [side for side in by_url.values() if isinstance(side, DynamicsSide)]

    def _sides(self, one: ConnectionSettings) -> dict[SideName, Side]:
        keys = MultiFernet([Fernet(key) for key in self._settings.keys])
        tokens = Tokens(self._store, keys, self._clock)
        budgets = Budgets(self._store)
        return {
            SideName.DYNAMICS: DynamicsSide(one.dynamics, self._clock),
            SideName.XERO: XeroSide(one.xero, self._clock, tokens, budgets),
        }

    def _waits_for_plan(self) -> bool:
        return self._settings.first_run is FirstRun.PLAN

    @contextmanager
    def _run(self, one: Connection, kind: str) -> Iterator[str]:
        run_id = str(uuid.uuid4())
        with self._store.begin() as tx:
            tx.runs.start(run_id, connection=one.name, kind=kind, now=self._clock.now())
        try:
            yield run_id
        finally:
            with self._store.begin() as tx:
                tx.runs.finish(run_id, self._clock.now())

    def _sync(self, one: Connection, entity: str | None, talk: Talk) -> ConnectionReport:
        meter = Meter.start(one.sides, self._clock.now())
        paused: str | None = None
        with self._waited_for(one.lane()) as lane, self._run(one, "sync") as run_id:
            talk(f"{one.name}: reading changes, deciding, sending")
            trip = replace(one.trip(lane, run_id=run_id), only=entity, talk=talk)
            try:
                run.run_once(trip)
            except ThrottledError as error:
                paused = _pause_text(error)
                run.queue(trip, error)
            with self._store.read() as tx:
                actions = tx.runs.counts(run_id)
                unchanged = tx.runs.unchanged(one.name, run_id)
        return self._told(one, actions, meter, unchanged=unchanged, paused=paused)

    def _plan(self, one: Connection, entity: str | None, talk: Talk) -> ConnectionReport:
        meter = Meter.start(one.sides, self._clock.now())
        actions: dict[tuple[str, str], int] = {}
        with self._waited_for(one.lane()) as lane:
            trip = replace(one.trip(lane, run_id="plan"), only=entity, talk=talk)
            talk(f"{one.name}: reading both sides for the first plan")
            run.pull_all(trip)
            for name, action in run.plan(trip):
                actions[name, action] = actions.get((name, action), 0) + 1
        return self._told(one, actions, meter)

    def _told(
        self,
        one: Connection,
        actions: Mapping[tuple[str, str], int],
        meter: Meter,
        *,
        unchanged: Mapping[str, int] | None = None,
        paused: str | None = None,
    ) -> ConnectionReport:
        with self._store.read() as tx:
            standing = tx.runs.standing(one.name)
            troubled = tx.runs.troubled(one.name, LISTED)
        return ConnectionReport(
            name=one.name,
            entities=[mapping.name for mapping in self._mappings],
            actions=actions,
            unchanged=unchanged or {},
            standing=standing,
            calls=meter.calls(),
            seconds=meter.seconds(self._clock.now()),
            troubled=troubled,
            paused=paused,
        )

    @contextmanager
    def _waited_for(self, lane: Lane) -> Iterator[Lane]:
        """Hold the lane, waiting for a worker that has it to finish its slice."""
        deadline = self._clock.now() + timedelta(seconds=2 * SLICE_S)
        while True:
            with held(lane) as mine:
                if mine is not None:
                    yield mine
                    return
            if self._clock.now() > deadline:
                raise ThrottledError(f"The lane {lane.name} is held by another worker.")
            self._clock.sleep(0.5)


def _clock(settings: Settings) -> Clock:
    if settings.clock_url is None:
        return SystemClock()
    ca_files = [one.dynamics.ca_file for one in settings.connections.values()]
    return SandboxClock(settings.clock_url, ca_file=next(iter(ca_files), None))


def _chosen(settings: Settings, connection: str | None) -> list[ConnectionSettings]:
    if connection is None:
        return list(settings.connections.values())
    if connection not in settings.connections:
        names = ", ".join(settings.connections)
        raise SettingsError(f"There is no connection {connection}. The settings have: {names}.")
    return [settings.connections[connection]]


def _is_enabled(settings: Settings, mapping: type[EntityMapping]) -> bool:
    entity = settings.entities.get(mapping.name)
    return entity is None or entity.enabled


def _pause_text(error: ThrottledError) -> str:
    if error.retry_after_s is None:
        return error.message
    return f"{error.message} It goes on in {round(error.retry_after_s)} s."
