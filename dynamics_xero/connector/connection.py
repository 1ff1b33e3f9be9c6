"""One connection at work: its two sides, identified and pinned, and trips made from them."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dynamics_xero.errors import WrongEndpointError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import EndpointFacts, Feed, SideName
from dynamics_xero.plugins import Plugin
from dynamics_xero.ports import Clock, Side
from dynamics_xero.rows import ConnectionRow
from dynamics_xero.settings import ConnectionSettings, LimitsSettings
from dynamics_xero.store_port import Store
from dynamics_xero.sync.feeds import sources
from dynamics_xero.sync.lanes import Lane, owner_name
from dynamics_xero.sync.trip import Limits, Trip

IDENTIFY_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Workshop:
    """What every connection of a process shares."""

    store: Store
    clock: Clock
    mappings: Sequence[type[EntityMapping]]
    plugins: Sequence[Plugin] = ()
    limits: Limits = field(default_factory=Limits)
    adopting: frozenset[str] = frozenset()


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
        self._lock = threading.Lock()
        self._facts: dict[SideName, EndpointFacts] | None = None
        self._identified_at: datetime | None = None

    def lane(self) -> Lane:
        """Return the lane of this connection, not taken yet."""
        shop = self._workshop
        return Lane(shop.store, shop.clock, name=f"push:{self.name}", owner=owner_name())

    def trip(
        self, lane: Lane, *, run_id: str, facts: dict[SideName, EndpointFacts] | None = None
    ) -> Trip:
        """Return a trip; signs in and checks both endpoints the first time and every hour.

        facts: what is stored of them, for a trip that asks no remote.
        """
        shop = self._workshop
        return Trip(
            connection=self.name,
            run_id=run_id,
            sides=self.sides,
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
        )

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
        dynamics, xero = facts[SideName.DYNAMICS], facts[SideName.XERO]
        row = ConnectionRow(self.name, dynamics_key=dynamics.key, xero_key=xero.key)
        with self._workshop.store.begin() as tx:
            known = tx.endpoints.connection(self.name)
            if known is not None and known != row:
                raise WrongEndpointError(
                    f"The connection {self.name} was made for another "
                    f"{'Xero organisation' if known.xero_key != xero.key else 'environment'}. "
                    "Point the settings back at it, or give the new one a connection and a "
                    "database of its own."
                )
            for fact in facts.values():
                tx.endpoints.pin(fact, now=now)
            if known is None:
                tx.endpoints.put_connection(row)
        return facts

    def _other_organisations(self) -> frozenset[str]:
        names = [n for n in self._subscribers()[SideName.DYNAMICS] if n != self.name]
        if not names:
            return frozenset()
        with self._workshop.store.read() as tx:
            rows = [tx.endpoints.connection(name) for name in names]
        return frozenset(row.xero_key.partition(":")[2] for row in rows if row is not None)

    def _subscribers(self) -> dict[SideName, list[str]]:
        """Every connection of the settings that reads the same endpoint as this one."""
        mine = self.settings
        return {
            SideName.DYNAMICS: [
                n.name for n in self._neighbours if n.dynamics.url == mine.dynamics.url
            ],
            SideName.XERO: [
                n.name
                for n in self._neighbours
                if (n.xero.api_url, n.xero.tenant_id, n.xero.client_id)
                == (mine.xero.api_url, mine.xero.tenant_id, mine.xero.client_id)
            ],
        }
