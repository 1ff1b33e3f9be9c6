"""Elements of a write as $batch parts, and the answers to them as Answers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from dynamics_xero.dynamics.batch import MAX_PARTS, Part, PartReply
from dynamics_xero.dynamics.client import read_json
from dynamics_xero.dynamics.errors import read_refusal, translate
from dynamics_xero.dynamics.pin import API_PATH
from dynamics_xero.dynamics.resources import Table, table_of
from dynamics_xero.dynamics.schemas import ANNOTATIONS, shape_of
from dynamics_xero.errors import DynamicsXeroError, LostAnswerError, RejectedError
from dynamics_xero.model import ActionKind, Answer, Feed, Purpose, Value, Values, Write

DATA_PARTS = 100
"""Data writes run the environment's own logic, so a call holds fewer (dataverse.md section 3)."""

MAX_CALL_BYTES = 4 * 1024 * 1024

_PART_OVERHEAD_BYTES = 400
_STATES = {
    ActionKind.ARCHIVE: {"statecode": 1, "statuscode": 2},
    ActionKind.RESTORE: {"statecode": 0, "statuscode": 1},
}
"""What an action says about a row being active (dataverse.md section 8)."""


def group(writes: Sequence[Write], *, purpose: Purpose) -> list[tuple[int, ...]]:
    """Group positions into calls: creates apart from changes, within count and byte limits."""
    limit = MAX_PARTS if purpose is Purpose.WRITE_BACK else DATA_PARTS
    creates = [index for index, write in enumerate(writes) if write.kind is ActionKind.CREATE]
    changes = [index for index, write in enumerate(writes) if write.kind is not ActionKind.CREATE]
    return [*_chunk(creates, writes, limit), *_chunk(changes, writes, limit)]


def _chunk(
    positions: Sequence[int], writes: Sequence[Write], limit: int
) -> Iterator[tuple[int, ...]]:
    chunk: list[int] = []
    size = 0
    for position in positions:
        needed = _PART_OVERHEAD_BYTES + len(_body(writes[position]))
        if chunk and (len(chunk) == limit or size + needed > MAX_CALL_BYTES):
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(position)
        size += needed
    if chunk:
        yield tuple(chunk)


def write_part(write: Write, *, purpose: Purpose, feed: Feed | None = None) -> Part:
    """Return the operation for one element.

    A PATCH without If-Match would make a row that was deleted meanwhile anew (R24); a create with
    an id of ours says If-None-Match, so that it never changes an existing row.
    """
    table = table_of(write.resource)
    headers = {}
    if write.kind is not ActionKind.CREATE:
        version = "*" if write.if_match is None else f'W/"{write.if_match}"'
        method, address, headers = "PATCH", row_path(table, write.id), {"If-Match": version}
    elif write.id:
        method, address, headers = "PATCH", row_path(table, write.id), {"If-None-Match": "*"}
    else:
        method, address = "POST", table.entity_set
    if purpose is Purpose.DATA:
        headers["Prefer"] = f"return=representation,{ANNOTATIONS}"
        address += f"?$select={','.join(shape_of(feed or _written(write)).select)}"
    return Part(method, f"{API_PATH}/{address}", headers, _body(write))


def read_part(table: Table, row_id: str, select: Sequence[str]) -> Part:
    """Return the operation that reads one row by its id."""
    address = f"{row_path(table, row_id)}?$select={','.join(select)}"
    return Part("GET", f"{API_PATH}/{address}", {"Prefer": ANNOTATIONS})


def row_path(table: Table, row_id: str | None) -> str:
    """Return a row's address; only a GUID, spelt by us, ever gets into it."""
    try:
        return f"{table.entity_set}({uuid.UUID(row_id or '')})"
    except ValueError:
        raise RejectedError("The id of this record is not one that Dynamics gives out.") from None


def read_answer(
    write: Write,
    reply: PartReply,
    *,
    purpose: Purpose,
    now: datetime,
    feed: Feed | None = None,
) -> Answer:
    """Return what came back for one element."""
    if not 200 <= reply.status < 300:
        refusal = read_refusal(reply.status, reply.headers, reply.body, now=now)
        return Answer(error=translate(refusal, is_write=False), code=refusal.code)
    if purpose is not Purpose.DATA:
        return Answer()
    try:
        row = read_json(reply.body)
        if not isinstance(row, dict):
            raise ValueError("no row")
        return Answer(record=shape_of(feed or _written(write)).record(row))
    except (ValueError, DynamicsXeroError):
        return Answer(error=LostAnswerError("Dynamics wrote, but its answer cannot be read."))


def _written(write: Write) -> Feed:
    return Feed(write.resource, tuple(sorted(write.values)))


def _body(write: Write) -> bytes:
    table = table_of(write.resource)
    content = wire_values(table, write.values)
    content = {**_STATES.get(write.kind, {}), **content}
    return json.dumps(content, separators=(",", ":")).encode()


def wire_values(table: Table, values: Values) -> dict[str, object]:
    """Return column values in the form the Web API takes; None clears."""
    content: dict[str, object] = {}
    for column, value in values.items():
        lookup = table.lookups.get(column)
        if lookup is None:
            content[column] = _wire_value(column, value)
        else:
            target = f"/{lookup.entity_set}({value})" if value else None
            content[f"{lookup.navigation}@odata.bind"] = target
    return content


def _wire_value(column: str, value: Value) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Decimal):
        number = float(value)
        if Decimal(repr(number)) != value:
            raise RejectedError(f"{column} has more digits than Dynamics can take.")
        return number
    return value
