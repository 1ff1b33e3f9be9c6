"""Webhooks of one endpoint: a thread that follows the ledger and tells subscribers about it.

A write is committed before the thread can see it, and never waits for it: a slow or dead receiver
holds up the messages behind, nothing else. What is not yet told stands in the ledger, so nothing
piles up in memory but what waits for its next attempt.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Iterator

import requests

from dynamics_xero.sandbox.clock import SandboxClock
from dynamics_xero.sandbox.faults import Faults
from dynamics_xero.sandbox.ledger import Ledger
from dynamics_xero.sandbox.webhook_delivery import Deliveries
from dynamics_xero.sandbox.webhook_terms import Announcer, Entry, Notice, Subscription, Trigger

_PAGE, _MOST_TRIGGERS = 500, 1000
_LOOK_S = 0.1
"""How often the sandbox's clock is looked at while a message waits for it: it may be moved."""
_LEAVE_S = 5.0
_log = logging.getLogger(__name__)


class Webhooks:
    """The subscriptions of one endpoint and the thread that serves them."""

    def __init__(self, ledger: Ledger, faults: Faults, clock: SandboxClock) -> None:
        self.announcer: Announcer | None = None
        self._ledger = ledger
        self._faults = faults
        self._deliveries = Deliveries(clock)
        self._signal = threading.Condition()
        self._thread: threading.Thread | None = None
        self._triggers: deque[Notice] = deque()
        self._read_to = 0
        self._era = 0
        self._awake = self._busy = self._closing = False
        self._counts: Counter[str] = Counter()

    def subscribe(self, subscription: Subscription) -> None:
        """Tell a receiver what is written from now on; a known one begins anew.

        Raises LookupError for a twin that sends no webhooks.
        """
        terms = self._announcer().terms
        with self._signal:
            if not self._deliveries.any_receiver:
                self._read_to = self._ledger.last()
            self._deliveries.add(subscription, sole=terms.sole)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
                self._thread.start()
        self.wake()

    def trigger(self, trigger: Trigger, *, at: str) -> None:
        """Send one event to every subscriber. Raises LookupError for an unknown resource."""
        announcer = self._announcer()
        resource = trigger.resource or announcer.resources[0]
        if resource not in announcer.resources:
            raise LookupError(f"no webhook is about {resource!r}, only {announcer.resources}")
        entry: Entry = {
            "seq": 0,
            "at": at,
            "request": "",
            "actor": "",
            "method": "POST",
            "path": "/_sandbox/webhooks",
            "resource": resource,
            "id": trigger.id,
            "action": trigger.action,
            "changed": True,
            "fields": [],
            "after": None,
        }
        notices = announcer.notices([entry], trigger.event)
        with self._signal:
            if len(self._triggers) >= _MOST_TRIGGERS:
                raise LookupError("too many triggers wait already")
            self._triggers += notices
        self.wake()

    def wake(self) -> None:
        """Have the ledger read; costs nothing while nobody has subscribed."""
        if not self._deliveries.any_receiver:
            return
        with self._signal:
            self._awake = True
            self._signal.notify()

    def state(self) -> dict[str, object]:
        """Return who has subscribed, what became of the messages, whether any is under way."""
        with self._signal:
            return {
                **self._deliveries.state(),
                "idle": not (self._awake or self._busy or self._deliveries.overdue),
                **{name: self._counts[name] for name in ("delivered", "failed", "lost")},
            }

    def clear(self) -> None:
        """Forget subscribers, counters and what was to be sent."""
        with self._signal:
            self._era += 1
            self._deliveries.clear()
            self._triggers.clear()
            self._counts.clear()

    def close(self) -> None:
        """End the thread; what it has not sent stays unsent, a dead receiver is not waited for."""
        with self._signal:
            self._closing = True
            self._era += 1
            self._signal.notify()
        if self._thread is not None:
            self._thread.join(_LEAVE_S)

    def _announcer(self) -> Announcer:
        if self.announcer is None:
            raise LookupError("this twin sends no webhooks")
        return self.announcer

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while self._next():
                try:
                    self._send_due(session)
                except Exception:
                    # A defect of the twin must not silence it for good.
                    _log.exception("defect in the twin's webhooks")
                finally:
                    with self._signal:
                        self._busy = False

    def _next(self) -> bool:
        """Wait for something to do; False at the end."""
        with self._signal:
            while not (self._awake or self._closing or self._deliveries.overdue):
                self._signal.wait(_LOOK_S if self._deliveries.waits else None)
            self._awake, self._busy = False, not self._closing
            return self._busy

    def _send_due(self, session: requests.Session) -> None:
        era, announcer, deliveries = self._era, self._announcer(), self._deliveries
        deliveries.greet(announcer, session)
        for arrived in deliveries.retry(announcer, session):
            self._count("delivered" if arrived else "failed", era)
        for notice in self._due(era, session):
            if self._faults.draw_kind("lose_webhook", notice.method, notice.path) is not None:
                self._count("lost", era)
                continue
            twice = self._faults.draw_kind("duplicate_webhook", notice.method, notice.path)
            for subscription in deliveries.receivers() * (1 if twice is None else 2):
                if era != self._era:
                    return
                if not announcer.terms.wants(notice, subscription):
                    continue
                arrived = deliveries.deliver(notice, subscription, announcer, session)
                self._count("delivered" if arrived else "failed", era)

    def _due(self, era: int, session: requests.Session) -> Iterator[Notice]:
        announcer = self._announcer()
        while era == self._era:
            entries, read_to = self._ledger.entries(after=self._read_to, limit=_PAGE)
            with self._signal:
                if era != self._era:
                    return
                self._read_to = read_to
                waiting = list(self._triggers)
                self._triggers.clear()
            # Whoever subscribed before these were written is greeted before they are told.
            self._deliveries.greet(announcer, session)
            yield from announcer.notices(entries, {})
            yield from waiting
            if not entries and not waiting:
                return

    def _count(self, what: str, era: int) -> None:
        with self._signal:
            if era == self._era:
                self._counts[what] += 1
