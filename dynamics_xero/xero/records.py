"""From what Xero shows to records, and from writes to what Xero takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dynamics_xero.model import ActionKind, Feed, Parts, Record, RecordState, Value, Values, Write
from dynamics_xero.xero.resources import XeroResource
from dynamics_xero.xero.schemas import cleaner, instant

ZERO_ID = "00000000-0000-0000-0000-000000000000"
"""The id of an element that was not created (xero.md section 4, summarizeErrors)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def record(raw: Mapping[str, Any], resource: XeroResource, feed: Feed | None) -> Record:
    """Return one row as an observation of the feed's columns; of all columns without a feed."""
    changed = instant(raw.get("UpdatedDateUTC"))
    columns = None if feed is None else feed.columns
    merged_into = str(raw.get("MergedToContactID") or "").lower()
    gone = str(raw.get(resource.status_column)) in resource.gone_statuses
    return Record(
        resource=resource.name,
        id=element_id(raw, resource),
        version=0 if changed is None else (changed - _EPOCH) // timedelta(milliseconds=1),
        values=cleaner(resource.name, columns, resource.typed_lists).clean(raw),
        parts=_parts(raw, resource, feed),
        state=RecordState.ARCHIVED if gone else RecordState.LIVE,
        modified_at=changed,
        merged_into=merged_into if merged_into not in ("", ZERO_ID) else None,
    )


def element_id(raw: Mapping[str, Any], resource: XeroResource) -> str:
    """Return an element's id in lower case, "" when it has none."""
    found = str(raw.get(resource.id_column) or "").lower()
    return "" if found == ZERO_ID else found


def rows(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects of a list; none where there is no such list."""
    listed = document.get(name)
    return [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []


def _parts(raw: Mapping[str, Any], resource: XeroResource, feed: Feed | None) -> Parts:
    wanted = resource.list_columns if feed is None else feed.parts
    return {
        column: tuple(
            cleaner(resource.list_columns[column]).clean(row) for row in rows(raw, column)
        )
        for column in wanted
        if column in resource.list_columns
    }


def element(write: Write, resource: XeroResource) -> dict[str, Any]:
    """Return what Xero is sent for one write.

    An archive or a restore says nothing but that: an edit beside it could be refused and undo it.
    """
    if write.kind in (ActionKind.ARCHIVE, ActionKind.RESTORE):
        archived = write.kind is ActionKind.ARCHIVE
        status = resource.archive_status if archived else resource.live_status
        return {resource.id_column: write.id, resource.status_column: status}
    creating = write.kind is ActionKind.CREATE
    body: dict[str, Any] = {} if creating else {resource.id_column: write.id}
    body |= unflatten(write.values, resource, clearing=not creating)
    for column, rows in write.parts.items():
        body[column] = [unflatten(row, resource, clearing=False) for row in rows]
    return body


def unflatten(values: Values, resource: XeroResource, *, clearing: bool) -> dict[str, Any]:
    """Return dotted paths nested again; None becomes "" where it is to clear a text.

    xero-python can send no null, and Xero takes "" for a cleared text (xero.md 7, trap 9).
    """
    nested: dict[str, Any] = {}
    slots = dict(resource.typed_lists)
    for path, value in values.items():
        if value is None and not clearing:
            continue
        _place(nested, path.split("."), "" if value is None else _plain(value), slots)
    return nested


def _place(
    nested: dict[str, Any], path: list[str], value: object, slots: Mapping[str, str]
) -> None:
    if len(path) == 1:
        nested[path[0]] = value
        return
    slot = slots.get(path[0])
    if slot is None:
        _place(nested.setdefault(path[0], {}), path[1:], value, slots)
        return
    rows = nested.setdefault(path[0], [])
    row = next((row for row in rows if row[slot] == path[1]), None)
    if row is None:
        row = {slot: path[1]}
        rows.append(row)
    _place(row, path[2:], value, slots)


def _plain(value: Value) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
