"""The real engine under a simulation: one sender, no heartbeat, a clock and chances from outside.

It can be let go at any moment, as a killed process is; another one begins on the same database.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from dynamics_xero.connector.connection import Connection, Workshop
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.entities import BUILT_IN
from dynamics_xero.errors import RetryableError, ThrottledError
from dynamics_xero.model import SideName
from dynamics_xero.ports import Side
from dynamics_xero.rows import HistoryRow
from dynamics_xero.store.keyring import Keyring
from dynamics_xero.store.store import Store as SqlStore
from dynamics_xero.store.tokens import Tokens
from dynamics_xero.store_port import Store
from dynamics_xero.sync import run
from dynamics_xero.sync.lanes import Lane
from dynamics_xero.sync.trip import Limits, Trip
from dynamics_xero.xero.side import XeroSide
from tests.simulation.ground import Ground

TRY_AGAIN_S = 60.0


@dataclass(frozen=True)
class Ports:
    """What stands between the engine and the world: wrapped by those who watch or strike."""

    side: Callable[[Side], Side] = lambda side: side
    store: Callable[[Store], Store] = lambda store: store


class Engine:
    """One life of a process that synchronises."""

    def __init__(
        self,
        ground: Ground,
        chance: random.Random,
        ports: Ports | None = None,
        *,
        owner: str = "simulation",
    ) -> None:
        """Begin with nothing in memory, and ask no remote yet. owner: whose the lane is."""
        self._ground = ground
        self._chance = chance
        self._owner = owner
        ports = ports or Ports()
        opened = SqlStore(ground.database)
        self.store = ports.store(opened)
        (self._settings,) = ground.settings.connections.values()
        keys = Keyring(ground.settings.keys)
        tokens = Tokens(opened, keys, ground.clock)
        xero = XeroSide(self._settings.xero, ground.clock, tokens, ground.budgets)
        dynamics = DynamicsSide(self._settings.dynamics, ground.clock)
        limits = Limits(senders=1)
        shop = Workshop(self.store, ground.clock, BUILT_IN, limits=limits)
        sides = {SideName.DYNAMICS: ports.side(dynamics), SideName.XERO: ports.side(xero)}
        self.connection = Connection(self._settings, shop, sides=sides, neighbours=[self._settings])

    def run(self) -> float | None:
        """Work until nothing is due; returns the seconds to wait when a remote is busy."""
        lane = Lane(self.store, self._ground.clock, name="push:main", owner=self._owner)
        if not lane.take():
            return TRY_AGAIN_S
        try:
            return self._run(lane)
        finally:
            lane.release()

    def _run(self, lane: Lane) -> float | None:
        run_id = self._new_id()
        try:
            trip = self._trip(lane, run_id)
        except RetryableError as error:
            return error.retry_after_s or TRY_AGAIN_S
        with self.store.begin() as tx:
            tx.runs.start(run_id, connection=trip.connection, kind="sync", now=trip.now())
        try:
            run.run_once(trip)
        except ThrottledError as error:
            run.queue(trip, error)
            return error.retry_after_s or TRY_AGAIN_S
        except RetryableError as error:
            return error.retry_after_s or TRY_AGAIN_S
        return None

    def _trip(self, lane: Lane, run_id: str) -> Trip:
        trip = self.connection.trip(lane, run_id=run_id)
        return replace(trip, random=self._chance, new_id=self._new_id)

    def is_idle(self) -> bool:
        """Say whether nothing is due, waits or is on its way."""
        with self.store.read() as tx:
            waiting, _oldest = tx.links.write_back_state(self.connection.name)
            due = tx.links.next_due_at(self.connection.name)
            return not waiting and due is None and not tx.requests.opened(self.connection.name)

    def history(self, record_id: str) -> list[HistoryRow]:
        """Return what the engine says it did to a record, newest first."""
        with self.store.read() as tx:
            return tx.history.of_record(record_id, 1000)

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
