"""The change feed of one table: read whole, catch up with what moved meanwhile, then deltas.

A tracked read hands out its delta link only with its last page, and nobody documents whether that
link stands for the read's beginning or for its end. So what was modified since the beginning is
read once more before the link is used (R4). A table without tracking is read whole every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from dynamics_xero.dynamics.client import DynamicsClient, Reply
from dynamics_xero.dynamics.cursor import Cursor, Stage, open_cursor
from dynamics_xero.dynamics.schemas import ANNOTATIONS, Shape, shape_of
from dynamics_xero.errors import (
    CursorExpiredError,
    DynamicsXeroError,
    MissingColumnError,
    UnavailableError,
)
from dynamics_xero.model import Feed, Page, Record, RecordState

CATCH_UP_OVERLAP = timedelta(seconds=60)
"""Rows committed late carry a moment before the read began (dataverse.md section 4)."""

_NO_EXPIRY = frozenset({401, 403, 408, 429})


def read_page(client: DynamicsClient, feed: Feed, text: str | None) -> Page:
    """Return the page that the cursor `text` stands before.

    Raises CursorExpiredError when the remote no longer knows it, MissingColumnError when the
    table is not tracked, UnavailableError when the answer cannot be followed.
    """
    shape = shape_of(feed)
    entity_set = shape.table.entity_set
    cursor = open_cursor(text, shape.select, pin=client.pin, entity_set=entity_set)
    started_at = client.clock.now()
    cursor = replace(cursor, left=cursor.left or started_at.isoformat())
    cursor, content = _read(client, shape, cursor, started_at)
    following = _step(client, shape, cursor, content)
    return Page(
        records=tuple(_read_rows(shape, content, version=following.version)),
        cursor=following.to_text(),
        # A stage begun anew after it was complete is the next poll's business.
        more=following.url is not None or not following.complete,
        complete=following.complete,
        started_at=started_at,
        began_at=datetime.fromisoformat(cursor.left),
    )


def _read(
    client: DynamicsClient, shape: Shape, cursor: Cursor, started_at: datetime
) -> tuple[Cursor, Mapping[str, object]]:
    """Return the page's content, and the cursor with the moment when a whole read began."""
    reply = _fetch(client, shape, cursor)
    if cursor.stage is Stage.WHOLE and not cursor.since:
        cursor = replace(cursor, since=_began_at(reply, started_at))
    return cursor, reply.json()


def _fetch(client: DynamicsClient, shape: Shape, cursor: Cursor) -> Reply:
    prefer = f"odata.maxpagesize={client.page_size},{ANNOTATIONS}"
    if cursor.stage is Stage.WHOLE and shape.table.tracked:
        prefer = f"odata.track-changes,{prefer}"
    if cursor.link is None:
        return client.get(client.url(_query(shape, cursor)), prefer=prefer)
    try:
        return client.get(cursor.link, prefer=prefer)
    except DynamicsXeroError as fault:
        # The code for an expired link is not documented, so any refusal of one means: read whole.
        if 400 <= (fault.status or 0) < 500 and fault.status not in _NO_EXPIRY:
            raise CursorExpiredError(
                "Dynamics no longer knows the bookmark.", status=fault.status, code=fault.code
            ) from fault
        raise


def _query(shape: Shape, cursor: Cursor) -> str:
    query = f"{shape.table.entity_set}?$select={','.join(shape.select)}"
    if cursor.stage is Stage.CATCH_UP:
        query += "&$filter=" + quote(f"modifiedon ge {cursor.since}", safe="")
    return query


def _began_at(reply: Reply, started_at: datetime) -> str:
    """Return when the read began by the earlier of both clocks: too early only reads more."""
    try:
        served_at = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        served_at = started_at
    earlier = min(served_at.replace(tzinfo=served_at.tzinfo or UTC), started_at)
    return (earlier - CATCH_UP_OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _step(
    client: DynamicsClient, shape: Shape, cursor: Cursor, content: Mapping[str, object]
) -> Cursor:
    """Return the place after this page."""
    following = _own_link(client, shape, content, "@odata.nextLink")
    if following:
        return cursor.follow(following)
    delta = _own_link(client, shape, content, "@odata.deltaLink")
    if cursor.stage is Stage.CATCH_UP:
        return cursor.enter(Stage.DELTA, complete=True)
    if not shape.table.tracked:
        return replace(cursor.enter(Stage.WHOLE, complete=True), since="")
    if not delta:
        raise MissingColumnError(
            f"Change tracking is off for {shape.table.name}. Run `dynamics-xero provision apply`."
        )
    if cursor.stage is Stage.DELTA:
        return cursor.enter(Stage.DELTA, delta=delta, complete=True)
    return cursor.enter(Stage.CATCH_UP, delta=delta, complete=False)


def _own_link(
    client: DynamicsClient, shape: Shape, content: Mapping[str, object], name: str
) -> str | None:
    link = content.get(name)
    if link is None:
        return None
    if not isinstance(link, str) or not client.pin.holds(link, entity_set=shape.table.entity_set):
        raise UnavailableError("Dynamics sent a link that leads to another address: refused.")
    return link


def _read_rows(shape: Shape, content: Mapping[str, object], *, version: int) -> Iterator[Record]:
    rows = content.get("value")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnavailableError("Dynamics sent a page of an unknown form.")
    deleted = [row for row in rows if "reason" in row and "id" in row]
    yield from shape.records([row for row in rows if not ("reason" in row and "id" in row)])
    for row in deleted:
        # "changed" would mean that the row left our sight, which is no delete (R3).
        if row["reason"] == "deleted":
            yield Record(
                shape.table.name, str(row["id"]).lower(), version, state=RecordState.DELETED
            )
