"""The gateway to Xero: xero-python's operations with our tokens, budget, bounds and errors.

Nothing of xero-python's models is used: they fail on values Xero may send (xero.md section 7,
traps 6 and 7), so answers are read as JSON with exact numbers.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from urllib3 import exceptions as wire
from xero_python import exceptions as sdk
from xero_python.accounting import AccountingApi

from dynamics_xero.errors import ThrottledError, TooLateError
from dynamics_xero.model import Purpose
from dynamics_xero.ports import BudgetStore, Clock, Use
from dynamics_xero.settings import XeroSettings
from dynamics_xero.xero.auth import XeroSignIn
from dynamics_xero.xero.budget import Budget, Call, Purse
from dynamics_xero.xero.calls import CallCounts
from dynamics_xero.xero.errors import Refused, parse, refusal, retry_after_s, transport, unclear
from dynamics_xero.xero.lines import Lines
from dynamics_xero.xero.wire import CONNECT_S, READ_S

PATIENCE_S = 62.0
"""How long a call may wait for its turn: the limit of a minute is waited out, no more.

A call that writes waits as long as the deadline of its request allows.
"""

READ_CALL_S = CONNECT_S + 2 * READ_S


@dataclass(frozen=True, slots=True)
class _Order:
    """One call to make. kind: what it counts as. call_s: how long it may take.

    records: how many it writes. good_until: when it is too late for it to leave.
    """

    kind: str
    operation: str
    arguments: Mapping[str, Any]
    call_s: float
    writing: bool
    records: int = 0
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer. started_at: when the request left (R2). headers: lower-case names."""

    document: Mapping[str, Any]
    headers: Mapping[str, str]
    started_at: datetime

    @property
    def request_id(self) -> str:
        """What Xero's staff ask for."""
        return self.headers.get("xero-correlation-id", "")


class XeroClient:
    """One organisation's accounting API for up to five threads."""

    def __init__(
        self,
        settings: XeroSettings,
        clock: Clock,
        sign_in: XeroSignIn,
        budgets: BudgetStore,
        *,
        turn_s: float = PATIENCE_S,
    ) -> None:
        self._turn_s = turn_s
        self._clock = clock
        self._sign_in = sign_in
        self._use = Use.CONTACT
        self.purse = Purse(
            budgets,
            clock,
            app=f"xero:{settings.client_id}",
            calls_a_day=settings.calls_a_day,
        )
        self._lines = Lines(settings, clock)
        self.calls = CallCounts()

    def used_for(self, use: Use) -> Self:
        """Return the same client, its calls counted as made for that use."""
        other = copy.copy(self)
        other._use = use
        return other

    def afford(self) -> None:
        """Raise ThrottledError when the day has no call left for our use."""
        self.budget().afford(self._use)

    def budget(self) -> Budget:
        """Return the budget of the organisation that we speak to."""
        return self.purse.of(self._sign_in.tenant().id)

    def read(self, operation: str, **arguments: Any) -> Reply:
        """Call a reading operation of AccountingApi by its name."""
        return self._call(_Order("read", operation, arguments, READ_CALL_S, writing=False))

    def write(
        self,
        operation: str,
        *,
        purpose: Purpose,
        call_s: float,
        records: int,
        leave_by: datetime | None,
        **arguments: Any,
    ) -> Reply:
        """Call an operation that writes so many records, in at most call_s once it has left.

        Raises ThrottledError when it could not leave within turn_s, TooLateError when it could
        not before leave_by.
        """
        kind = "write" if purpose is Purpose.DATA else "write_back"
        order = _Order(
            kind, operation, arguments, call_s, writing=True, records=records, good_until=leave_by
        )
        return self._call(order)

    def _call(self, order: _Order) -> Reply:
        """Call; a token Xero no longer takes is replaced once: a 401 means nothing was done."""
        patience_s = self._turn_s if order.writing else PATIENCE_S
        leave_by = self._clock.now().timestamp() + patience_s
        token = self._sign_in.access_token()
        outcome = self._once(order, token, leave_by)
        if isinstance(outcome, Refused) and outcome.status == 401:
            token = self._sign_in.access_token(refused=token)
            outcome = self._once(order, token, leave_by)
        if isinstance(outcome, Refused):
            raise refusal(outcome, writing=order.writing)
        return outcome

    def _once(self, order: _Order, token: str, leave_by: float) -> Reply | Refused:
        tenant_id = self._sign_in.tenant().id
        within_s = leave_by - self._clock.now().timestamp()
        paid = self.purse.paying(
            tenant_id, within_s=within_s, over_s=order.call_s, use=self._use, records=order.records
        )
        with paid as call:
            self._check_time(order, call, leave_by)
            line = self._lines.mine()
            line.sign_in(token)
            line.pool.within_s = order.call_s
            self.calls.add(order.kind)
            try:
                return self._send(line.api, tenant_id, order, call)
            finally:
                call.received = line.pool.received

    def _check_time(self, order: _Order, call: Call, leave_by: float) -> None:
        """Raise, and give the turn back, when it came too late for a call that writes.

        Its request may be taken back by now, and what it carries be sent again (R22); or what it
        is about to overwrite was read too long ago (R23).
        """
        now = self._clock.now()
        if order.good_until is not None and now > order.good_until:
            call.give_back()
            raise TooLateError("The call's turn came too late.")
        if order.writing and now.timestamp() > leave_by:
            call.give_back()
            raise ThrottledError("The call could not leave in time.")

    def _send(
        self, api: AccountingApi, tenant_id: str, order: _Order, call: Call
    ) -> Reply | Refused:
        started_at = self._clock.now()
        try:
            answer = getattr(api, order.operation)(
                xero_tenant_id=tenant_id,
                _preload_content=False,
                _return_http_data_only=True,
                **order.arguments,
            )
        except sdk.HTTPStatusException as error:
            return self._refused(error, call)
        except (wire.HTTPError, sdk.ApiSSLException) as error:
            raise transport(error, writing=order.writing) from None
        headers = _lower(answer.headers)
        call.answered(headers)
        try:
            return Reply(parse(answer.data), headers, started_at)
        except ValueError:
            raise unclear(
                "Xero's answer cannot be read.", writing=order.writing, status=answer.status
            ) from None

    def _refused(self, error: Any, call: Call) -> Refused:
        # The SDK's own properties parse the body and fail on HTML (xero.md section 7, trap 5).
        answer = error.http_resp
        refused = Refused(answer.status, _lower(answer.urllib3_response.headers), answer.data)
        call.answered(refused.headers)
        if refused.status == 429:
            call.refused(refused.problem, retry_after_s(refused))
        return refused


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
