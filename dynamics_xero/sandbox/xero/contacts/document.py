"""A contact in its full public form: how values become it, and what a light list leaves out."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.sandbox.xero.contacts.fields import (
    ADDRESS_SLOTS,
    ADDRESS_TYPES,
    ALWAYS_TEXTS,
    ORDER,
    PHONE_SLOTS,
    PHONE_TEXTS,
    PHONE_TYPES,
)

Document = dict[str, object]
BOOKKEEPING = ("UpdatedDateUTC",)


def blank(contact_id: str) -> Document:
    """Return a contact with nothing but what Xero always shows."""
    return {
        "ContactID": contact_id,
        "ContactStatus": "ACTIVE",
        "Name": "",
        **dict.fromkeys(ALWAYS_TEXTS, ""),
        "Addresses": [
            {"AddressType": kind, **dict.fromkeys(ADDRESS_SLOTS, "")} for kind in ADDRESS_TYPES
        ],
        "Phones": [{"PhoneType": kind, **dict.fromkeys(PHONE_TEXTS, "")} for kind in PHONE_SLOTS],
        "ContactGroups": [],
        "IsSupplier": False,
        "IsCustomer": False,
        "SalesTrackingCategories": [],
        "PurchasesTrackingCategories": [],
        "ContactPersons": [],
        "HasAttachments": False,
        "HasValidationErrors": False,
    }


def changed(document: Document, values: Mapping[str, object]) -> Document:
    """Return the document with the sent values in it; what was not sent stays."""
    result = dict(document)
    for field, value in values.items():
        if field == "Addresses":
            result[field] = _by_type(document[field], value, "AddressType", ADDRESS_TYPES)
        elif field == "Phones":
            result[field] = _by_type(document[field], value, "PhoneType", PHONE_TYPES)
        elif field == "PaymentTerms":
            result[field] = {**_mapping(document.get(field)), **_mapping(value)}
        elif value in ("", {}) and field not in (*ALWAYS_TEXTS, "Name"):
            # Xero shows an unset value by leaving it out, never as null.
            result.pop(field, None)
        else:
            result[field] = value
    return {field: result[field] for field in ORDER if field in result}


def same(one: Document, other: Document) -> bool:
    """Tell whether two forms of a contact differ in nothing a person could see."""
    return all(
        one.get(field) == other.get(field)
        for field in one.keys() | other.keys()
        if field not in BOOKKEEPING
    )


def without(document: Document, left_out: frozenset[str]) -> Document:
    """Return a lighter form of a contact."""
    return {field: value for field, value in document.items() if field not in left_out}


def search_text(document: Document) -> str:
    """Return what searchTerm looks through (xero.md 3, Explicit list params)."""
    searched = ("Name", "FirstName", "LastName", "ContactNumber", "EmailAddress")
    return "\n".join(str(document.get(field, "")) for field in searched).casefold()


def _by_type(old: object, new: object, key: str, order: tuple[str, ...]) -> list[object]:
    """Replace whole entries by their type; a type that was not sent keeps its entry."""
    entries = {_mapping(entry)[key]: entry for entry in (*_items(old), *_items(new))}
    return [entries[kind] for kind in order if kind in entries]


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
