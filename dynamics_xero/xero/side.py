"""The Xero side: one organisation behind the port that the engine knows."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from dynamics_xero.errors import RejectedError, UnavailableError
from dynamics_xero.model import (
    ActionKind,
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
from dynamics_xero.ports import BudgetStore, Calls, Clock, Pace, TokenStore, Use
from dynamics_xero.settings import LimitsSettings, XeroSettings
from dynamics_xero.xero.allowance import DAY_S, Allowance
from dynamics_xero.xero.answers import answer, pair_up
from dynamics_xero.xero.auth import XeroSignIn
from dynamics_xero.xero.auth_grant import Tenant
from dynamics_xero.xero.client import XeroClient
from dynamics_xero.xero.feed import next_page
from dynamics_xero.xero.records import element, record, rows
from dynamics_xero.xero.resources import RESOURCES, XeroResource

_ENVELOPE_BYTES = 100


class XeroSide:
    """One Xero organisation. Up to five threads may call `write` at once."""

    name = SideName.XERO

    def __init__(
        self,
        settings: XeroSettings,
        clock: Clock,
        tokens: TokenStore,
        budgets: BudgetStore,
        *,
        limits: LimitsSettings | None = None,
        connection: str = "main",
    ) -> None:
        """Touch nothing yet: the first call signs in. limits None = the usual ones."""
        self._settings = settings
        self._limits = limits or LimitsSettings()
        self.sign_in = XeroSignIn(settings, clock, tokens, connection=connection)
        self._client = XeroClient(
            settings, clock, self.sign_in, budgets, turn_s=self._limits.turn_s
        )
        self._clock = clock
        self._use: Use | None = None
        self._organisation: tuple[Tenant, Mapping[str, Any]] | None = None
        self.calls: Calls = self._client.calls

    def used_for(self, use: Use) -> Self:
        """Return the same side, its calls counted as made for that use."""
        other = copy.copy(self)
        other._use = use
        return other

    def afford(self) -> None:
        """Raise ThrottledError when the day has no call left for this side's use."""
        self._client.used_for(self._use or Use.CONTACT).afford()

    def pace(self) -> Pace:
        """Return what the rest of the organisation's day affords."""
        now = self._clock.now().timestamp()
        left = self._client.budget().standing().left_today(now, Use.CONTACT)
        return Pace(left, DAY_S / max(left, 1), self._batch())

    def standing(self, tenant_id: str) -> Allowance:
        """Return how an organisation's limits stand, as the store has it."""
        return self._client.purse.of(tenant_id).standing()

    def app_standing(self, tenant_id: str) -> Allowance:
        """Return how the limit stands that all organisations of the app share."""
        return self._client.purse.of(tenant_id).of_app()

    def _paid_by(self, resource: XeroResource) -> XeroClient:
        return self._client.used_for(self._use or resource.use)

    def _batch(self) -> int:
        return self._client.purse.batch(self._limits.batch, self._limits.batch_most)

    def identify(self) -> EndpointFacts:
        """Sign in and say which organisation this is (R33).

        The tenant is asked for each time; the organisation's own facts once per process.
        """
        tenant = self.sign_in.find_tenant()
        if self._organisation is None or self._organisation[0] != tenant:
            self._organisation = (tenant, self._read_organisation())
        facts = self._organisation[1]
        return EndpointFacts(
            key=f"xero:{tenant.id}",
            side=SideName.XERO,
            remote_id=tenant.id,
            name=str(facts.get("Name") or tenant.name),
            url=self._settings.api_url,
            short_code=str(facts.get("ShortCode") or ""),
            currency=str(facts.get("BaseCurrency") or ""),
        )

    def changes(self, feed: Feed, cursor: str | None) -> Page:
        """Return the feed's next page; cursor None reads from the beginning."""
        resource = RESOURCES[feed.resource]
        return next_page(self._paid_by(resource), resource, feed, cursor)

    def read(self, feed: Feed, ids: Sequence[str]) -> list[Record]:
        """Return the rows as they are now; one that Xero answers 404 for comes back DELETED."""
        resource = RESOURCES[feed.resource]
        wanted = list(dict.fromkeys(one.lower() for one in ids))
        found: dict[str, Record] = {}
        for start in range(0, len(wanted), resource.ids_per_read):
            for row in self._read_some(resource, wanted[start : start + resource.ids_per_read]):
                seen = record(row, resource, feed)
                found[seen.id] = seen
        return [found.get(one) or self._read_one(resource, feed, one) for one in wanted]

    def batches(self, writes: Sequence[Write], *, purpose: Purpose) -> list[tuple[int, ...]]:
        """Group writes into calls: creates apart from the rest (R17), each under 3 MB.

        As many a call as the day's budget asks for, 50 as a rule, and as Xero answers in time.
        """
        del purpose  # nothing is written back to Xero
        groups: dict[tuple[str, str], list[int]] = {}
        for position, write in enumerate(writes):
            resource = RESOURCES[write.resource]
            groups.setdefault((write.resource, _operation(write, resource)), []).append(position)
        most = self._batch()
        return [
            batch
            for (name, _), positions in groups.items()
            for batch in _within_limits(writes, positions, RESOURCES[name], most)
        ]

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
        """Send one call: PUT for creates, POST with ids for all else, never mixed (R17, R31).

        deadline_s: the longest it may take once it has left, which it does within the limits'
        turn_s or not at all. leave_by: it leaves until then, for Xero has no If-Match (R23).
        """
        resource = RESOURCES[writes[0].resource]
        operations = {_operation(write, resource) for write in writes}
        if len(operations) > 1 or any(write.resource != resource.name for write in writes):
            raise ValueError("one call carries one resource and one verb")
        sent = [element(write, resource) for write in writes]
        reply = self._paid_by(resource).write(
            operations.pop(),
            purpose=purpose,
            call_s=deadline_s,
            leave_by=leave_by,
            records=len(writes),
            idempotency_key=key,
            # Left out, Xero takes it for true (xero.md section 4, summarizeErrors).
            summarize_errors="false",
            **{resource.body_argument: {resource.envelope: sent}},
        )
        return [
            answer(shown, resource, feed, request_id=reply.request_id)
            for shown in pair_up(sent, rows(reply.document, resource.envelope), resource)
        ]

    def _read_organisation(self) -> Mapping[str, Any]:
        found = rows(self._client.read("get_organisations").document, "Organisations")
        if not found:
            raise UnavailableError("Xero does not describe the organisation.")
        return found[0]

    def _read_some(self, resource: XeroResource, ids: Sequence[str]) -> list[dict[str, Any]]:
        # Paged, because only then do merged contacts name their winner (xero.md section 5).
        reply = self._paid_by(resource).read(
            resource.list_operation,
            i_ds=list(ids),
            include_archived="true",
            page=1,
            page_size=resource.page_size,
        )
        return rows(reply.document, resource.envelope)

    def _read_one(self, resource: XeroResource, feed: Feed, one: str) -> Record:
        """Ask for a row that a list left out: only a 404 says that it is gone (R3)."""
        try:
            client = self._paid_by(resource)
            reply = client.read(resource.one_operation, **{resource.one_argument: one})
        except RejectedError as error:
            if error.status == 404:
                return Record(resource.name, one, 0, state=RecordState.DELETED)
            raise
        found = rows(reply.document, resource.envelope)
        if not found:
            raise UnavailableError("Xero's answer holds no record.")
        return record(found[0], resource, feed)


def _operation(write: Write, resource: XeroResource) -> str:
    creating = write.kind is ActionKind.CREATE
    return resource.create_operation if creating else resource.update_operation


def _within_limits(
    writes: Sequence[Write], positions: Sequence[int], resource: XeroResource, most: int
) -> Iterator[tuple[int, ...]]:
    batch: list[int] = []
    size = _ENVELOPE_BYTES
    for position in positions:
        # As xero-python writes it: JSON in ASCII, with a blank after each comma.
        weight = len(json.dumps(element(writes[position], resource))) + 2
        if batch and (len(batch) == most or size + weight > resource.batch_bytes):
            yield tuple(batch)
            batch, size = [], _ENVELOPE_BYTES
        batch.append(position)
        size += weight
    if batch:
        yield tuple(batch)
