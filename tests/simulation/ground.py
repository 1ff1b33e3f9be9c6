"""The ground histories are played on: both twins in this process, provisioned, wound back at will.

Twins are served, and the engine's database is made, once per process. A snapshot of all databases
is put back before each history, which costs milliseconds; clock, ids and counters begin anew with
it, so that a seed replays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from sqlalchemy import Engine

from dynamics_xero.dynamics import provisioning
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.sandbox.assembly import ServeOptions
from dynamics_xero.sandbox.background import running
from dynamics_xero.sandbox.serve import TWINS
from dynamics_xero.sandbox.serving import Serving
from dynamics_xero.settings import Settings, load
from dynamics_xero.store.engine import open_engine
from dynamics_xero.store.store import Store
from tests.folders import in_memory
from tests.memory import MemoryBudgets
from tests.sandbox import Control, caller
from tests.simulation.calling import Caller
from tests.simulation.clock import ManualClock
from tests.snapshot import Snapshot

STATE = "state.db"


class Spent(Snapshot):
    """A snapshot that also knows what was spent of Xero's limits by then."""

    def __init__(self, files: Sequence[Path], spent: Mapping[str, str]) -> None:
        """Remember both as they are now."""
        super().__init__(files)
        self.spent = dict(spent)


@dataclass
class Ground:
    """Both twins, their clock, and where the engine keeps its state.

    budgets: in memory, since no history is about the table that each call would write four times.
    """

    serving: Serving
    session: requests.Session
    people: Caller
    clock: ManualClock
    settings: Settings
    database: Engine
    budgets: MemoryBudgets = field(default_factory=MemoryBudgets)
    fresh: Spent | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def dynamics(self) -> Control:
        """The control calls of the Dynamics twin."""
        return Control(self.session, self.serving.dynamics_url)

    @property
    def xero(self) -> Control:
        """The control calls of the Xero twin."""
        return Control(self.session, self.serving.xero_url)

    def files(self) -> list[Path]:
        """Return the databases of both twins and of the engine."""
        state = Path(str(self.database.url.database))
        return [*(end.database.path for end in self.serving.endpoints), state]

    def snapshot(self) -> Spent:
        """Remember both twins and the engine's state as they are now."""
        return Spent(self.files(), self.budgets.rows)

    def begin(self, seed: int) -> None:
        """Put everything back to the beginning, with the chances of this seed."""
        assert self.fresh is not None
        self.clock.rewind()
        self.wind_back(self.fresh, seed)

    def wind_back(self, snapshot: Spent, seed: int) -> None:
        """Put the databases back; what the twins keep in memory begins anew."""
        for end in self.serving.endpoints:
            end.at_rest()
            end.faults.replace((), seed=seed)
            end.random.seed(f"{seed}/{end.name}")
        snapshot.put_back()
        self.budgets.rows = dict(snapshot.spent)


@contextmanager
def laid() -> Iterator[Ground]:
    """Serve provisioned twins while the block runs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="ground-", dir=in_memory())))
        clock = ManualClock()
        options = ServeOptions(home=folder, seed=1, real=clock.now)
        serving = stack.enter_context(running(options, TWINS))
        session = stack.enter_context(caller(serving))
        settings = _settings(serving, folder / STATE)
        Store.open(settings.state).close()
        database = open_engine(settings.state)
        stack.callback(database.dispose)
        people = Caller(serving.ca_file)
        stack.callback(people.close)
        ground = Ground(serving, session, people, clock, settings, database)
        for name, control in (("dynamics", ground.dynamics), ("xero", ground.xero)):
            ground.tokens[name] = control.token("ada")
        (one,) = settings.connections.values()
        provisioning.apply(DynamicsSide(one.dynamics, clock))
        ground.fresh = ground.snapshot()
        yield ground


def _settings(serving: Serving, state: Path) -> Settings:
    """Return the sandbox's settings, with the state in a file of our own."""
    return replace(load(serving.settings_file), state=f"sqlite:///{state}")
