"""Spend calls so that Xero never has to refuse one, together with every other process (R35)."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from dynamics_xero.errors import ThrottledError
from dynamics_xero.ports import BudgetStore, Clock, Use
from dynamics_xero.shared_rows import SharedRows
from dynamics_xero.xero import allowance
from dynamics_xero.xero.allowance import Allowance, Wait
from dynamics_xero.xero.budget_batch import AnswerTimes, by_day
from dynamics_xero.xero.window import FLIGHT_LIMIT_S

LONGEST_WAIT_S = 60.0
"""A longer wait ends the run as `paused`; limits of a minute are waited out (contract.md 3)."""

_MINUTES = ("minute", "appminute", "concurrent")
_LONGEST_MINUTE_S = 120.0
_NAP_S = 5.0
_IN_FLIGHT = 5
_HEADERS = {
    "minute": "x-minlimit-remaining",
    "day": "x-daylimit-remaining",
    "appminute": "x-appminlimit-remaining",
}

Result = TypeVar("Result")


@dataclass
class Call:
    """One call under way; what its answer says of the limits goes in before it ends.

    received: bytes of its answer as they travelled. took_s: known once it has ended. left: false
    if it was given back.
    """

    started: float
    remaining: dict[str, int] = field(default_factory=dict)
    pause: tuple[str, float] | None = None
    received: int = 0
    took_s: float = 0.0
    left: bool = True

    def give_back(self) -> None:
        """Say that it has not left and never will: nothing was spent."""
        self.left = False

    def answered(self, headers: Mapping[str, str]) -> None:
        """Take in what Xero says is left; header names in lower case."""
        for why, name in _HEADERS.items():
            if headers.get(name, "").isdigit():
                self.remaining[why] = int(headers[name])

    def refused(self, why: str, retry_after_s: float) -> None:
        """Let nobody start before Xero's Retry-After is over."""
        self.pause = (why or "minute", retry_after_s)


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    fresh: Callable[[], Allowance]
    pauses: tuple[str, ...]


class Budget:
    """The calls of one organisation, and of the app it belongs to.

    left: calls that the day still had when one of ours was last answered.
    """

    def __init__(
        self,
        store: BudgetStore,
        clock: Clock,
        *,
        organisation: str,
        app: str,
        calls_a_day: int | None = None,
    ) -> None:
        """organisation, app: names of their rows in the store. calls_a_day: if it is known."""
        self._clock = clock
        fresh = functools.partial(allowance.organisation, calls_a_day)
        self._rows = (
            _Row(organisation, fresh, ("minute", "day", "concurrent")),
            _Row(app, allowance.app, ("appminute",)),
        )
        self._shared = SharedRows(store, [row.name for row in self._rows])
        self.left = allowance.CALLS_A_DAY
        self._slots = threading.BoundedSemaphore(_IN_FLIGHT)
        self._turn = threading.Lock()

    @contextmanager
    def call(
        self,
        *,
        within_s: float,
        over_s: float = FLIGHT_LIMIT_S,
        use: Use = Use.CONTACT,
    ) -> Iterator[Call]:
        """Wait for the right to make one call, hold it while the call runs, then count it.

        over_s: how long after its start it is over, should this process die before it says so.
        use: how much of the day it may count on.
        Raises ThrottledError when the wait would outlast within_s, or is for a day.
        """
        until = self._now() + within_s
        with self._slots:
            with self._turn:  # one waits for the limits, so that nobody is passed over
                call = Call(self._spend(until, over_s, use))
            try:
                yield call
            finally:
                self._change(functools.partial(self._count, call))

    def standing(self) -> Allowance:
        """Return how the organisation's limits stand, without changing anything."""
        return self._held(self._shared.load())[0]

    def of_app(self) -> Allowance:
        """Return how the limit of the app over all its organisations stands."""
        return self._held(self._shared.load())[1]

    def afford(self, use: Use) -> None:
        """Raise ThrottledError when the day has no call left for a use; nothing is spent."""
        wait = self.standing().wait(self._now(), use)
        if wait.why not in _MINUTES and wait.seconds > LONGEST_WAIT_S:
            raise _used_up(wait, use)

    def _spend(self, until: float, over_s: float, use: Use) -> float:
        while True:
            wait, started = self._start(over_s, use)
            if not wait.seconds:
                return started
            longest = _LONGEST_MINUTE_S if wait.why in _MINUTES else LONGEST_WAIT_S
            if wait.seconds > longest or self._now() + wait.seconds >= until:
                raise _used_up(wait, use)
            # In short naps, since the clock may be moved while we sleep.
            self._clock.sleep(min(wait.seconds, _NAP_S))

    def _start(self, over_s: float, use: Use) -> tuple[Wait, float]:
        """Debit every row before the call leaves, or none of them and say how long to wait."""
        started = self._now()
        return self._change(functools.partial(_debit, started, over_s, use)), started

    def _count(self, call: Call, everything: Sequence[Allowance]) -> None:
        if not call.left:
            for held in everything:
                held.take_back(call.started)
            return
        now = self._now()
        call.took_s = now - call.started
        for row, held in zip(self._rows, everything, strict=True):
            held.end(now, call.started, call.remaining)
            if "day" in held.windows:
                held.weigh(now, call.received)
                self.left = held.left_today(now)
            if call.pause is not None and call.pause[0] in row.pauses:
                held.pause(call.pause[0], now + call.pause[1])

    def _change(self, change: Callable[[Sequence[Allowance]], Result]) -> Result:
        """Change the rows as if alone."""

        def work(texts: Mapping[str, str]) -> tuple[Result, dict[str, str]]:
            everything = self._held(texts)
            result = change(everything)
            pairs = zip(self._rows, everything, strict=True)
            return result, {row.name: held.dump() for row, held in pairs}

        return self._shared.change(work)

    def _held(self, texts: Mapping[str, str]) -> list[Allowance]:
        """Return each row as it stands now."""
        everything = []
        for row in self._rows:
            held = row.fresh()
            if row.name in texts:
                held.restore(texts[row.name])
            held.forget(self._now())
            everything.append(held)
        return everything

    def _now(self) -> float:
        return self._clock.now().timestamp()


class Purse:
    """The budget of the organisation that a client turns out to speak to."""

    def __init__(
        self, store: BudgetStore, clock: Clock, *, app: str, calls_a_day: int | None
    ) -> None:
        self._store = store
        self._clock = clock
        self._app = app
        self._calls_a_day = calls_a_day
        self._lock = threading.Lock()
        self._budgets: dict[str, Budget] = {}
        self.times = AnswerTimes()

    def of(self, tenant_id: str) -> Budget:
        """Return the one budget of an organisation in this process."""
        with self._lock:
            if tenant_id not in self._budgets:
                self._budgets[tenant_id] = Budget(
                    self._store,
                    self._clock,
                    organisation=f"{self._app}:{tenant_id}",
                    app=self._app,
                    calls_a_day=self._calls_a_day,
                )
            return self._budgets[tenant_id]

    @contextmanager
    def paying(
        self, tenant_id: str, *, within_s: float, over_s: float, use: Use, records: int
    ) -> Iterator[Call]:
        """Pay for one call as `Budget.call` does; records: how many it writes."""
        paid: Call | None = None
        try:
            with self.of(tenant_id).call(within_s=within_s, over_s=over_s, use=use) as paid:
                yield paid
        finally:  # no answer in time says as much as a slow one
            if paid is not None and paid.left and records:
                self.times.note(records, paid.took_s)

    def batch(self, ordinary: int, most: int) -> int:
        """Return how many records the next call should carry."""
        with self._lock:
            left = min((one.left for one in self._budgets.values()), default=allowance.CALLS_A_DAY)
        return self.times.within(by_day(ordinary, most, left))


def _used_up(wait: Wait, use: Use) -> ThrottledError:
    return ThrottledError(
        f"Xero's limit of calls is used up ({words(wait.why, use)}).",
        code=wait.why,
        retry_after_s=wait.seconds,
    )


def words(why: str, use: Use) -> str:
    """Say which limit it is, and for a day's, how much of it this use may take."""
    percent = allowance.share(use)
    if why != "day" or percent == 100:
        return why
    return f"day; {_USES.get(use, 'ordinary work')} may use {percent} % of it"


_USES = {Use.BACKFILL: "a load", Use.RECONCILE: "a comparison"}


def _debit(now: float, over_s: float, use: Use, everything: Sequence[Allowance]) -> Wait:
    wait = max((held.wait(now, use) for held in everything), key=lambda each: each.seconds)
    if not wait.seconds:
        for held in everything:
            held.start(now, over_s)
    return wait
