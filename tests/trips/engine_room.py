"""Trips made by hand, for tests of what happens between two workers or between two rounds."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from dynamics_xero import store_port
from dynamics_xero.connector.clock import SandboxClock
from dynamics_xero.connector.connection import Connection, Workshop
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.entities import BUILT_IN
from dynamics_xero.model import SideName
from dynamics_xero.ports import Clock, Side
from dynamics_xero.store.budgets import Budgets
from dynamics_xero.store.keyring import Keyring
from dynamics_xero.store.store import Store
from dynamics_xero.store.tokens import Tokens
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.lanes import Lane
from dynamics_xero.sync.trip import Limits, Trip
from dynamics_xero.xero.side import XeroSide
from tests.trips.world import World
from tests.waiting import until


@dataclass
class Room:
    """One process at work: its own objects on a database that others may share."""

    store: store_port.Store
    clock: SandboxClock
    connection: Connection

    def trip(self, owner: str = "worker one") -> Trip:
        """Return a trip; its lane is not taken yet."""
        lane = Lane(self.store, self.clock, name="push:main", owner=owner)
        return self.connection.trip(lane, run_id=str(uuid.UUID(int=random.getrandbits(128))))


def jump(world: World, clock: Clock, seconds: float) -> None:
    """Move the sandbox's time, and wait until a clock that asks now and then has seen it."""
    before = clock.now()
    world.dynamics.post("clock", {"advance_s": seconds})
    far = timedelta(seconds=seconds)
    until("the clock to notice", lambda: clock.now() - before >= far, limit_s=10, pause_s=0.02)


class Overheard:
    """A store that calls somebody after each transaction has been committed."""

    def __init__(self, store: Store, after: Callable[[], None]) -> None:
        self._store, self._after = store, after

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        with self._store.begin() as tx:
            yield tx
        self._after()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with self._store.read() as tx:
            yield tx


@contextmanager
def room(
    world: World,
    *,
    limits: Limits | None = None,
    xero: Callable[[Side], Side] = lambda side: side,
    dynamics: Callable[[Side], Side] = lambda side: side,
    committed: Callable[[], None] = lambda: None,
) -> Iterator[Room]:
    """Open the database of `world.connector()` once more.

    xero, dynamics: what stands before the side. committed: called after each transaction.
    """
    settings = world.settings()
    (one,) = settings.connections.values()
    with Store.open(settings.state) as opened:
        store = Overheard(opened, committed)
        clock = SandboxClock(str(settings.clock_url), ca_file=one.dynamics.ca_file)
        keys = Keyring(settings.keys)
        tokens = Tokens(opened, keys, clock)
        shop = Workshop(store, clock, BUILT_IN, limits=limits or Limits())
        sides = {
            SideName.DYNAMICS: dynamics(DynamicsSide(one.dynamics, clock)),
            SideName.XERO: xero(XeroSide(one.xero, clock, tokens, Budgets(opened))),
        }
        yield Room(store, clock, Connection(one, shop, sides=sides, neighbours=[one]))
