"""A process that dies where it is told: its ports count every edge, and strike at one of them.

An edge is a place where what happened before is durable and what follows is not yet: before and
after a commit, before a call leaves and after the remote took it. Once dead, nothing passes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

from dynamics_xero.model import Answer, EndpointFacts, Feed, Page, Record
from dynamics_xero.ports import Side
from dynamics_xero.store_port import Store, Transaction
from tests.sides import PassingSide, Sending

Found = TypeVar("Found")


class Died(BaseException):
    """The process is no more; not even `except Exception` may hold it up."""


class Fate:
    """Counts edges and strikes at one of them."""

    def __init__(
        self, strike_at: int | None = None, *, look: Callable[[], Hashable] | None = None
    ) -> None:
        """strike_at: the number of the edge, from 0; None lets the process live.

        look: tells one durable state of the world from another; asked at every edge.
        """
        self.edges: list[str] = []
        self.seen: list[Hashable] = []
        self.is_dead = False
        self._strike_at = strike_at
        self._look = look

    def check(self) -> None:
        """Let a dead process do nothing more."""
        if self.is_dead:
            raise Died

    def edge(self, name: str) -> None:
        """Come to an edge; die there if it is the one."""
        self.check()
        self.edges.append(name)
        self.seen.append(self._look() if self._look else None)
        if len(self.edges) - 1 == self._strike_at:
            self.is_dead = True
            raise Died

    def places(self) -> list[int]:
        """Return the edges at which a death is another death than at the edge before.

        A dead process leaves nothing but what is durable: where that is the same, so is the death.
        """
        before = [object(), *self.seen]
        return [place for place, state in enumerate(self.seen) if state != before[place]]

    def around(self, name: str, work: Callable[[], Found]) -> Found:
        """Do work with an edge on both of its sides."""
        self.edge(f"{name}: before")
        answer = work()
        self.edge(f"{name}: after")
        return answer


class MortalSide(PassingSide):
    """A side whose process may die before a call leaves, or before its answer is taken in."""

    def __init__(self, side: Side, fate: Fate) -> None:
        super().__init__(side)
        self._fate = fate

    def identify(self) -> EndpointFacts:
        """Sign in; it writes nothing, so it is no edge."""
        self._fate.check()
        return super().identify()

    def changes(self, feed: Feed, cursor: str | None) -> Page:
        """Return the feed's next page."""
        name = f"{self.name} read feed {feed.resource}"
        return self._fate.around(name, partial(super().changes, feed, cursor))

    def read(self, feed: Feed, ids: Sequence[str]) -> list[Record]:
        """Return rows by id."""
        name = f"{self.name} read rows {feed.resource}"
        return self._fate.around(name, partial(super().read, feed, ids))

    def sending(self, sending: Sending) -> list[Answer]:
        """Send one call."""
        what = ",".join(sorted({write.kind.value for write in sending.writes}))
        name = f"{self.name} send {sending.purpose.value} {what}"
        return self._fate.around(name, partial(super().sending, sending))


class MortalStore:
    """A store whose process may die right before or right after a commit."""

    def __init__(self, store: Store, fate: Fate) -> None:
        self._store = store
        self._fate = fate

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction."""
        self._fate.check()
        told: dict[str, None] = {}
        with self._store.begin() as tx:
            yield cast(Transaction, _Told(tx, told))
            name = "commit " + ",".join(told)
            self._fate.edge(f"{name}: before")
        self._fate.edge(f"{name}: after")

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that only reads: no edge."""
        self._fate.check()
        with self._store.read() as tx:
            yield tx


READING = frozenset({"get", "children", "absent", "holders", "parts_of", "opened", "endpoint"})
"""Calls that say nothing about what a transaction writes."""


class _Told:
    """A transaction that notes what is written through it."""

    def __init__(self, target: object, told: dict[str, None], path: str = "") -> None:
        self._target, self._told, self._path = target, told, path

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not self._path:
            return _Told(found, self._told, name)
        if name not in READING and not name.startswith("by_"):
            self._told[f"{self._path}.{name}"] = None
        return found


def edges_of(steps: Mapping[str, str], edges: Sequence[str]) -> dict[str, list[int]]:
    """Return, per step of the trip, the numbers of the edges whose name holds its mark."""
    return {
        step: [place for place, name in enumerate(edges) if mark in name]
        for step, mark in steps.items()
    }
