"""The connector: everything the library does, for people who import it and for the worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from dynamics_xero.connector import budgets, guarding, listings, plans, sign_in, wheel
from dynamics_xero.connector.applying import Applied, apply
from dynamics_xero.connector.backfill import backfill
from dynamics_xero.connector.checking import CheckLine, check_connection, check_key
from dynamics_xero.connector.chosen import adopting, chosen_mappings
from dynamics_xero.connector.clock import SandboxClock, SystemClock
from dynamics_xero.connector.conflicts import conflicts, resolve
from dynamics_xero.connector.connection import Connection, Workshop, limits_of
from dynamics_xero.connector.consent import Mappings, consent
from dynamics_xero.connector.dead_letters import dead_letters, replay
from dynamics_xero.connector.desk import Desk
from dynamics_xero.connector.meter import Meter
from dynamics_xero.connector.plans import Plan
from dynamics_xero.connector.pruning import prune
from dynamics_xero.connector.reconciling import Reconciled, reconcile
from dynamics_xero.connector.report import Report
from dynamics_xero.connector.shifts import running, told
from dynamics_xero.connector.slices import SLICE_S, next_look, work_slice
from dynamics_xero.connector.syncing import agreed, sync
from dynamics_xero.dynamics import provisioning
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.errors import SettingsError, SignInError, ThrottledError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import SideName, Status
from dynamics_xero.plugins import Plugin
from dynamics_xero.plugins import load as installed
from dynamics_xero.ports import Clock, Side
from dynamics_xero.redact import Redactor
from dynamics_xero.rows import ConnectionRow
from dynamics_xero.settings import ConnectionSettings, FirstRun, Settings, keys_now, load
from dynamics_xero.store.budgets import Budgets
from dynamics_xero.store.keyring import Keyring
from dynamics_xero.store.store import Store
from dynamics_xero.store.tokens import Tokens
from dynamics_xero.sync import run
from dynamics_xero.sync.lanes import held
from dynamics_xero.sync.trip import Talk, say_nothing
from dynamics_xero.xero.side import XeroSide

BUSY_S = 5.0
"""How soon a worker looks again at a connection whose lane another one holds."""


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
        enabled = chosen_mappings(settings, mappings)
        limits = limits_of(settings.limits)
        everything = [*plugins, *installed()]
        shop = Workshop(
            self._store,
            self._clock,
            enabled,
            everything,
            limits,
            adopting=adopting(settings),
            linger_s=settings.linger_s,
            hide=Redactor(settings.secrets()).text,
        )
        chosen = _chosen(settings, connection)
        everyone = tuple(settings.connections.values())
        self._connections = {
            one.name: Connection(one, shop, sides=self._sides(one), neighbours=everyone)
            for one in chosen
        }
        free = settings.first_run is FirstRun.APPLY
        self.desk = Desk(shop, self._connections, Mappings(enabled, free, shop.adopting))

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

    @property
    def asks(self) -> list[str]:
        """What a person has to do before everything may be written; empty as a rule."""
        with self._store.read() as tx:
            found = [consent(tx, name, self.desk.mappings) for name in self.connections]
        return [text for one in found for text in one.asks]

    def sync(self, entity: str | None = None, *, progress: Talk = say_nothing) -> Report:
        """Work until nothing is due, on each connection in turn.

        A connection that waits for its first plan (first_run = "plan") is only planned: the
        report's `planned` is true, its counts say what would be done, and nothing is written.
        One that nobody lets in holds up no other: its SignInError is raised in the end.
        """
        self.desk.known(entity)
        reports, refused = [], []
        for one in self.desk:
            try:
                reports.append(sync(self.desk, one, entity, talk=progress))
            except SignInError as error:
                refused.append(error)
        if refused:
            raise refused[0]
        return Report(reports)

    def backfill(self, entity: str | None = None, *, progress: Talk = say_nothing) -> Report:
        """Load everything that has no partner yet, as `sync` does; progress hears how far it is."""
        self.desk.known(entity)
        return Report([backfill(self.desk, one, entity, talk=progress) for one in self.desk])

    def plan(
        self,
        entity: str | None = None,
        *,
        out: Path | None = None,
        progress: Talk = say_nothing,
    ) -> Plan:
        """Return what a sync would do now, and what it would cost in calls; nothing is written.

        out: a file that takes every action, for `apply`.
        """
        return plans.make(self.desk, entity=entity, talk=progress, out=out)

    def apply(self, plan: Path, *, progress: Talk = say_nothing) -> Applied:
        """Carry out the actions of a plan file; what moved since is skipped and listed."""
        return apply(self.desk, plan, talk=progress)

    def look(self, connection: str) -> float:
        """Do what is due on one connection for at most a slice of time; the worker's one call.

        Returns the seconds after which looking again is worth it; returns at once when another
        worker has the lane, or when the connection waits for its first plan.
        """
        one = self._connections[connection]
        with self._store.read() as tx:
            if consent(tx, connection, self.desk.mappings).waits:
                return SLICE_S
        with held(one.lane()) as lane:
            if lane is None:
                return BUSY_S
            with running(self.desk.shop, one, "look") as run_id:
                trip = replace(one.trip(lane, run_id=run_id), patient=False)
                trip = replace(trip, held=agreed(self.desk, trip).held)
                try:
                    work_slice(one, trip)
                except ThrottledError as error:
                    run.queue(trip, error)
                    return error.retry_after_s or SLICE_S
                return next_look(one, trip)

    def ring(self, connection: str, side: SideName) -> None:
        """Have the next look read a side's feeds, before their poll interval has passed.

        For triggers, such as webhooks. One is a hint only: what has changed is read from the feed,
        so a doubled one costs a read, and a lost one costs the wait for the next poll.
        """
        with self._store.begin() as tx:
            row = tx.endpoints.connection(connection)
            if row is not None:
                tx.cursors.expire(row.xero_key if side is SideName.XERO else row.dynamics_key)

    def sweep(self) -> list[str]:
        """Return the connections that have due work, whatever became of their messages."""
        now = self._clock.now()
        found = []
        with self._store.read() as tx:
            for name in self._connections:
                held_back = consent(tx, name, self.desk.mappings).held
                open_to = [m.name for m in self.desk.shop.mappings if m.name not in held_back]
                next_at = tx.links.next_due_at(name, entities=open_to)
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
            reports.append(told(self.desk.shop, one, actions, Meter(one.sides, since)))
        return Report(reports)

    def check(self, *, remembers: bool = True) -> list[CheckLine]:
        """Look at everything that has to be right before records can flow.

        remembers: False where the database stands in for one that does not open.
        """
        lines = [check_key(self.desk)] if remembers else []
        for one in self._each():
            lines.extend(check_connection(self.desk, one, remembers=remembers))
        return lines

    def provision_plan(self) -> list[str]:
        """Return what Dynamics lacks: our columns and table, and change tracking."""
        return [
            str(step)
            for side, shared in self._environments()
            for step in provisioning.plan(side, shared=shared)
        ]

    def provision_apply(self) -> list[str]:
        """Make what Dynamics lacks; returns what was done."""
        return [
            str(step)
            for side, shared in self._environments()
            for step in provisioning.apply(side, shared=shared)
        ]

    def status(self) -> dict[str, object]:
        """Return how each connection stands."""
        now = self._clock.now()
        with self._store.read() as tx:
            return {
                "connections": {
                    name: {
                        **listings.status(tx, name, now=now),
                        "asks": [
                            *consent(tx, name, self.desk.mappings).asks,
                            *guarding.asks(tx, name, self.desk.shop.mappings),
                            *sign_in.asks(self._connections[name]),
                        ],
                        "guards": guarding.standing(tx, name, self.desk.shop.mappings),
                        "budget": self._budget(tx.endpoints.connection(name), now),
                    }
                    for name in self.connections
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

    def conflicts(self, *, kept: bool = False, limit: int = 100) -> list[dict[str, object]]:
        """Return fields that ask a person; kept: those left different when first linked."""
        return conflicts(self.desk, kept=kept, limit=limit)

    def resolve(self, link: int, field: str, take: SideName) -> dict[str, object]:
        """Take one side's value for a field in conflict; the next sync carries it out."""
        return resolve(self.desk, link, field, take)

    def dead_letters(
        self, *, entity: str | None = None, limit: int = 100
    ) -> list[dict[str, object]]:
        """Return links that need a person."""
        return dead_letters(self.desk, entity=entity, limit=limit)

    def reconcile(self, *, progress: Talk = say_nothing) -> Reconciled:
        """Read both sides whole, compare every pair, and carry what that brings up."""
        return reconcile(self.desk, talk=progress)

    def turn_wheel(self, connection: str) -> bool:
        """Reconcile one connection if that is due by the settings; says whether it was."""
        one = self._connections[connection]
        return wheel.turn(self.desk, one, days=self._settings.reconcile_days)

    def replay(
        self, links: Sequence[int] = (), *, entity: str | None = None, every: bool = False
    ) -> list[int]:
        """Mark dead letters due; returns their links."""
        return replay(self.desk, link_ids=links, entity=entity, every=every)

    def guards(self) -> list[dict[str, object]]:
        """Return what is held back to be on the safe side."""
        return guarding.guards(self.desk)

    def approve(self, entity: str) -> int:
        """Let the removals that are held of an entity pass; returns how many links wait for it."""
        return guarding.let_pass(self.desk, entity)

    def prune(self) -> int:
        """Throw away what has been kept long enough, in small helpings; returns how many rows."""
        return prune(self.desk.shop, keep_days=self._settings.keep_days)

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

    def _budget(self, row: ConnectionRow | None, now: datetime) -> dict[str, object] | None:
        """Return how a connection's limits stand; None before it has met its endpoints."""
        if row is None:
            return None
        return budgets.standing(self._connections[row.name], row.xero_key, now=now)

    def _environments(self) -> Iterator[tuple[DynamicsSide, bool]]:
        """One side per environment, and whether several organisations share it."""
        for one in {c.settings.dynamics.url: c for c in self._each()}.values():
            side = one.sides[SideName.DYNAMICS]
            if isinstance(side, DynamicsSide):
                yield side, one.shares_environment

    def _sides(self, one: ConnectionSettings) -> dict[SideName, Side]:
        keys = Keyring(self._settings.keys, reread=lambda: keys_now(self._settings))
        tokens = Tokens(self._store, keys, self._clock)
        spent = Budgets(self._store)
        return {
            SideName.DYNAMICS: DynamicsSide(
                one.dynamics, self._clock, spent, limits=self._settings.limits
            ),
            SideName.XERO: XeroSide(
                one.xero,
                self._clock,
                tokens,
                spent,
                limits=self._settings.limits,
                connection=one.name,
            ),
        }


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
