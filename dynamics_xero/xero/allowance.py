"""What one row of the budget store remembers: calls in flight, a pause Xero asked for, windows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dynamics_xero.ports import Use
from dynamics_xero.xero.window import FLIGHT_LIMIT_S, Window

SLOT_WAIT_S = 0.25
DAY_S = 86_400
CALLS_A_DAY = 5000
"""What every tier but Starter has (xero.md section 2); the first answer says how it is."""

SHARES = {Use.MONEY: 100, Use.BACKFILL: 60, Use.RECONCILE: 80}
"""Percent of the day that a use may take; all others leave the last 5 to money."""

_TRAFFIC_DAYS = 31


def share(use: Use) -> int:
    """Return the percent of the day's calls after which a use has to stop."""
    return SHARES.get(use, 95)


@dataclass(frozen=True, slots=True)
class Wait:
    """How long until a call may start, and which limit says so; 0 = now."""

    seconds: float
    why: str = ""


@dataclass
class Allowance:
    """The limits of one organisation, or of one app over all its organisations.

    flying: start times; two calls of the same start are the same to us. over: when each is over
    at the latest, should nobody say so. late: how many others were answered since it started:
    Xero may have seen them after it. paused: limit -> until. traffic: day (since 1970) -> bytes
    that came from Xero, as they travelled: that is what Xero bills (xero.md section 2).
    """

    windows: Mapping[str, Window]
    max_flying: int
    flying: list[float] = field(default_factory=list)
    over: dict[float, float] = field(default_factory=dict)
    late: dict[float, int] = field(default_factory=dict)
    paused: dict[str, float] = field(default_factory=dict)
    traffic: dict[int, int] = field(default_factory=dict)

    def wait(self, now: float, use: Use = Use.MONEY) -> Wait:
        """Return the longest of all waits for a call of that use."""
        waits = [Wait(max(0.0, until - now), why) for why, until in self.paused.items()]
        flying = len(self.flying)
        for why, window in self.windows.items():
            percent = share(use) if why == "day" else 100
            waits.append(Wait(window.wait_s(now, flying, percent), why))
        if len(self.flying) >= self.max_flying:
            waits.append(Wait(SLOT_WAIT_S, "concurrent"))
        return max(waits, key=lambda wait: wait.seconds)

    def start(self, now: float, over_s: float) -> None:
        """Take one call out; there is no refund once it has left."""
        if now not in self.flying:  # else the first of the same start has seen more go by
            self.late[now] = 0
        self.flying.append(now)
        self.over[now] = max(now + over_s, self.over.get(now, 0.0))

    def take_back(self, started: float) -> None:
        """Forget a call that never left."""
        if started in self.flying:  # not given up for dead meanwhile
            self.flying.remove(started)

    def end(self, now: float, started: float, remaining: Mapping[str, int]) -> None:
        """Count a call as answered; remaining: what Xero says is left, by limit."""
        if started not in self.flying:  # given up for dead meanwhile, and counted then
            return
        self.flying.remove(started)
        for window in self.windows.values():
            window.add(now)
        late = self._answered_since(started)
        flying = set(self.flying)
        self.late = {other: count + 1 for other, count in self.late.items() if other in flying}
        for why, window in self.windows.items():
            if why in remaining:
                window.learn(now, started, remaining[why], len(self.flying), late=late)

    def _answered_since(self, started: float) -> int:
        """Return how many calls but the last were answered since that start, or more."""
        if started in self.late:
            return self.late[started]
        # A process of an older version wrote the row: the minute's fine steps tell best.
        return next(iter(self.windows.values())).answered_since(started)

    def left_today(self, now: float, use: Use = Use.MONEY) -> int:
        """Return how many calls of a use the day still has."""
        return max(0, self.windows["day"].free(now, len(self.flying), share(use)))

    def weigh(self, now: float, received: int) -> None:
        """Count bytes that came from Xero."""
        today = int(now // DAY_S)
        self.traffic[today] = self.traffic.get(today, 0) + received

    def pause(self, why: str, until: float) -> None:
        """Start nothing before `until`; what Xero said of a day replaces our own count of it."""
        self.paused[why] = max(until, self.paused.get(why, 0.0))
        if why == "day" and "day" in self.windows:
            self.windows["day"].clear()

    def forget(self, now: float) -> None:
        """Drop what no longer matters."""
        for started in list(self.flying):
            over = self.over.get(started, started + FLIGHT_LIMIT_S)
            if over <= now:
                self.end(over, started, {})
        flying = set(self.flying)
        self.over = {started: at for started, at in self.over.items() if started in flying}
        self.late = {started: count for started, count in self.late.items() if started in flying}
        for window in self.windows.values():
            window.forget(now)
        self.paused = {why: until for why, until in self.paused.items() if until > now}
        oldest = int(now // DAY_S) - _TRAFFIC_DAYS
        self.traffic = {day: count for day, count in self.traffic.items() if day > oldest}

    def dump(self) -> str:
        """Return the row's text."""
        windows = {why: window.dump() for why, window in self.windows.items()}
        over, late = list(self.over.items()), list(self.late.items())
        row = {"flying": self.flying, "over": over, "late": late, "paused": self.paused}
        return json.dumps({**row, "windows": windows, "traffic": self.traffic})

    def restore(self, text: str) -> None:
        """Take up a row's text; a limit it does not name starts afresh."""
        row = json.loads(text)
        self.flying = [float(started) for started in row["flying"]]
        # A process of an older version writes no "over" and no "late".
        self.over = {float(started): float(at) for started, at in row.get("over", [])}
        self.late = {float(started): int(count) for started, count in row.get("late", [])}
        self.paused = {str(why): float(until) for why, until in row["paused"].items()}
        self.traffic = {int(day): int(count) for day, count in row.get("traffic", {}).items()}
        for why, window in self.windows.items():
            if why in row["windows"]:
                window.restore(row["windows"][why])


def organisation(calls_a_day: int | None = None) -> Allowance:
    """Return the limits per app and organisation of xero.md section 2, nothing used.

    calls_a_day: what the tier has, where the settings say so; else the first answer tells.
    """
    known = calls_a_day is not None
    limit = calls_a_day or CALLS_A_DAY
    day = Window(limit, DAY_S, 300, known=known, follows=True, pinned=calls_a_day)
    return Allowance({"minute": Window(60, 60, 0.25), "day": day}, max_flying=5)


def app() -> Allowance:
    """Return the limit of an app over all its organisations (xero.md section 2)."""
    return Allowance({"appminute": Window(10_000, 60, 0.25)}, max_flying=10_000)
