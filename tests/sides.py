"""A side that stands before another one: who needs a part of it to differ overrides that part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from dynamics_xero.model import Answer, EndpointFacts, Feed, Page, Purpose, Record, Write
from dynamics_xero.ports import Side


@dataclass(frozen=True)
class Sending:
    """A call that is about to leave."""

    writes: Sequence[Write]
    purpose: Purpose
    call: Callable[[], list[Answer]]


class PassingSide:
    """Passes every call on to the side behind it."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self.name = side.name
        self.calls = side.calls

    def identify(self) -> EndpointFacts:
        """Sign in."""
        return self._side.identify()

    def changes(self, feed: Feed, cursor: str | None) -> Page:
        """Return the feed's next page."""
        return self._side.changes(feed, cursor)

    def read(self, feed: Feed, ids: Sequence[str]) -> list[Record]:
        """Return rows by id."""
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
        leave_by: datetime | None = None,
    ) -> list[Answer]:
        """Send one call."""
        call = partial(
            self._side.write,
            writes,
            purpose=purpose,
            key=key,
            deadline_s=deadline_s,
            feed=feed,
            leave_by=leave_by,
        )
        return self.sending(Sending(writes, purpose, call))

    def sending(self, sending: Sending) -> list[Answer]:
        """Send: the place to do something before a call leaves, or once it was answered."""
        return sending.call()
