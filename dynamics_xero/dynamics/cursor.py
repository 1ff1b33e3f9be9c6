"""The bookmark of a table's feed: what has to be remembered between two pages, as JSON text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from urllib.parse import unquote

from dynamics_xero.dynamics.pin import Pin
from dynamics_xero.errors import CursorExpiredError, UnavailableError

MAX_PAGES = 20_000
"""More pages than any table has; beyond them the links lead nowhere."""

_TOKEN_VERSION = re.compile(r"[?&]\$deltatoken=(\d+)")


class Stage(StrEnum):
    """Where in its life a feed stands: first read, what moved meanwhile (R4), changes."""

    WHOLE = "whole"
    CATCH_UP = "catch_up"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a feed.

    columns: digest of the select list it was made with. url: the page's link, None at a stage's
    first page. delta: the last delta link. since: what the catch-up begins at. complete: the
    table has been read whole once. left: when the stage's first page was asked for. pages and mark
    find links that lead back to themselves.
    """

    columns: str
    stage: Stage = Stage.WHOLE
    url: str | None = None
    delta: str = ""
    since: str = ""
    complete: bool = False
    left: str = ""
    pages: int = 0
    mark: str = ""

    @property
    def link(self) -> str | None:
        """The remote's own link to the page, None where we write the query ourselves."""
        return self.url or (self.delta if self.stage is Stage.DELTA else None)

    @property
    def version(self) -> int:
        """The row version its delta link stands at; deleted rows carry no version themselves."""
        match = _TOKEN_VERSION.search(unquote(self.delta))
        return int(match.group(1)) if match else 0

    def enter(self, stage: Stage, *, delta: str = "", complete: bool) -> Cursor:
        """Return the place at the first page of a stage."""
        return replace(
            self,
            stage=stage,
            url=None,
            delta=delta or self.delta,
            complete=complete,
            left="",
            pages=0,
            mark="",
        )

    def follow(self, url: str) -> Cursor:
        """Return the place at the next page of this stage.

        Remembering one link and moving the mark on at every power of two finds a loop of any
        length within a few rounds (Brent's method). Raises UnavailableError for a loop.
        """
        digest = _digest(url)
        pages = self.pages + 1
        if url == self.link or digest == self.mark or pages > MAX_PAGES:
            raise UnavailableError("Dynamics' links to further pages lead in a circle.")
        moves_mark = pages & (pages - 1) == 0
        return replace(self, url=url, pages=pages, mark=digest if moves_mark else self.mark)

    def to_text(self) -> str:
        """Return the cursor as the store keeps it."""
        return json.dumps(asdict(self), sort_keys=True)


def open_cursor(text: str | None, select: Sequence[str], *, pin: Pin, entity_set: str) -> Cursor:
    """Return the place `text` stands for, or the beginning.

    Raises CursorExpiredError when it was made with other columns (R4), cannot be read, or holds a
    link that leaves this environment (R37: it may have been changed where it was kept).
    """
    columns = _digest(",".join(select))
    if text is None:
        return Cursor(columns)
    try:
        facts = json.loads(text)
        cursor = Cursor(**{**facts, "stage": Stage(facts["stage"])})
    except (ValueError, TypeError, KeyError) as fault:
        raise CursorExpiredError("The bookmark cannot be read.") from fault
    if cursor.columns != columns:
        raise CursorExpiredError("The list of columns has changed since the bookmark was made.")
    links = [link for link in (cursor.url, cursor.delta) if link]
    if not all(pin.holds(link, entity_set=entity_set) for link in links):
        raise CursorExpiredError("The bookmark leads to another address than this environment's.")
    return cursor


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
