"""What one row of the budget store remembers: calls in flight, a pause Xero asked for, windows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dynamics_xero.xero.window import FLIGHT_LIMIT_S, Window

SLOT_WAIT_S = 0.25


@dataclass(frozen=True, slots=True)
class Wait:
    """How long until a call may start, and which limit says so; 0 = now."""

    seconds: float
    why: str = ""


@dataclass
class Allowance:
    """The limits of one organisation, or of one app over all its organisations.

    flying: start times; two calls of the same start are the same to us. over: when each is over
    at the latest, should nobody say so. paused: limit -> until.
    """

    windows: Mapping[str, Window]
    max_flying: int
    flying: list[float] = field(default_factory=list)
    over: dict[float, float] = field(default_factory=dict)
    paused: dict[str, float] = field(default_factory=dict)

    def wait(self, now: float) -> Wait:
        """Return the longest of all waits."""
        waits = [Wait(max(0.0, until - now), why) for why, until in self.paused.items()]
        waits += [
            Wait(window.wait_s(now, len(self.flying)), why) for why, window in self.windows.items()
        ]
        if len(self.flying) >= self.max_flying:
            waits.append(Wait(SLOT_WAIT_S, "concurrent"))
        return max(waits, key=lambda wait: wait.seconds)

    def start(self, now: float, over_s: float) -> None:
        """Take one call out; there is no refund."""
        self.flying.append(now)
        self.over[now] = max(now + over_s, self.over.get(now, 0.0))

    def end(self, now: float, started: float, remaining: Mapping[str, int]) -> None:
        """Count a call as answered; remaining: what Xero says is left, by limit."""
        if started not in self.flying:  # given up for dead meanwhile, and counted then
            return
        self.flying.remove(started)
        for why, window in self.windows.items():
            window.add(now)
            if why in remaining:
                window.learn(now, started, remaining[why], len(self.flying))

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
        self.over = {started: at for started, at in self.over.items() if started in self.flying}
        for window in self.windows.values():
            window.forget(now)
        self.paused = {why: until for why, until in self.paused.items() if until > now}

    def dump(self) -> str:
        """Return the row's text."""
        windows = {why: window.dump() for why, window in self.windows.items()}
        over = list(self.over.items())
        row = {"flying": self.flying, "over": over, "paused": self.paused, "windows": windows}
        return json.dumps(row)

    def restore(self, text: str) -> None:
        """Take up a row's text; a limit it does not name starts afresh."""
        row = json.loads(text)
        self.flying = [float(started) for started in row["flying"]]
        # A process of an older version writes no "over".
        self.over = {float(started): float(at) for started, at in row.get("over", [])}
        self.paused = {str(why): float(until) for why, until in row["paused"].items()}
        for why, window in self.windows.items():
            if why in row["windows"]:
                window.restore(row["windows"][why])


def organisation() -> Allowance:
    """Return the limits per app and organisation of xero.md section 2, nothing used."""
    return Allowance(
        {"minute": Window(60, 60, 0.25), "day": Window(5000, 86_400, 300)}, max_flying=5
    )


def app() -> Allowance:
    """Return the limit of an app over all its organisations (xero.md section 2)."""
    return Allowance({"appminute": Window(10_000, 60, 0.25)}, max_flying=10_000)
