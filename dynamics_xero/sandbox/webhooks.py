"""Webhooks of one endpoint: a thread that follows the ledger and tells subscribers about it.

A write is committed before the thread can see it, and never waits for it: a slow or dead receiver
holds up the messages behind, nothing else. What is not yet told stands in the ledger, so nothing
piles up in memory. One attempt is made; retries, intent to receive and disabling are not played.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Protocol

import requests

from dynamics_xero.sandbox.faults import Faults
from dynamics_xero.sandbox.ledger import Ledger

Entry = Mapping[str, object]

_PAGE, _MOST_TRIGGERS = 500, 1000
_PATIENCE_S = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Subscription:
    """Where messages go, and the secret that proves whose they are."""

    url: str
    key: str


@dataclass(frozen=True)
class Trigger:
    """An event nobody's write has caused; `event` replaces fields of what is sent."""

    id: str
    resource: str | None
    action: str
    event: Mapping[str, object]


@dataclass(frozen=True)
class Notice:
    """One message; `method` and `path` are those of the write behind it, for the faults."""

    body: bytes
    headers: Mapping[str, str]
    method: str
    path: str


class Announcer(Protocol):
    """How one remote words its messages."""

    resources: tuple[str, ...]

    def notices(self, entries: Sequence[Entry], event: Mapping[str, object]) -> list[Notice]:
        """Return the messages about one write call; `event` replaces fields of each."""

    def addressed(self, notice: Notice, subscription: Subscription) -> requests.Request:
        """Return the call that brings a message to a subscriber, with its proof."""


class Webhooks:
    """The subscriptions of one endpoint and the thread that serves them."""

    def __init__(self, ledger: Ledger, faults: Faults) -> None:
        self.announcer: Announcer | None = None
        self._ledger = ledger
        self._faults = faults
        self._signal = threading.Condition()
        self._thread: threading.Thread | None = None
        self._subscriptions: tuple[Subscription, ...] = ()
        self._triggers: deque[Notice] = deque()
        self._read_to = 0
        self._era = 0
        self._awake = self._busy = self._closing = False
        self._counts: Counter[str] = Counter()

    def subscribe(self, subscription: Subscription) -> None:
        """Tell a receiver what is written from now on; a known one only gets its new key.

        Raises LookupError for a twin that sends no webhooks.
        """
        self._announcer()
        with self._signal:
            if not self._subscriptions:
                self._read_to = self._ledger.last()
            others = (one for one in self._subscriptions if one.url != subscription.url)
            self._subscriptions = (*others, subscription)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
                self._thread.start()

    def trigger(self, trigger: Trigger, *, at: str) -> None:
        """Send one event to every subscriber. Raises LookupError for an unknown resource."""
        announcer = self._announcer()
        resource = trigger.resource or announcer.resources[0]
        if resource not in announcer.resources:
            raise LookupError(f"no webhook is about {resource!r}, only {announcer.resources}")
        entry: Entry = {
            "seq": 0,
            "at": at,
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
        if not self._subscriptions:
            return
        with self._signal:
            self._awake = True
            self._signal.notify()

    def state(self) -> dict[str, object]:
        """Return who has subscribed, what became of the messages, whether any is under way."""
        with self._signal:
            return {
                "subscriptions": [one.url for one in self._subscriptions],
                "idle": not (self._awake or self._busy),
                **{name: self._counts[name] for name in ("delivered", "failed", "lost")},
            }

    def clear(self) -> None:
        """Forget subscribers, counters and what was to be sent."""
        with self._signal:
            self._era += 1
            self._subscriptions = ()
            self._triggers.clear()
            self._counts.clear()

    def close(self) -> None:
        """End the thread; what it has not sent stays unsent."""
        with self._signal:
            self._closing = True
            self._era += 1
            self._signal.notify()
        if self._thread is not None:
            self._thread.join()

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
            self._signal.wait_for(lambda: self._awake or self._closing)
            self._awake, self._busy = False, not self._closing
            return self._busy

    def _send_due(self, session: requests.Session) -> None:
        era = self._era
        for notice in self._due(era):
            if self._faults.draw_kind("lose_webhook", notice.method, notice.path) is not None:
                self._count("lost", era)
                continue
            twice = self._faults.draw_kind("duplicate_webhook", notice.method, notice.path)
            for subscription in self._subscriptions * (1 if twice is None else 2):
                if era != self._era:
                    return
                arrived = self._deliver(session, notice, subscription)
                self._count("delivered" if arrived else "failed", era)

    def _due(self, era: int) -> Iterator[Notice]:
        announcer = self._announcer()
        while era == self._era:
            entries, read_to = self._ledger.entries(after=self._read_to, limit=_PAGE)
            with self._signal:
                if era != self._era:
                    return
                self._read_to = read_to
                waiting = list(self._triggers)
                self._triggers.clear()
            for _, call in groupby(entries, itemgetter("request")):
                yield from announcer.notices(list(call), {})
            yield from waiting
            if not entries and not waiting:
                return

    def _deliver(
        self, session: requests.Session, notice: Notice, subscription: Subscription
    ) -> bool:
        call = session.prepare_request(self._announcer().addressed(notice, subscription))
        try:
            answer = session.send(call, timeout=_PATIENCE_S, allow_redirects=False)
        except requests.RequestException:
            return False
        return answer.ok and not answer.is_redirect

    def _count(self, what: str, era: int) -> None:
        with self._signal:
            if era == self._era:
                self._counts[what] += 1
