"""One connection at work: its two sides, identified and pinned, and trips made from them."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dynamics_xero.errors import WrongEndpointError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import EndpointFacts, Feed, SideName
from dynamics_xero.plugins import Plugin
from dynamics_xero.ports import Budgeted, Clock, Side, Use
from dynamics_xero.rows import ConnectionRow
from dynamics_xero.settings import CODE_FLOW, ConnectionSettings, LimitsSettings
from dynamics_xero.store_port import Store
from dynamics_xero.sync.feeds import sources
from dynamics_xero.sync.lanes import Lane, owner_name
from dynamics_xero.sync.trip import Limits, Linger, Trip

IDENTIFY_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Workshop:
    """What every connection of a process shares.

    linger_s: how long a partial batch waits in a worker's slice, None = as the day affords.
    hide: takes the settings' secrets out of a text.
    """

    store: Store
    clock: Clock
    mappings: Sequence[type[EntityMapping]]
    plugins: Sequence[Plugin] = ()
    limits: Limits = field(default_factory=Limits)
    adopting: frozenset[str] = frozenset()
    linger_s: float | None = None
    hide: Callable[[str], str] = str


def limits_of(settings: LimitsSettings) -> Limits:
    """Return a trip's limits with those that the settings may change."""
    return Limits(call_s=settings.call_s, deadline_s=settings.deadline_s)


class Connection:
    """A pair of endpoints with what is needed to make a trip between them."""

    def __init__(
        self,
        settings: ConnectionSettings,
        workshop: Workshop,
        *,
        sides: dict[SideName, Side],
        neighbours: Sequence[ConnectionSettings],
    ) -> None:
        self.name = settings.name
        self.settings = settings
        self.sides = sides
        self._workshop = workshop
        self._neighbours = neighbours
        self._news = set(SideName)  # nothing has been looked through yet
        self.heard: dict[SideName, datetime] = {}
        self.linger = Linger(0.0, 1)
        self._lock = threading.Lock()
        self._facts: dict[SideName, EndpointFacts] | None = None
        self._identified_at: datetime | None = None

    def lane(self) -> Lane:
        """Return the lane of this connection, not taken yet."""
        shop = self._workshop
        return Lane(shop.store, shop.clock, name=f"push:{self.name}", owner=owner_name())

    def trip(
        self,
        lane: Lane,
        *,
        run_id: str,
        facts: dict[SideName, EndpointFacts] | None = None,
        use: Use | None = None,
    ) -> Trip:
        """Return a trip; signs in and checks both endpoints the first time and every hour.

        facts: what is stored of them, for a trip that asks no remote. use: what its calls are
        for, None = as the records they carry.
        """
        shop = self._workshop
        return Trip(
            connection=self.name,
            run_id=run_id,
            sides=self.sides if use is None else self.used_for(use),
            facts=facts or self.facts(),
            mappings=shop.mappings,
            store=shop.store,
            clock=shop.clock,
            random=random.Random(),  # noqa: S311  # spreads retries, guards nothing
            lane=lane,
            new_id=lambda: str(uuid.uuid4()),
            subscribers=self._subscribers(),
            plugins=shop.plugins,
            limits=replace(shop.limits, tie_s=self._tie_s()),
            neighbours=self._other_organisations(),
            adopting=shop.adopting,
            news=self._news,
            heard=self.heard,
            hide=shop.hide,
        )

    def used_for(self, use: Use) -> dict[SideName, Side]:
        """Return the sides, their calls counted as made for that use."""
        return {
            name: side.used_for(use) if isinstance(side, Budgeted) else side
            for name, side in self.sides.items()
        }

    @property
    def linger_s(self) -> float | None:
        """How long the settings let a partial batch wait, None = as the day affords."""
        return self._workshop.linger_s

    def _tie_s(self) -> float:
        """Two poll intervals, of the side that is polled less often (R13)."""
        return 2 * max(self.settings.dynamics.poll_s, self.settings.xero.poll_s)

    def dynamics_feeds(self) -> list[Feed]:
        """Return what the mappings read in Dynamics."""
        found = sources(self._workshop.mappings)
        return [source.feed for source in found if source.side is SideName.DYNAMICS]

    def facts(self) -> dict[SideName, EndpointFacts]:
        """Return who the two endpoints are. Raises WrongEndpointError when one has changed."""
        with self._lock:
            now = self._workshop.clock.now()
            stale = self._identified_at is None or now - self._identified_at > IDENTIFY_AGAIN
            if self._facts is None or stale:
                self._facts = self._identify(now)
                self._identified_at = now
            return self._facts

    def _identify(self, now: datetime) -> dict[SideName, EndpointFacts]:
        facts = {name: side.identify() for name, side in self.sides.items()}
        self.pin(facts.values(), now=now)
        return facts

    def pin(self, facts: Iterable[EndpointFacts], *, now: datetime) -> None:
        """Keep whom the connection belongs to. Raises WrongEndpointError when that has changed."""
        with self._workshop.store.begin() as tx:
            known = row = tx.endpoints.pinned(self.name)
            for fact in facts:
                row = self._with(row, fact)
                tx.endpoints.pin(fact, now=now)
            if row != known:
                tx.endpoints.put_connection(row)

    def _with(self, row: ConnectionRow, fact: EndpointFacts) -> ConnectionRow:
        xero = fact.side is SideName.XERO
        if (row.xero_key if xero else row.dynamics_key) not in ("", fact.key):
            raise WrongEndpointError(
                f"The connection {self.name} was made for another "
                f"{'Xero organisation' if xero else 'environment'}. "
                "Point the settings back at it, or give the new one a connection and a "
                "database of its own."
            )
        return replace(row, xero_key=fact.key) if xero else replace(row, dynamics_key=fact.key)

    def _other_organisations(self) -> frozenset[str]:
        names = self._sharing_connections()
        if not names:
            return frozenset()
        with self._workshop.store.read() as tx:
            keys = {tx.endpoints.pinned(name).xero_key for name in names}
            mine = tx.endpoints.pinned(self.name).xero_key
        return frozenset(key.partition(":")[2] for key in keys - {"", mine})

    @property
    def shares_environment(self) -> bool:
        """Say whether the settings join another organisation to the same environment (R34)."""
        return bool(self._sharing_connections())

    def _sharing_connections(self) -> set[str]:
        found = self._subscribers()
        return set(found[SideName.DYNAMICS]) - set(found[SideName.XERO])

    def _subscribers(self) -> dict[SideName, list[str]]:
        """Every connection of the settings that reads the same endpoint as this one."""
        mine = self.settings
        return {
            SideName.DYNAMICS: [
                n.name for n in self._neighbours if n.dynamics.url == mine.dynamics.url
            ],
            SideName.XERO: [
                n.name for n in self._neighbours if _organisation(n) == _organisation(mine)
            ],
        }


def _organisation(one: ConnectionSettings) -> tuple[str, ...]:
    """Return what tells organisations apart; one chosen at a consent is the connection's own."""
    xero = one.xero
    chosen = one.name if xero.flow == CODE_FLOW else ""
    return (xero.api_url, xero.client_id, xero.tenant_id or chosen)
