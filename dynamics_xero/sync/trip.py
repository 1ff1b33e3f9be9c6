"""What one trip over a connection needs; wired by the connector, read by every step."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeAlias

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import EndpointFacts, SideName
from dynamics_xero.plugins import Plugin
from dynamics_xero.ports import Budgeted, Clock, Side
from dynamics_xero.store_port import Store
from dynamics_xero.sync.aside import Aside
from dynamics_xero.sync.feeds import Source, sources
from dynamics_xero.sync.lanes import Lane


@dataclass(frozen=True)
class Limits:
    """How much is done at once.

    round_size: links decided together, more where a call carries more than LARGE_CALL of them.
    write_back_size: rows in one $batch (Dataverse allows 1,000). write_back_wait_s: how long
    write-backs are gathered. call_s: the longest a call may take once it has left, write_back_s the
    same for a full $batch, whose parts Dataverse carries out one after the other. deadline_s: how
    long after it was written down a request without an answer may still take effect: the longest
    wait for quota and the longest call. senders: calls to a side that may be under way at once.
    most_unread: records written to Xero before it is read again: a longer read would need the calls
    of a whole minute, and no write could leave. tie_s: two edits of a field that are closer than
    this ask which one is `newest` (R13: two poll intervals).
    """

    round_size: int = 500
    write_back_size: int = 1000
    write_back_wait_s: float = 10.0
    call_s: float = 35.0
    write_back_s: float = 240.0
    deadline_s: float = 100.0
    senders: int = 5
    fresh_update_s: float = 30.0
    fresh_create_s: float = 300.0
    most_unread: int = 20_000
    tie_s: float = 600.0


LARGE_CALL = 100
"""Records of a call to Xero, above which 500 would not make a call for each of five senders."""

Talk: TypeAlias = Callable[[str], None]
"""Who is told what a person who watches should know."""


def say_nothing(_text: str) -> None:
    """Tell nobody."""


@dataclass
class Linger:
    """How long a partial batch waits for more.

    wait_s: from when its oldest member was marked due. full: records of a batch that need not wait.
    until: when what waits now goes, None when nothing does.
    """

    wait_s: float
    full: int
    until: datetime | None = None


@dataclass
class Echo:
    """Records that were written to Xero since it was last read, which the next read will show."""

    rows: int = 0


@dataclass(frozen=True)
class Trip:
    """One connection, on its way.

    mappings: of all entities in dependency order, parts included. subscribers: per side, every
    connection that reads the same endpoint: a changed record marks the links of all of them due.
    only: the one entity to work on, None for all. held: entities that are not written, because
    nobody agreed to their mapping yet (R11). neighbours: ids of the other organisations that share
    the Dynamics environment. adopting: entities whose new Xero records get a row here. news: sides
    of which something was observed since new records were last sought. heard: side -> when a read
    last showed something new. linger: how partial batches wait, None when they do not. linked: only
    records that have a partner are worked on, or only those that have none. patient: short outages
    are waited out. talk: is told what a person who watches should know. aside: what is written back
    meanwhile. echo: what Xero has yet to show. hide: takes secrets out of what a remote, a mapping
    or a plug-in says of a record (R38).
    """

    connection: str
    run_id: str
    sides: Mapping[SideName, Side]
    facts: Mapping[SideName, EndpointFacts]
    mappings: Sequence[type[EntityMapping]]
    store: Store
    clock: Clock
    random: random.Random
    lane: Lane
    new_id: Callable[[], str]
    subscribers: Mapping[SideName, Sequence[str]]
    plugins: Sequence[Plugin] = ()
    limits: Limits = field(default_factory=Limits)
    only: str | None = None
    held: frozenset[str] = frozenset()
    neighbours: frozenset[str] = frozenset()
    adopting: frozenset[str] = frozenset()
    news: set[SideName] = field(default_factory=lambda: set(SideName))
    heard: dict[SideName, datetime] = field(default_factory=dict)
    linger: Linger | None = None
    linked: bool | None = None
    patient: bool = True
    talk: Talk = say_nothing
    aside: Aside = field(default_factory=Aside)
    echo: Echo = field(default_factory=Echo)
    hide: Callable[[str], str] = str

    @property
    def entities(self) -> list[type[EntityMapping]]:
        """The top-level entities this trip works on."""
        tops = [mapping for mapping in self.mappings if mapping.part_of is None]
        return [mapping for mapping in tops if self._is_wanted(mapping)]

    def _is_wanted(self, mapping: type[EntityMapping]) -> bool:
        """Parts travel inside their parent, so to ask for them is to ask for it."""
        part = self.part_mapping(mapping)
        return mapping.name not in self.held and self.only in (
            None,
            mapping.name,
            part.name if part else None,
        )

    def part_mapping(self, mapping: type[EntityMapping]) -> type[EntityMapping] | None:
        """Return the mapping of the parts inside a parent, if it has any."""
        for candidate in self.mappings:
            if candidate.part_of is not None and issubclass(mapping, candidate.part_of):
                return candidate
        return None

    def entities_of(self, xero: str) -> list[str]:
        """Return the entities whose records share a Xero resource."""
        return [m.name for m in self.mappings if m.xero == xero and m.part_of is None]

    def part_on(self, mapping: type[EntityMapping]) -> type[EntityMapping] | None:
        """Return the mapping by which the same Dynamics rows travel inside a parent instead."""
        if mapping.part_of is not None:
            return None
        parts = (m for m in self.mappings if m.part_of is not None)
        return next((m for m in parts if m.dynamics == mapping.dynamics), None)

    def mapping(self, entity: str) -> type[EntityMapping]:
        """Return the mapping of an entity, parts included."""
        return next(mapping for mapping in self.mappings if mapping.name == entity)

    def key(self, side: SideName) -> str:
        """Return the endpoint key of a side."""
        return self.facts[side].key

    @cached_property
    def sources(self) -> list[Source]:
        """Return every feed this trip reads."""
        return sources(self.mappings)

    def source(self, side: SideName, resource: str) -> Source:
        """Return the feed of one resource."""
        found = (s for s in self.sources if s.side is side and s.feed.resource == resource)
        return next(found)

    def round_size(self) -> int:
        """Return how many links to decide together: as many calls, however large they are."""
        xero, size = self.sides[SideName.XERO], self.limits.round_size
        batch = xero.pace().batch if isinstance(xero, Budgeted) else 0
        return max(size, size * batch // LARGE_CALL)

    def now(self) -> datetime:
        """Return the time on the trip's clock."""
        return self.clock.now()
