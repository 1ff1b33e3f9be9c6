"""The accounting API: what stands before every resource."""

from __future__ import annotations

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request, Response
from dynamics_xero.sandbox.xero import hostile, idempotency
from dynamics_xero.sandbox.xero.access import Access, check_scope
from dynamics_xero.sandbox.xero.call import Call
from dynamics_xero.sandbox.xero.errors import RefusedError, not_found, plain
from dynamics_xero.sandbox.xero.limits import MOST_BYTES, is_write, label_of
from dynamics_xero.sandbox.xero.paths import place_of
from dynamics_xero.sandbox.xero.routes import ROUTES, Operation, Read
from dynamics_xero.sandbox.xero.switches import OVERSIZE_STATUS

API_PREFIX = "/api.xro/2.0/"
_NO_JSON_TEXT = (
    "Xero answers in XML unless the Accept header asks for application/json; "
    "this twin speaks JSON only."
)


class AccountingApi:
    """Answer calls under /api.xro/2.0."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def handle(self, request: Request, endpoint: Endpoint | None) -> Response:
        """Answer one call, refusals included, labelled for the counters."""
        try:
            response = self._answer(request, endpoint)
        except RefusedError as refused:
            response = refused.response
        response.endpoint, response.write = label_of(request), is_write(request)
        return response

    def _answer(self, request: Request, endpoint: Endpoint | None) -> Response:
        caller = self._access.caller(request, endpoint)
        place = place_of(request.path)
        if endpoint is None or place is None:
            raise not_found()
        operation = _operation(request, place.path)
        _check_form(request, operation, endpoint)
        check_scope(caller, operation.scope, read=isinstance(operation, Read), endpoint=endpoint)
        response = _done(operation, Call(endpoint, request, caller, place.keys))
        hostile.spoil(endpoint, request, response)
        return response


def _done(operation: Operation, call: Call) -> Response:
    if isinstance(operation, Read):
        return operation.answer(call)
    # A DELETE takes no key (xero.md 4, Idempotency-Key).
    deletes = call.request.method == "DELETE"
    keyed = None if deletes else idempotency.key_of(call.request, call.caller, call.endpoint)
    with call.endpoint.database.write() as tx:
        first = idempotency.replay(tx, keyed, call.endpoint) if keyed else None
        if first is not None:
            return first
        response = operation.answer(call, tx)
        if keyed:
            idempotency.remember(tx, keyed, response, call.endpoint)
    return response


def _operation(request: Request, path: str) -> Operation:
    operations = ROUTES[path]
    if request.method not in operations:
        response = plain(405, f"{request.method} is not supported here.")
        response.headers["Allow"] = ", ".join(operations)
        raise RefusedError(response)
    return operations[request.method]


def _check_form(request: Request, operation: Operation, endpoint: Endpoint) -> None:
    """Refuse what no resource takes: other formats than JSON, bodies over 3.5 MB."""
    # Real Xero would render XML here. A client that forgot the header must not get JSON either.
    if operation.json and "application/json" not in request.headers.get("accept", "").lower():
        raise RefusedError(plain(406, _NO_JSON_TEXT))
    if len(request.body) > MOST_BYTES:
        status = int(endpoint.switches.get(OVERSIZE_STATUS.name))
        raise RefusedError(plain(status, "The request is larger than 3.5 MB."))
