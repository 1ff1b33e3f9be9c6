"""Which columns hold the same, told a second time: from mapping.md, not from the engine's mapping.

The oracle reads the twins' public dumps by this table and asks no part of the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

Row = Mapping[str, object]

SYNCED = 727000002
"""The option of xero_status that says so (mapping.md C.1)."""


ORGANIZATION_WIDE = 9
"""How much of a contact number says whose Dynamics it is; what follows is the row's id."""


class Way(Enum):
    """Which way a column's edits go (mapping.md C.4, column Dir)."""

    BOTH = "both"
    TO_XERO = "to Xero"
    TO_DYNAMICS = "to Dynamics"


@dataclass(frozen=True)
class Same:
    """A Dynamics column and where the same stands in a Xero contact; label: what people call it."""

    dynamics: str
    xero: str
    label: str
    way: Way = Way.BOTH
    asks: bool = False


ACCOUNT = (
    Same("name", "Name", "Name"),
    Same("accountnumber", "AccountNumber", "Account number"),
    Same("emailaddress1", "EmailAddress", "E-mail"),
    Same("telephone1", "Phones.DEFAULT", "Main phone"),
    Same("telephone2", "Phones.DDI", "Other phone"),
    Same("fax", "Phones.FAX", "Fax"),
    Same("address1_line1", "Addresses.POBOX.AddressLine1", "Address 1: Street 1"),
    Same("address1_city", "Addresses.POBOX.City", "Address 1: City"),
    Same("address1_postalcode", "Addresses.POBOX.PostalCode", "Address 1: ZIP/Postal Code"),
    Same("address1_country", "Addresses.POBOX.Country", "Address 1: Country/Region"),
    Same("address2_city", "Addresses.STREET.City", "Address 2: City"),
    Same("websiteurl", "Website", "Website", way=Way.TO_DYNAMICS),
    Same("xero_taxnumber", "TaxNumber", "Tax number", asks=True),
    Same("xero_companynumber", "CompanyNumber", "Company number", asks=True),
)

CONTACT = (
    Same("firstname", "FirstName", "First name"),
    Same("lastname", "LastName", "Last name"),
    Same("emailaddress1", "EmailAddress", "E-mail"),
)

ALONE = (
    *CONTACT,
    Same("telephone1", "Phones.DEFAULT", "Main phone"),
    Same("fax", "Phones.FAX", "Fax"),
    Same("address1_line1", "Addresses.POBOX.AddressLine1", "Address 1: Street 1"),
    Same("address1_city", "Addresses.POBOX.City", "Address 1: City"),
    Same("address1_postalcode", "Addresses.POBOX.PostalCode", "Address 1: ZIP/Postal Code"),
    Same("address1_country", "Addresses.POBOX.Country", "Address 1: Country/Region"),
)
"""What a contact of no account shares with the Xero contact it is by itself."""

PERSON = {"firstname": "FirstName", "lastname": "LastName", "emailaddress1": "EmailAddress"}


def in_xero(contact: Row, path: str) -> str | None:
    """Return what a Xero contact shows at a path; empty is none."""
    head, _, rest = path.partition(".")
    if not rest:
        return _text(contact.get(head))
    kind, _, member = rest.partition(".")
    label = "PhoneType" if head == "Phones" else "AddressType"
    rows = contact.get(head)
    if not isinstance(rows, list):
        return None
    row: Row = next((one for one in rows if one.get(label) == kind), {})
    if head == "Addresses":
        return _text(row.get(member))
    number = (row.get("PhoneCountryCode"), row.get("PhoneAreaCode"), row.get("PhoneNumber"))
    return " ".join(str(part) for part in number if part) or None


def owner(contact: Row) -> str | None:
    """Return the row whose number a Xero contact carries, if it carries any (mapping.md C.4)."""
    return str(contact.get("ContactNumber") or "")[ORGANIZATION_WIDE:] or None


def in_dynamics(row: Row, column: str) -> str | None:
    """Return what a Dynamics row shows in a column."""
    return _text(row.get(column))


def _text(value: object) -> str | None:
    return None if value in (None, "") else str(value)


def persons(contact: Row) -> list[tuple[str | None, ...]]:
    """Return the persons of a contact as (first name, last name, e-mail)."""
    rows = contact.get("ContactPersons")
    if not isinstance(rows, list):
        return []
    return [tuple(_text(row.get(name)) for name in PERSON.values()) for row in rows]
