"""How often a worker asks and how long it gathers: both follow what is left of Xero's day.

The arithmetic is in docs/explanation/the-budget.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dynamics_xero.connector.connection import Connection
from dynamics_xero.model import SideName
from dynamics_xero.ports import Budgeted, Pace
from dynamics_xero.sync.feeds import Source
from dynamics_xero.sync.trip import Linger, Trip

LEAST_LINGER_S, MOST_LINGER_S = 5.0, 300.0
CALLS_A_BATCH = 3
"""What a partial batch costs: the read before it (R23), and one call of each verb (R17)."""

REFERENCE_POLL_S = 300.0
SHORT_OF_CALLS = 250
"""Fewer calls left than this stretch the intervals, to STRETCH times their length."""

STRETCH = 3.0
QUIET_SHARE = 4.0
"""A side that has been quiet is asked again after this part of the time it has been so."""

_ALL_YOU_LIKE = Pace(left=5000, call_s=0.0, batch=50)


@dataclass(frozen=True)
class Tempo:
    """How fast a connection may work now. feeds: how many Xero is asked for."""

    dynamics_s: float
    xero_s: float
    pace: Pace
    feeds: int
    heard: dict[SideName, datetime]
    now: datetime

    def poll_s(self, source: Source) -> float:
        """Return the seconds between two reads of a feed.

        Tables that are only looked up (currencies) hardly ever change and are read whole. Where
        edits are told apart by when they were seen, intervals are what the settings say (R13).
        """
        ordinary = self.dynamics_s if source.side is SideName.DYNAMICS else self.xero_s
        if source.is_reference:
            return max(ordinary, REFERENCE_POLL_S)
        if source.stamped:
            return ordinary
        if source.side is SideName.DYNAMICS:
            return max(ordinary, min(self._quiet_s() / 60, ordinary * STRETCH))
        return max(self._affordable_s(), min(self._quiet_s() / QUIET_SHARE, self._longest_s()))

    def linger_s(self, told: float | None) -> float:
        """Return how long a partial batch waits; told: what the settings say."""
        if told is not None:
            return told
        return min(max(CALLS_A_BATCH * self.pace.call_s, LEAST_LINGER_S), MOST_LINGER_S)

    def _affordable_s(self) -> float:
        """A side that changes is asked up to five times as often, as far as the day affords it."""
        every = self.xero_s
        if self._since(SideName.XERO) < 2 * self.xero_s:
            half_of_all = 2 * self.pace.call_s * self.feeds
            every = max(self.xero_s / 5, min(half_of_all, self.xero_s))
        return every * min(max(SHORT_OF_CALLS / max(self.pace.left, 1), 1.0), STRETCH)

    def _longest_s(self) -> float:
        return self.xero_s * STRETCH * max(1.0, self.feeds / 2)

    def _quiet_s(self) -> float:
        return min(self._since(side) for side in SideName)

    def _since(self, side: SideName) -> float:
        return (self.now - self.heard.get(side, self.now)).total_seconds()


def tempo(one: Connection, trip: Trip) -> Tempo:
    """Return how fast the connection may work now."""
    xero = trip.sides[SideName.XERO]
    now = trip.now()
    for side in SideName:  # a process that has just begun takes both for lively
        one.heard.setdefault(side, now)
    return Tempo(
        dynamics_s=one.settings.dynamics.poll_s,
        xero_s=one.settings.xero.poll_s,
        pace=xero.pace() if isinstance(xero, Budgeted) else _ALL_YOU_LIKE,
        feeds=sum(source.side is SideName.XERO for source in trip.sources),
        heard=one.heard,
        now=now,
    )


def linger(one: Connection, now: Tempo) -> Linger | None:
    """Return how partial batches wait in this slice; None when they do not."""
    one.linger.wait_s = now.linger_s(one.linger_s)
    one.linger.full = max(1, now.pace.batch)
    one.linger.until = None
    return one.linger if one.linger.wait_s else None
