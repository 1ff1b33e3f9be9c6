"""Users of an organisation: its people, read-only (xero.md 5, Settings)."""

from __future__ import annotations

import uuid

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.people import Person
from dynamics_xero.sandbox.web import Response
from dynamics_xero.sandbox.xero import envelope, organisation
from dynamics_xero.sandbox.xero.call import Call
from dynamics_xero.sandbox.xero.contacts.query import modified_since
from dynamics_xero.sandbox.xero.contacts.validate import guid
from dynamics_xero.sandbox.xero.dates import ms_date
from dynamics_xero.sandbox.xero.errors import not_found
from dynamics_xero.sandbox.xero.listing import Form, listed
from dynamics_xero.sandbox.xero.where import Kind

_FIELDS = {
    "UserID": Kind.GUID,
    "EmailAddress": Kind.TEXT,
    "FirstName": Kind.TEXT,
    "LastName": Kind.TEXT,
    "IsSubscriber": Kind.TRUTH,
    "OrganisationRole": Kind.TEXT,
}
_LAST_NAME = "Example"


def list_users(call: Call) -> Response:
    """Answer GET /Users; everybody was last changed when the organisation was founded."""
    since = modified_since(call.request)
    founded = organisation.created(call.endpoint)
    people = [] if since is not None and founded < since else list(call.endpoint.people)
    return listed(call, "Users", [_form(call.endpoint, one) for one in people], _FIELDS, of="User")


def one_user(call: Call) -> Response:
    """Answer GET /Users/{UserID}."""
    wanted = guid(call.keys[0])
    for person in call.endpoint.people:
        form = _form(call.endpoint, person)
        if form["UserID"] == wanted:
            response = envelope.answer(call.endpoint, "Users", [envelope.text_of(form)])
            response.rows_read = 1
            return response
    raise not_found()


def _form(endpoint: Endpoint, person: Person) -> Form:
    first = next(iter(endpoint.people)) == person
    return {
        "UserID": str(uuid.uuid5(uuid.UUID(endpoint.facts["tenant_id"]), person.name)),
        "EmailAddress": person.email,
        "FirstName": person.name.capitalize(),
        "LastName": _LAST_NAME,
        "UpdatedDateUTC": ms_date(organisation.created(endpoint)),
        "IsSubscriber": first,
        "OrganisationRole": "FINANCIALADVISER" if first else "STANDARD",
    }
