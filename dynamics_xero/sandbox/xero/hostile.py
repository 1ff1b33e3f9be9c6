"""What live Xero was seen to answer against its own specification, on demand (xero.md 5 and 7).

Each is a kind of fault, so that it can befall some calls and not others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request, Response, json_bytes
from dynamics_xero.sandbox.xero.contacts.fields import ORDER
from dynamics_xero.sandbox.xero.envelope import JSON_TYPE

Form = dict[str, object]
_NEEDED = ("ContactID", "Name", "ContactStatus", "UpdatedDateUTC")


def spoil(endpoint: Endpoint, request: Request, response: Response) -> None:
    """Let the faults that strike this call change the records in its answer."""
    struck = [
        changes
        for kind, changes in _CHANGES.items()
        if endpoint.faults.draw_kind(kind, request.method, request.path) is not None
    ]
    if not struck or response.headers.get("Content-Type") != JSON_TYPE:
        return
    body = json.loads(response.body)
    for changes in struck:
        for resource in changes.keys() & body.keys():
            body[resource] = [changes[resource](form) for form in body[resource]]
    response.body = json_bytes(body)


def _with_delivery(contact: Form) -> Form:
    """Live contacts have come back with an address type the file gives organisations only."""
    address = {"AddressType": "DELIVERY", "AddressLine1": "Back door", "City": "Hostile Hill"}
    return _with(contact, "Addresses", address)


def _with_unknown_words(contact: Form) -> Form:
    """Closed sets grow: words nobody knew yet, in every set whose field a contact may show."""
    contact = _with(contact, "Addresses", {"AddressType": "DRONEPORT", "City": "Hostile Hill"})
    contact = _with(contact, "Phones", {"PhoneType": "SATELLITE", "PhoneNumber": "1"})
    new = {"TaxNumberType": "GALACTIC", "SalesDefaultLineAmountType": "LATER"}
    return {**contact, **new, "DefaultCurrency": "XXQ"}


def _of_a_new_class(organisation: Form) -> Form:
    """Xero adds classes of organisations often (xero.md 5, Organisation)."""
    return {**organisation, "Class": "GALACTIC", "Edition": "CLUB", "Timezone": "MARSTIME"}


def _with_nulls(contact: Form) -> Form:
    """Null where live Xero leaves a field out, and where it shows an empty text or list."""
    return {
        field: None if field not in _NEEDED and contact.get(field) in (None, "", []) else shown
        for field, shown in {**dict.fromkeys(ORDER), **contact}.items()
    }


def _with(contact: Form, field: str, entry: Mapping[str, object]) -> Form:
    entries = contact.get(field)
    return {**contact, field: [*(entries if isinstance(entries, list) else []), dict(entry)]}


_CHANGES: Mapping[str, Mapping[str, Callable[[Form], Form]]] = {
    "hostile_delivery": {"Contacts": _with_delivery},
    "hostile_enum": {"Contacts": _with_unknown_words, "Organisations": _of_a_new_class},
    "hostile_null": {"Contacts": _with_nulls},
}
