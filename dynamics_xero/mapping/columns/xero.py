"""The Xero columns a mapping may use, nested ones dotted; tested against Xero's OpenAPI file."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.mapping.columns.column import Column, Columns, ColumnType, by_name

ADDRESS_TYPES: Mapping[str, str] = {"POBOX": "Billing address", "STREET": "Delivery address"}
PHONE_TYPES: Mapping[str, str] = {
    "DEFAULT": "Phone",
    "DDI": "Direct dial",
    "MOBILE": "Mobile",
    "FAX": "Fax",
    "OFFICE": "Office phone",
}


def _text(name: str, label: str, max_length: int | None = None) -> Column:
    return Column(name=name, label=label, max_length=max_length)


def _shown(name: str, label: str, type_: ColumnType = ColumnType.TEXT) -> Column:
    """Describe a column that only Xero writes."""
    return Column(name=name, label=label, type=type_, read_only=True)


def _group(group: str, label: str, *members: tuple[str, str, int]) -> tuple[Column, ...]:
    """Describe columns that Xero takes only together: one address, one phone."""
    return tuple(
        Column(
            name=f"{group}.{name}",
            label=f"{label}: {text}",
            max_length=max_length,
            write_group=group,
        )
        for name, text, max_length in members
    )


def _address(kind: str, label: str) -> tuple[Column, ...]:
    return _group(
        f"Addresses.{kind}",
        label,
        ("AddressLine1", "line 1", 500),
        ("AddressLine2", "line 2", 500),
        ("AddressLine3", "line 3", 500),
        ("AddressLine4", "line 4", 500),
        ("City", "city", 255),
        ("Region", "region", 255),
        ("PostalCode", "postal code", 50),
        ("Country", "country", 50),
        ("AttentionTo", "attention", 255),
    )


def _phone(kind: str, label: str) -> tuple[Column, ...]:
    return _group(
        f"Phones.{kind}",
        label,
        ("PhoneNumber", "number", 50),
        ("PhoneAreaCode", "area code", 10),
        ("PhoneCountryCode", "country code", 20),
    )


_CONTACT = by_name(
    _shown("ContactID", "Xero id", ColumnType.ID),
    _text("ContactNumber", "Contact code", 50),
    _text("AccountNumber", "Account number", 50),
    Column(name="ContactStatus", label="Status", type=ColumnType.CHOICE),
    _text("Name", "Name", 255),
    _text("FirstName", "First name", 255),
    _text("LastName", "Last name", 255),
    _text("EmailAddress", "E-mail", 255),
    _text("CompanyNumber", "Company number", 50),
    _text("TaxNumber", "Tax number", 50),
    _text("BankAccountDetails", "Bank account"),
    _text("AccountsReceivableTaxType", "Sales tax"),
    _text("AccountsPayableTaxType", "Purchase tax"),
    _text("SalesDefaultAccountCode", "Sales account"),
    _text("PurchasesDefaultAccountCode", "Purchase account"),
    Column(name="DefaultCurrency", label="Currency", type=ColumnType.CHOICE),
    *(column for kind, label in ADDRESS_TYPES.items() for column in _address(kind, label)),
    *(column for kind, label in PHONE_TYPES.items() for column in _phone(kind, label)),
    _shown("Website", "Website"),
    _shown("Discount", "Discount", ColumnType.DECIMAL),
    _shown("IsCustomer", "Customer", ColumnType.BOOLEAN),
    _shown("IsSupplier", "Supplier", ColumnType.BOOLEAN),
    _shown("MergedToContactID", "Merged into", ColumnType.ID),
    _shown("UpdatedDateUTC", "Last changed", ColumnType.DATETIME),
)

_CONTACT_PERSON = by_name(
    _text("FirstName", "First name"),
    _text("LastName", "Last name"),
    _text("EmailAddress", "E-mail"),
    Column(name="IncludeInEmails", label="Include in e-mails", type=ColumnType.BOOLEAN),
)

RESOURCES: Mapping[str, Columns] = {
    "Contact": _CONTACT,
    "ContactPerson": _CONTACT_PERSON,
}
"""Resource, or row of a list column, -> its columns."""
