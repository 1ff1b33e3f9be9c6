"""What the engine needs from outside: sides, clock, and the small stores that sides use.

Every method that talks to a remote takes and returns many; one record is a batch of one.
The engine's own store is large and has its ports beside these, in `store_port`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol, runtime_checkable

from dynamics_xero.model import Answer, EndpointFacts, Feed, Page, Purpose, Record, SideName, Write


class Clock(Protocol):
    """Time from outside (R39)."""

    def now(self) -> datetime:
        """Return the aware UTC time."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that long on this clock."""
        ...


class Calls(Protocol):
    """Counts of remote calls by kind: read, write, write_back; identity calls are not counted."""

    def counts(self) -> Mapping[str, int]:
        """Return the calls made so far in this process."""
        ...


class Side(Protocol):
    """One endpoint of one side."""

    name: SideName
    calls: Calls

    def identify(self) -> EndpointFacts:
        """Sign in and say which endpoint this is. Raises SignInError."""
        ...

    def changes(self, feed: Feed, cursor: str | None) -> Page:
        """Return the feed's next page; cursor None reads from the beginning.

        Raises CursorExpiredError when the remote no longer knows the cursor.
        """
        ...

    def read(self, feed: Feed, ids: Sequence[str]) -> list[Record]:
        """Return the rows as they are now; a row the remote answers 404 for comes back DELETED."""
        ...

    def batches(self, writes: Sequence[Write], *, purpose: Purpose) -> list[tuple[int, ...]]:
        """Group writes (by position) into calls: one verb each, within count and byte limits."""
        ...

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
        """Send one call and return one answer per element, in the order given.

        feed: the columns an answer shows, as an observation of that feed would (R25); without it
        answers show what the remote likes. key: the Idempotency-Key, at most 128 characters.
        leave_by: the call leaves until then or not at all, however long its turn takes (R23).
        Raises RejectedError when the whole call was refused for what is in it, LostAnswerError
        when its outcome is unknown, TooLateError, ThrottledError or UnavailableError when it was
        not taken, SignInError.
        """
        ...


class Use(IntEnum):
    """What a call is for; a lower one goes first, and may use more of the day (design.md 5)."""

    MONEY = 1
    CLICK = 2
    DOCUMENT = 3
    CONTACT = 4
    MASTER_DATA = 5
    BACKFILL = 6
    RECONCILE = 7


@dataclass(frozen=True, slots=True)
class Pace:
    """What the rest of the day affords.

    left: calls that ordinary work may still make. call_s: seconds per call, were they spread over
    a whole day. batch: records that one call should carry.
    """

    left: int
    call_s: float
    batch: int


@runtime_checkable
class Budgeted(Protocol):
    """A side whose calls are counted against a day's limit."""

    def used_for(self, use: Use) -> Side:
        """Return the same side, its calls counted as made for that use."""
        ...

    def afford(self) -> None:
        """Raise ThrottledError when the day has no call left for that use."""
        ...

    def pace(self) -> Pace:
        """Return what the rest of the day affords."""
        ...


class TokenStore(Protocol):
    """Sealed tokens, one row per endpoint and use."""

    def load(self, name: str) -> tuple[str, int] | None:
        """Return (secret text, generation), or None."""
        ...

    def save(self, name: str, secret: str, *, generation: int) -> bool:
        """Store the next generation; False when another process was first."""
        ...

    def forget(self, name: str) -> None:
        """Put an empty text in the place of one that opens by no key."""
        ...


class BudgetStore(Protocol):
    """What was spent of a limit, shared by every process (R35)."""

    def load(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the stored states (JSON) by name; a name without one is left out."""
        ...

    def update(self, changes: Mapping[str, tuple[str | None, str]]) -> bool:
        """Replace each state, all or none, if it is still the first of its two.

        False when another process was first.
        """
        ...
