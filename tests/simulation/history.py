"""One seeded history: people edit on both sides, the engine runs, faults strike, all comes to rest.

The same seed plays the same history to the same ledgers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dynamics_xero.model import SideName, Write
from dynamics_xero.sync.lanes import LEASE_S
from tests.edges.mortal import Died, Fate, MortalSide, MortalStore
from tests.simulation.engine import Engine, Ports
from tests.simulation.ground import Ground
from tests.simulation.people_dynamics import InDynamics
from tests.simulation.people_xero import InXero
from tests.simulation.rest import come_to_rest
from tests.simulation.watched import WatchedSide, Watchers
from tests.simulation.weather import JUMPS_S, storm
from tests.simulation.words import Words

Entry = dict[str, object]
Edit = Callable[[], str]

STEPS = (8, 18)
PAUSE_S = 30.0
"""The longest that people think between two edits."""

MEDDLING = 0.25
"""How likely somebody edits right before one of the engine's calls leaves."""

AT_ONCE = 0.4
"""How likely somebody edits the very row that the call is about to write, on either side."""

DELAYS_S = (3.0, 20.0, 45.0, 130.0)
"""How long a call may take to leave; past leases, the age of what was read, and deadlines."""

EDGES = 80
"""Within so many edges a death is drawn; an ordinary run has fewer."""


@dataclass
class Ending:
    """How a history ended: what both sides hold, and who wrote what on the way.

    reads: when the engine's reads of each side's feeds left.
    """

    seed: int
    lines: list[str]
    engine: Engine
    accounts: list[Entry] = field(default_factory=list)
    contacts: list[Entry] = field(default_factory=list)
    xero: list[Entry] = field(default_factory=list)
    ledgers: dict[str, list[Entry]] = field(default_factory=dict)
    restless: list[str] = field(default_factory=list)
    late_writes: list[Entry] = field(default_factory=list)
    reads: dict[str, list[str]] = field(default_factory=dict)

    def ledger(self) -> list[Entry]:
        """Return every write on both sides, in the order of time."""
        entries = [entry for ledger in self.ledgers.values() for entry in ledger]
        return sorted(entries, key=lambda entry: str(entry["at"]))


class History:
    """People, engine and weather on one ground, all driven by one seed."""

    def __init__(self, ground: Ground, seed: int) -> None:
        """Put the ground back to its beginning."""
        ground.begin(seed)
        self.lines: list[str] = []
        self._ground = ground
        self._seed = seed
        self._chance = random.Random(f"history {seed}")
        words = Words(random.Random(f"words {seed}"))
        self._here = InDynamics(ground, words)
        self._there = InXero(ground, words)
        self._lives = 0
        self._people_edit = False
        self._reads: dict[str, list[str]] = {}
        self._engine = self._born(None)

    def play(self, *, steps: int | None = None) -> Ending:
        """Play it to its end. steps: cut it short, to find out which step matters."""
        count = self._chance.randint(*STEPS)
        for _ in range(3):
            self._say(self._here.create_account())
        if self._chance.random() < 0.5:
            self._say(self._run())
        for _ in range(count if steps is None else min(count, steps)):
            self._step()
        return self._rest()

    def _step(self) -> None:
        act = self._chosen(self._acts)
        self._ground.clock.sleep(self._chance.uniform(0.2, PAUSE_S))
        self._say(act())

    def _chosen(self, acts: Sequence[tuple[Edit, float]]) -> Edit:
        (act,) = self._chance.choices([act for act, _ in acts], [weight for _, weight in acts])
        return act

    @property
    def _meddling(self) -> Sequence[tuple[Edit, float]]:
        """What people do while the engine runs."""
        here, there = self._here, self._there
        return (
            (here.edit_account, 6),
            (there.edit_contact, 6),
            (here.edit_contact, 4),
            (there.edit_person, 4),
            (here.move_contact, 1),
            (here.delete_account, 1),
            (there.archive_contact, 1),
            (self._edit_both, 4),
        )

    @property
    def _acts(self) -> Sequence[tuple[Edit, float]]:
        """What happens in a step, and how often."""
        here, there = self._here, self._there
        return (
            (here.create_account, 3),
            (here.edit_account, 10),
            (here.deactivate_account, 1),
            (here.activate_account, 1),
            (here.delete_account, 1),
            (here.merge_accounts, 1),
            (here.create_contact, 6),
            (here.edit_contact, 5),
            (here.move_contact, 3),
            (here.deactivate_contact, 1),
            (here.activate_contact, 1),
            (here.delete_contact, 1),
            (here.choose_primary, 2),
            (there.create_contact, 2),
            (there.edit_contact, 10),
            (there.edit_website, 1),
            (self._edit_both, 4),
            (there.add_person, 3),
            (there.edit_person, 4),
            (there.remove_person, 1),
            (there.archive_contact, 1),
            (there.restore_contact, 1),
            (there.merge_contacts, 1),
            (self._run, 14),
            (self._run_in_storm, 7),
            (self._run_among_people, 7),
            (self._run_and_die, 4),
            (self._jump, 4),
        )

    def _run(self) -> str:
        wait = self._engine.run()
        return "run" if wait is None else f"run, told to wait {wait:.0f} s"

    def _run_in_storm(self) -> str:
        with storm(self._ground, self._chance) as rules:
            told = self._run()
        return f"{told}, in a storm of {rules}"

    def _run_among_people(self) -> str:
        self._people_edit = True
        try:
            return f"{self._run()}, while people edited"
        finally:
            self._people_edit = False

    def _before_read(self) -> None:
        """Let a call take its time to leave, now and then, or somebody edit before it does."""
        self._meddle()
        if self._people_edit and self._chance.random() < MEDDLING / 2:
            self._say(self._delay())

    def _before_write(self, side: SideName, writes: Sequence[Write]) -> None:
        """Let people edit before a call leaves, most of all what it is about to write.

        No time may pass any more before one to Xero leaves: Xero has no If-Match.
        """
        if side is SideName.XERO:
            self._meddle()
        else:
            self._before_read()
        named = [write for write in writes if write.id is not None]
        if named and self._people_edit and self._chance.random() < AT_ONCE:
            edit = self._edit_too(side, self._chance.choice(named))
            self._say(f"at the same moment: {edit}")

    def _edit_too(self, side: SideName, write: Write) -> str:
        """Edit a row that is being written, or the row that stands for it on the other side."""
        row_id, here = str(write.id), side is SideName.DYNAMICS
        other = self._chance.random() < 0.5
        if here is not other:
            table = write.resource if here else "account"
            found = row_id if here else self._there.owner_of(row_id)
            return self._here.edit_row(table, found, tuple(write.values))
        found = self._there.contact_of(row_id) if here else row_id
        return self._there.edit_row(found, tuple(write.values))

    def _edit_both(self) -> str:
        """Two people type into the same field of the same company, one on each side."""
        line = self._here.edit_account()
        account, columns = self._here.last_edit
        contact = self._there.contact_of(account)
        return f"{line}; {self._there.edit_row(contact, columns)}"

    def _meddle(self) -> None:
        if self._people_edit and self._chance.random() < MEDDLING:
            edit = self._chosen(self._meddling)
            self._say(f"in the middle of a run: {edit()}")

    def _delay(self) -> str:
        seconds = self._chance.choice(DELAYS_S)
        self._ground.clock.sleep(seconds)
        return f"in the middle of a run: nothing goes on for {seconds} s"

    def _noted(self, side: str) -> None:
        self._reads.setdefault(side, []).append(self._ground.clock.now().isoformat())

    def _run_and_die(self) -> str:
        fate = Fate(self._chance.randint(0, EDGES))
        self._engine = self._born(fate)
        try:
            told = self._run()
        except Died:
            told = f"run, and die at edge {len(fate.edges) - 1}: {fate.edges[-1]}"
        self._engine = self._born(None)
        self._ground.clock.sleep(self._chance.choice((0.0, 2 * LEASE_S)))
        return told

    def _jump(self) -> str:
        seconds = self._chance.choice(JUMPS_S)
        self._ground.clock.sleep(seconds)
        return f"the clock jumps by {seconds} s"

    def _born(self, fate: Fate | None) -> Engine:
        self._lives += 1
        chance = random.Random(f"engine {self._seed} {self._lives}")
        watchers = Watchers(self._noted, self._before_read, self._before_write)
        ports = Ports(lambda side: WatchedSide(side, watchers))
        if fate is not None:
            ports = Ports(
                lambda side: MortalSide(WatchedSide(side, watchers), fate),
                lambda one: MortalStore(one, fate),
            )
        return Engine(self._ground, chance, ports, owner=f"life {self._lives}")

    def _rest(self) -> Ending:
        """Run in fair weather until a whole cycle writes nothing, and look what there is then."""
        ending = Ending(self._seed, self.lines, self._engine, reads=self._reads)
        rest = come_to_rest(self._ground, self._engine, self._say)
        if not rest.reached:
            ending.restless.append("the engine does not come to rest")
        ending.late_writes = rest.late_writes
        for name, control in (("dynamics", self._ground.dynamics), ("xero", self._ground.xero)):
            ending.ledgers[name] = control.entries()
        ending.accounts = self._ground.dynamics.rows("account")
        ending.contacts = self._ground.dynamics.rows("contact")
        ending.xero = self._ground.xero.rows("contact")
        return ending

    def _say(self, line: str) -> None:
        self.lines.append(f"{self._ground.clock.now():%d %H:%M:%S} {line}")
