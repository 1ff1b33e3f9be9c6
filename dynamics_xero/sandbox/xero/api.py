"""The accounting API: what stands before every resource, and the routes."""

from __future__ import annotations

from urllib.parse import unquote

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request, Response
from dynamics_xero.sandbox.xero import envelope, idempotency
from dynamics_xero.sandbox.xero import organisation as organisations
from dynamics_xero.sandbox.xero.access import Access, Caller, check_scope
from dynamics_xero.sandbox.xero.contacts.read import list_contacts, one_contact
from dynamics_xero.sandbox.xero.contacts.validate import guid
from dynamics_xero.sandbox.xero.contacts.write import write_contacts
from dynamics_xero.sandbox.xero.errors import RefusedError, not_found, plain
from dynamics_xero.sandbox.xero.limits import MOST_BYTES, is_write, label_of
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
        if endpoint is None:
            raise not_found()
        _check_form(request, endpoint)
        parts = [unquote(part) for part in request.path.split("/") if part][2:]
        if not 1 <= len(parts) <= 2:
            raise not_found()
        resource, key = parts[0], parts[1] if len(parts) == 2 else None
        if resource.lower() == "contacts":
            return _contacts(request, endpoint, caller, key)
        if resource.lower() == "organisation" and key is None:
            return _organisation(request, endpoint, caller)
        raise not_found()


def _check_form(request: Request, endpoint: Endpoint) -> None:
    """Refuse what no resource takes: other formats than JSON, bodies over 3.5 MB."""
    # Real Xero would render XML here. A client that forgot the header must not get JSON either.
    if "application/json" not in request.headers.get("accept", "").lower():
        raise RefusedError(plain(406, _NO_JSON_TEXT))
    if len(request.body) > MOST_BYTES:
        status = int(endpoint.switches.get(OVERSIZE_STATUS.name))
        raise RefusedError(plain(status, "The request is larger than 3.5 MB."))


def _contacts(request: Request, endpoint: Endpoint, caller: Caller, key: str | None) -> Response:
    methods = ("GET", "POST") if key else ("GET", "PUT", "POST")
    _check_method(request, methods)
    read = request.method == "GET"
    check_scope(caller, "accounting.contacts", read=read, endpoint=endpoint)
    if read:
        return one_contact(endpoint, key) if key else list_contacts(endpoint, request)
    contact_id = guid(key) if key else None
    if key and contact_id is None:
        raise not_found()
    keyed = idempotency.key_of(request, caller, endpoint)
    with endpoint.database.write() as tx:
        first = idempotency.replay(tx, keyed, endpoint) if keyed else None
        if first is not None:
            return first
        response = write_contacts(endpoint, tx, request, caller, contact_id)
        if keyed:
            idempotency.remember(tx, keyed, response, endpoint)
    return response


def _organisation(request: Request, endpoint: Endpoint, caller: Caller) -> Response:
    _check_method(request, ("GET",))
    check_scope(caller, "accounting.settings", read=True, endpoint=endpoint)
    element = envelope.text_of(organisations.public_form(endpoint))
    response = envelope.answer(endpoint, "Organisations", [element])
    response.rows_read = 1
    return response


def _check_method(request: Request, methods: tuple[str, ...]) -> None:
    if request.method not in methods:
        response = plain(405, f"{request.method} is not supported here.")
        response.headers["Allow"] = ", ".join(methods)
        raise RefusedError(response)
