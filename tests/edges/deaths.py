"""Tell one story with a death at each of its edges, and look how it ends each time."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from dynamics_xero.sync.lanes import LEASE_S
from tests.edges.mortal import Died, Fate, MortalSide, MortalStore
from tests.edges.stories import People, Story
from tests.simulation.engine import Engine, Ports
from tests.simulation.ground import Ground, Spent
from tests.simulation.rest import come_to_rest

SEED = 7
LATER_S = 40.0
"""Between the first part and the second: what was read before counts as old by then."""

UNTOLD = frozenset(
    {
        "versionnumber",
        "modifiedon",
        "_modifiedby_value",
        "xero_lastsyncedon",
        "xero_url",
        "ContactID",
        "UpdatedDateUTC",
    }
)
"""What may differ from death to death: ids that Xero gave out, and times."""


@dataclass(frozen=True)
class End:
    """How a story ended."""

    accounts: list[str]
    contacts: list[str]
    xero: list[str]
    rested: bool


class Telling:
    """One story on one ground, told as often as it takes."""

    def __init__(self, ground: Ground, story: Story) -> None:
        """Play what comes before, and remember where that led."""
        self._ground = ground
        ground.begin(SEED)
        story.before(People(ground))
        self._live("before")
        ground.clock.sleep(LATER_S)
        story.edits(People(ground))
        self._start = ground.clock.now()
        self._then: Spent = ground.snapshot()

        self._watched = [sqlite3.connect(file, check_same_thread=False) for file in ground.files()]

    def close(self) -> None:
        """Forget the story."""
        for one in self._watched:
            one.close()

    def _durable(self) -> tuple[int, ...]:
        """Count the commits that others made, on both sides and in the engine's state."""
        return tuple(one.execute("PRAGMA data_version").fetchone()[0] for one in self._watched)

    def undisturbed(self) -> tuple[Fate, End]:
        """Return the edges of a life without death, and how it ends."""
        self._go_back()
        fate = Fate(look=self._durable)
        engine = self._engine(fate, owner="first")
        engine.run()
        return fate, self._live("second")

    def struck_at(self, place: int) -> tuple[str, End]:
        """Return the edge at which the process died, and how it ends nevertheless."""
        self._go_back()
        fate = Fate(place)
        engine = self._engine(fate, owner="first")
        with suppress(Died):
            engine.run()
        return fate.edges[-1], self._live("second")

    def _go_back(self) -> None:
        self._ground.clock.rewind(self._start)
        self._ground.wind_back(self._then, SEED + 1)

    def _engine(self, fate: Fate | None, *, owner: str) -> Engine:
        ports = Ports()
        if fate is not None:
            ports = Ports(lambda side: MortalSide(side, fate), lambda one: MortalStore(one, fate))
        return Engine(self._ground, random.Random(f"engine {owner}"), ports, owner=owner)

    def _live(self, owner: str) -> End:
        """Open the engine again, once the dead one's lease is over, and let all come to rest.

        The last run of that writes nothing: it is the quiet cycle.
        """
        self._ground.clock.sleep(2 * LEASE_S)
        engine = self._engine(None, owner=owner)
        rest = come_to_rest(self._ground, engine, lambda _line: None)
        return self._end(rested=rest.reached and not rest.late_writes)

    def _end(self, *, rested: bool) -> End:
        xero = self._ground.xero.rows("contact")
        names = {row["ContactID"]: row["Name"] for row in xero}
        accounts = self._ground.dynamics.rows("account")
        for row in accounts:
            row["xero_id"] = names.get(row.get("xero_id"))
        return End(
            accounts=_facts(accounts, "name"),
            contacts=_facts(self._ground.dynamics.rows("contact"), "fullname"),
            xero=_facts(xero, "Name"),
            rested=rested,
        )


def _facts(rows: Sequence[Mapping[str, object]], name: str) -> list[str]:
    """Return what rows show, a line per column: two ends differ in few of them."""
    return sorted(
        f"{row[name]}: {column} = {row[column]}"
        for row in rows
        for column in row.keys() - UNTOLD
        if row[column] is not None
    )


def differences(wanted: End, found: End) -> Iterator[str]:
    """Return in which ways an end is not the one that was wanted."""
    if not found.rested:
        yield "it did not come to rest"
    for name in ("accounts", "contacts", "xero"):
        ought, shown = getattr(wanted, name), getattr(found, name)
        if ought != shown:
            yield f"{sorted(set(shown) - set(ought))} for {sorted(set(ought) - set(shown))}"
