"""What each environment or organisation owns, and what a twin must offer the kernel."""

from __future__ import annotations

import random
import threading
import uuid
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from dynamics_xero.sandbox.clock import SandboxClock
from dynamics_xero.sandbox.database import Database
from dynamics_xero.sandbox.faults import Faults
from dynamics_xero.sandbox.ledger import Ledger
from dynamics_xero.sandbox.people import People
from dynamics_xero.sandbox.quota import Quota
from dynamics_xero.sandbox.stats import Stats
from dynamics_xero.sandbox.switches import Switch, Switches
from dynamics_xero.sandbox.web import Request, Response
from dynamics_xero.sandbox.webhook_terms import Announcer
from dynamics_xero.sandbox.webhooks import Webhooks


@dataclass
class Endpoint:
    """One Dynamics environment or one Xero organisation."""

    name: str
    clock: SandboxClock
    database: Database
    ledger: Ledger
    stats: Stats
    faults: Faults
    quota: Quota
    switches: Switches
    people: People
    webhooks: Webhooks
    random: random.Random
    facts: dict[str, str]
    _random_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def at_rest(self) -> None:
        """Count from nothing, with no fault set and nobody told; the data stays."""
        self.stats.clear()
        self.quota.clear()
        self.faults.replace((), seed=0)
        self.webhooks.clear()

    def new_id(self) -> str:
        """Return a fresh GUID; with the same seed and the same calls, the same one."""
        with self._random_lock:
            return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def new_token(self) -> str:
        """Return a fresh secret of 43 URL-safe characters' strength, likewise repeatable."""
        with self._random_lock:
            return f"{self.random.getrandbits(256):064x}"


class Twin(Protocol):
    """One API on one port."""

    switches: tuple[Switch, ...]

    def endpoint_for(self, request: Request) -> Endpoint | None:
        """Return whose quota, faults and counters apply; None = identity, not counted."""

    def handle(self, request: Request, endpoint: Endpoint | None) -> Response:
        """Answer one call; runs in a worker thread."""

    def refuse(self, kind: str, request: Request, retry_after_s: int) -> Response:
        """Answer a call that is turned away unprocessed, in the API's own form."""

    def decorate(self, response: Response, endpoint: Endpoint) -> None:
        """Add the headers that every answer carries, errors included."""

    def resources(self) -> tuple[str, ...]:
        """Return the names that can be dumped."""

    def dump(
        self, endpoint: Endpoint, resource: str, *, after: int, limit: int
    ) -> tuple[list[dict[str, object]], int | None]:
        """Return rows behind `after`, and where to go on, None at the end."""

    def reset(self, endpoint: Endpoint) -> None:
        """Make the endpoint a fresh twin; organisation, users and people remain."""


@runtime_checkable
class Announcing(Protocol):
    """A twin that sends webhooks."""

    def announcer(self, endpoint: Endpoint) -> Announcer:
        """Return how it words them for one endpoint; asked once."""


@runtime_checkable
class Screens(Protocol):
    """A twin whose users do things on screens that no public API call can do.

    Each raises ValueError when the screen would not let them.
    """

    def merge(self, endpoint: Endpoint, loser: str, winner: str, actor: str) -> None:
        """Merge one record into another."""

    def unarchive(self, endpoint: Endpoint, contact: str, actor: str) -> None:
        """Restore an archived record."""

    def edit_on_screen(
        self, endpoint: Endpoint, contact: str, values: dict[str, object], actor: str
    ) -> None:
        """Fill fields the API only reads."""
