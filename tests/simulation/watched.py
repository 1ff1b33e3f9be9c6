"""A side that is watched: when it was read is noted, and people may edit between two calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dynamics_xero.model import Answer, Feed, Page, Record, SideName, Write
from dynamics_xero.ports import Side
from tests.sides import PassingSide, Sending


@dataclass(frozen=True)
class Watchers:
    """Who is told of each read, by side, and of each call that is about to leave."""

    read: Callable[[str], None]
    before_read: Callable[[], None]
    before_write: Callable[[SideName, Sequence[Write]], None]


class WatchedSide(PassingSide):
    """Passes every call on, and tells of it first."""

    def __init__(self, side: Side, watchers: Watchers) -> None:
        super().__init__(side)
        self._watchers = watchers

    def changes(self, feed: Feed, cursor: str | None) -> Page:
        """Return the feed's next page."""
        self._watchers.before_read()
        self._watchers.read(self.name)
        return super().changes(feed, cursor)

    def read(self, feed: Feed, ids: Sequence[str]) -> list[Record]:
        """Return rows by id."""
        self._watchers.before_read()
        return super().read(feed, ids)

    def sending(self, sending: Sending) -> list[Answer]:
        """Send one call."""
        self._watchers.before_write(self.name, sending.writes)
        return super().sending(sending)
