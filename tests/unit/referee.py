"""An independent referee of Xero's limits on a simulated clock, and calls that obey a budget."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from dynamics_xero.ports import Use
from dynamics_xero.xero.budget import Budget
from tests.memory import MemoryBudgets

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class SimulatedClock:
    """A clock that jumps from event to event; whoever sleeps lets those on the way happen."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.turn = itertools.count()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.run_until(self.seconds + seconds)

    def at(self, moment: float, event: Callable[[], None]) -> None:
        heapq.heappush(self.events, (moment, next(self.turn), event))

    def run_until(self, moment: float) -> None:
        while self.events and self.events[0][0] <= moment:
            self.seconds, _, event = heapq.heappop(self.events)
            event()
        self.seconds = max(self.seconds, moment)


class Referee:
    """Counts arrivals as Xero would, by its own arithmetic: one list of moments.

    at_the_end: what is left is told as it stands when the answer leaves, not when the call came.
    """

    def __init__(
        self,
        *,
        rolling: bool,
        limit: int,
        day: int = 5000,
        phase: float = 0.0,
        at_the_end: bool = False,
    ) -> None:
        self.rolling, self.limit, self.day, self.phase = rolling, limit, day, phase
        self.at_the_end = at_the_end
        self.arrivals: list[float] = []
        self.refused = 0

    def used(self, at: float, period: float) -> int:
        if self.rolling:
            return sum(1 for moment in self.arrivals if moment > at - period)
        opened = at - (at - self.phase) % period
        return sum(1 for moment in self.arrivals if moment >= opened)

    def arrive(self, at: float) -> dict[str, str]:
        """Count one call and return the headers of its answer."""
        if self.used(at, 60) >= self.limit or self.used(at, 86_400) >= self.day:
            self.refused += 1
        else:
            self.arrivals.append(at)
        return self.left(at)

    def left(self, at: float) -> dict[str, str]:
        """Return what the headers say at a moment."""
        return {
            "x-minlimit-remaining": str(self.limit - self.used(at, 60)),
            "x-daylimit-remaining": str(self.day - self.used(at, 86_400)),
        }


class Scene:
    """One budget, its clock and its referee; calls take random times."""

    def __init__(
        self,
        seed: int,
        referee: Referee,
        *,
        longest_s: float = 2.0,
        calls_a_day: int | None = None,
    ) -> None:
        self.random = random.Random(seed)
        self.clock = SimulatedClock()
        self.referee = referee
        self.store = MemoryBudgets()
        self.longest_s = longest_s
        self.calls_a_day = calls_a_day
        self.flying = self.flying_max = 0
        self.budget = self.another_process()

    def another_process(self) -> Budget:
        return Budget(
            self.store,
            self.clock,
            organisation="xero:org",
            app="xero:app",
            calls_a_day=self.calls_a_day,
        )

    def send(self, budget: Budget | None = None, *, use: Use = Use.CONTACT) -> None:
        """Start a call; Xero counts it some time between its start and its answer."""
        while self.flying >= 5:
            self.clock.run_until(self.clock.events[0][0])
        stack = ExitStack()
        call = stack.enter_context((budget or self.budget).call(within_s=900, use=use))
        self.flying += 1
        self.flying_max = max(self.flying, self.flying_max)
        answered = self.clock.seconds + self.random.uniform(0.05, self.longest_s)
        headers: dict[str, str] = {}

        def arrive() -> None:
            headers.update(self.referee.arrive(self.clock.seconds))

        def answer() -> None:
            self.flying -= 1
            late = self.referee.at_the_end
            call.answered(self.referee.left(self.clock.seconds) if late else headers)
            stack.close()

        self.clock.at(self.random.uniform(self.clock.seconds, answered), arrive)
        self.clock.at(answered, answer)

    def send_many(self, count: int, *, use: Use = Use.CONTACT) -> None:
        for _ in range(count):
            self.send(use=use)

    def finish(self) -> None:
        """Let the calls under way be answered."""
        self.clock.run_until(self.clock.seconds + self.longest_s)
