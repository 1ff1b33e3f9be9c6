"""A side that is watched: when it was read is noted, and people may edit between two calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dynamics_xero.model import Answer, EndpointFacts, Feed, Page, Purpose, Record, SideName, Write
from dynamics_xero.ports import Side


@dataclass(frozen=True)
class Watchers:
    """Who is told of each read, by side, and of each call that is about to leave.

    before_write_to_xero is apart because no time may pass there any more: Xero has no If-Match.
    """

    read: Callable[[str], None]
    before_call: Callable[[], None]
    before_write_to_xero: Callable[[], None]


class WatchedSide:
    """Passes every call on, and tells of it first."""

    def __init__(self, side: Side, watchers: Watchers) -> None:
        self._side = side
        self._watchers = watchers
        self.name = side.name
        self.calls = side.calls

    def identify(self) -> EndpointFacts:
        """Sign in."""
        return self._side.identify()

    def changes(self, feed: Feed, cursor: str | None) -> Page:
        """Return the feed's next page."""
        self._watchers.before_call()
        self._watchers.read(self.name)
        return self._side.changes(feed, cursor)

    def read(self, feed: Feed, ids: Sequence[str]) -> list[Record]:
        """Return rows by id."""
        self._watchers.before_call()
        return self._side.read(feed, ids)

    def batches(self, writes: Sequence[Write], *, purpose: Purpose) -> list[tuple[int, ...]]:
        """Group writes into calls."""
        return self._side.batches(writes, purpose=purpose)

    def write(
        self,
        writes: Sequence[Write],
        *,
        purpose: Purpose,
        key: str,
        deadline_s: float,
        feed: Feed | None = None,
    ) -> list[Answer]:
        """Send one call."""
        if self.name is SideName.XERO:
            self._watchers.before_write_to_xero()
        else:
            self._watchers.before_call()
        return self._side.write(writes, purpose=purpose, key=key, deadline_s=deadline_s, feed=feed)
