"""The Dynamics side of a connection: one environment as the engine sees it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dynamics_xero.dynamics import batch
from dynamics_xero.dynamics.batch import BrokenBatchError, Part, PartReply
from dynamics_xero.dynamics.client import Call, DynamicsClient, Reply
from dynamics_xero.dynamics.errors import is_row_missing, read_refusal, translate
from dynamics_xero.dynamics.feed import read_page
from dynamics_xero.dynamics.schemas import Shape, shape_of
from dynamics_xero.dynamics.writes import group, read_answer, read_part, write_part
from dynamics_xero.errors import (
    LostAnswerError,
    MissingColumnError,
    SignInError,
    UnavailableError,
)
from dynamics_xero.model import (
    Answer,
    EndpointFacts,
    Feed,
    Page,
    Purpose,
    Record,
    RecordState,
    SideName,
    Write,
)
from dynamics_xero.ports import BudgetStore, Calls, Clock
from dynamics_xero.settings import DynamicsSettings, LimitsSettings

PAGE_ROWS = 1000
"""Rows per page of a feed, at most 5,000 (dataverse.md section 2); a page is held in memory."""

READ_PARTS = 500
"""Rows read by id in one call: enough to be cheap, few enough for one answer in memory."""

_COUNTED_AS = {Purpose.DATA: "write", Purpose.WRITE_BACK: "write_back"}


class DynamicsSide:
    """One Dataverse environment (ports.Side). Threads may share it."""

    name = SideName.DYNAMICS

    def __init__(
        self,
        settings: DynamicsSettings,
        clock: Clock,
        budgets: BudgetStore | None = None,
        *,
        limits: LimitsSettings | None = None,
        page_size: int = PAGE_ROWS,
    ) -> None:
        """Touch nothing yet: the first call signs in. limits None = the usual ones."""
        self._settings = settings
        self.client = DynamicsClient(
            settings,
            clock,
            page_size=page_size,
            budgets=budgets,
            turn_s=(limits or LimitsSettings()).turn_s,
        )
        self.calls: Calls = self.client.calls

    def identify(self) -> EndpointFacts:
        """Sign in and say which environment this is, by its OrganizationId (R33)."""
        try:
            organization_id = str(uuid.UUID(self._fact("WhoAmI", "OrganizationId")))
        except (MissingColumnError, ValueError) as fault:
            raise SignInError("url does not lead to a Dynamics environment. Check url.") from fault
        return EndpointFacts(
            key=f"dynamics:{organization_id}",
            side=SideName.DYNAMICS,
            remote_id=organization_id,
            name=self._fact(f"organizations({organization_id})?$select=name", "name"),
            url=self._settings.url.rstrip("/"),
        )

    def _fact(self, path: str, name: str) -> str:
        value = self.client.get(self.client.url(path)).json().get(name)
        if not isinstance(value, str):
            raise UnavailableError("Dynamics did not say which environment it is.")
        return value

    def changes(self, feed: Feed, cursor: str | None) -> Page:
        """Return the feed's next page; cursor None reads from the beginning."""
        return read_page(self.client, feed, cursor)

    def read(self, feed: Feed, ids: Sequence[str]) -> list[Record]:
        """Return the rows as they are now, in the order asked; gone ones come back DELETED.

        Only a 404 about the row itself is a delete; a row we may not see is an error (R3).
        """
        shape = shape_of(feed)
        return [
            record
            for start in range(0, len(ids), READ_PARTS)
            for record in self._read_some(shape, ids[start : start + READ_PARTS])
        ]

    def _read_some(self, shape: Shape, ids: Sequence[str]) -> Iterator[Record]:
        parts = (read_part(shape.table, row_id, shape.select) for row_id in ids)
        call = self._batch_call(parts, counted_as="read", headers={})
        replies = _unpack(self.client.send(call), len(ids), broken=UnavailableError)
        for row_id, reply in zip(ids, replies, strict=True):
            yield self._read_row(shape, row_id, reply)

    def _read_row(self, shape: Shape, row_id: str, reply: PartReply) -> Record:
        if reply.status == 200:
            row = Reply(reply.status, reply.headers, reply.body).json()
            return shape.record(row)
        now = self.client.clock.now()
        refusal = read_refusal(reply.status, reply.headers, reply.body, now=now)
        if is_row_missing(refusal):
            return Record(shape.table.name, row_id.lower(), 0, state=RecordState.DELETED)
        raise translate(refusal, is_write=False)

    def batches(self, writes: Sequence[Write], *, purpose: Purpose) -> list[tuple[int, ...]]:
        """Group writes (by position) into $batch calls."""
        return group(writes, purpose=purpose)

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
        """Send one $batch and return one answer per element, in the order given.

        Dataverse has no idempotency key; ours becomes the call's client request id, by which its
        logs can be searched. Write-backs are answered with nothing.
        """
        del leave_by  # If-Match keeps what people edit, however late the call leaves (R23)
        parts = (write_part(write, purpose=purpose, feed=feed) for write in writes)
        request_id = uuid.uuid5(uuid.NAMESPACE_URL, key)
        headers = {"x-ms-client-request-id": str(request_id)} if key else {}
        call = self._batch_call(parts, counted_as=_COUNTED_AS[purpose], headers=headers)
        call = replace(call, is_write=True, deadline_s=deadline_s)
        replies = _unpack(self.client.send(call), len(writes), broken=LostAnswerError)
        now = self.client.clock.now()
        return [
            read_answer(write, reply, purpose=purpose, feed=feed, now=now)
            for write, reply in zip(writes, replies, strict=True)
        ]

    def _batch_call(
        self, parts: Iterable[Part], *, counted_as: str, headers: Mapping[str, str]
    ) -> Call:
        head = {
            **headers,
            "Content-Type": batch.CONTENT_TYPE,
            "Prefer": "odata.continue-on-error",
        }
        return Call("POST", self.client.url("$batch"), counted_as, head, batch.pack(parts))


def _unpack(
    reply: Reply, expected: int, *, broken: type[UnavailableError | LostAnswerError]
) -> list[PartReply]:
    content_type = reply.headers.get("content-type", "")
    try:
        return batch.unpack(content_type, reply.body, expected=expected)
    except BrokenBatchError as fault:
        raise broken(f"Dynamics' answer to a batch is not whole: {fault}.") from fault
