"""The change feed of a Xero resource: read whole once, then by If-Modified-Since (R3, R4).

The next read begins at Xero's own time when this one began, less an overlap: rows may become
visible a little after their stamp, and stamps are exact to the second only (xero.md section 3).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from dynamics_xero.errors import CursorExpiredError, RejectedError
from dynamics_xero.model import Feed, Page
from dynamics_xero.xero.client import Reply, XeroClient
from dynamics_xero.xero.records import record, rows
from dynamics_xero.xero.resources import XeroResource
from dynamics_xero.xero.schemas import instant

OVERLAP = timedelta(seconds=120)
BUSY_OVERLAP = timedelta(seconds=15)
"""While much changes, a long overlap would read most rows twice; reconcile covers the rest."""

BUSY_ROWS = 100


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the feed stands. since "": still reading whole.

    began, left: Xero's time at page 1, and ours when it was asked for.
    """

    columns: str
    since: str = ""
    page: int = 1
    began: str = ""
    left: str = ""
    rows: int = 0

    @classmethod
    def parse(cls, text: str | None, feed: Feed) -> Cursor:
        """Read a cursor. Raises CursorExpiredError when it is not of these columns."""
        columns = _fingerprint(feed)
        if text is None:
            return cls(columns)
        try:
            cursor = cls(**json.loads(text))
        except (ValueError, TypeError):
            raise CursorExpiredError("The bookmark of the Xero feed cannot be read.") from None
        if cursor.columns != columns:
            raise CursorExpiredError("Other columns are read from Xero than before.")
        return cursor

    def text(self) -> str:
        """Return what the store keeps."""
        return json.dumps(asdict(self))


def next_page(
    client: XeroClient, resource: XeroResource, feed: Feed, cursor_text: str | None
) -> Page:
    """Read one page and say where the next begins.

    Raises CursorExpiredError when Xero refuses what the cursor asks for.
    """
    cursor = Cursor.parse(cursor_text, feed)
    reply = _read(client, resource, cursor)
    shown = rows(reply.document, resource.envelope)
    more = _has_more(reply.document.get("pagination"), cursor.page, len(shown))
    onward = replace(
        cursor,
        page=cursor.page + 1,
        began=cursor.began or _server_time(reply).isoformat(),
        left=cursor.left or reply.started_at.isoformat(),
        rows=cursor.rows + len(shown),
    )
    return Page(
        records=tuple(record(row, resource, feed) for row in shown),
        cursor=(onward if more else _begin_again(onward)).text(),
        more=more,
        complete=bool(cursor.since) or not more,
        started_at=reply.started_at,
        began_at=datetime.fromisoformat(onward.left),
    )


def _read(client: XeroClient, resource: XeroResource, cursor: Cursor) -> Reply:
    arguments: dict[str, Any] = {
        "page": cursor.page,
        "page_size": resource.page_size,
        "include_archived": "true",
        "order": resource.order,
    }
    if cursor.since:
        arguments["if_modified_since"] = cursor.since
    try:
        return client.read(resource.list_operation, **arguments)
    except RejectedError as error:
        if cursor.since or cursor.page > 1:
            raise CursorExpiredError(
                "Xero does not take the bookmark of its feed.", status=error.status
            ) from error
        raise


def _has_more(pagination: object, page: int, rows: int) -> bool:
    """Tell whether another page waits; without Xero's own figure, until one is empty.

    A short page proves nothing: Xero may serve fewer rows than were asked for.
    """
    if isinstance(pagination, Mapping) and isinstance(pagination.get("pageCount"), int):
        return page < int(pagination["pageCount"])
    return rows > 0


def _begin_again(read: Cursor) -> Cursor:
    overlap = BUSY_OVERLAP if read.since and read.rows > BUSY_ROWS else OVERLAP
    since = datetime.fromisoformat(read.began) - overlap
    return Cursor(columns=read.columns, since=since.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _server_time(reply: Reply) -> datetime:
    """Return Xero's time of the answer; ours when it tells none."""
    told = instant(reply.document.get("DateTimeUTC"))
    if told is not None:
        return told
    try:
        return parsedate_to_datetime(reply.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return reply.started_at


def _fingerprint(feed: Feed) -> str:
    """Name the columns a cursor belongs to: rows read with fewer must be read again."""
    listed = json.dumps([sorted(feed.columns), sorted(feed.parts)])
    return hashlib.sha256(listed.encode()).hexdigest()[:16]
