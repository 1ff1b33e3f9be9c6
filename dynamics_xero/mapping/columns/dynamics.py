"""The standard Dataverse columns a mapping may use (dataverse.md section 8), and ours."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.mapping.columns import xero_details
from dynamics_xero.mapping.columns.column import Column, Columns, ColumnType, by_name


def _text(name: str, label: str, max_length: int | None = None) -> Column:
    return Column(name=name, label=label, max_length=max_length)


def _of(type_: ColumnType, name: str, label: str) -> Column:
    return Column(name=name, label=label, type=type_)


def _shown(type_: ColumnType, name: str, label: str) -> Column:
    """Describe a column that only the platform writes."""
    return Column(name=name, label=label, type=type_, read_only=True)


def _address(number: int) -> tuple[Column, ...]:
    name, label = f"address{number}", f"Address {number}"
    return (
        _text(f"{name}_name", f"{label}: Name", 200),
        _text(f"{name}_line1", f"{label}: Street 1", 250),
        _text(f"{name}_line2", f"{label}: Street 2", 250),
        _text(f"{name}_line3", f"{label}: Street 3", 250),
        _text(f"{name}_city", f"{label}: City", 80),
        _text(f"{name}_stateorprovince", f"{label}: State/Province", 50),
        _text(f"{name}_postalcode", f"{label}: ZIP/Postal Code", 20),
        _text(f"{name}_country", f"{label}: Country/Region", 80),
        _text(f"{name}_telephone1", f"{label}: Phone", 50),
        _text(f"{name}_primarycontactname", f"{label}: Contact", 100),
        _of(ColumnType.CHOICE, f"{name}_addresstypecode", f"{label}: Address Type"),
        _shown(ColumnType.MEMO, f"{name}_composite", label),
    )


def _bookkeeping(table: str) -> tuple[Column, ...]:
    """Return the columns that every table has."""
    return (
        _shown(ColumnType.ID, f"{table}id", "Id"),
        _shown(ColumnType.DATETIME, "createdon", "Created On"),
        _shown(ColumnType.DATETIME, "modifiedon", "Modified On"),
        _shown(ColumnType.WHOLE, "versionnumber", "Version Number"),
        _of(ColumnType.CHOICE, "statecode", "Status"),
        _of(ColumnType.CHOICE, "statuscode", "Status Reason"),
    )


def _customer(table: str) -> tuple[Column, ...]:
    """Return what account and contact have in common."""
    return (
        _text("emailaddress1", "E-mail", 100),
        _text("telephone1", "Main phone", 50),
        _text("telephone2", "Other phone", 50),
        _text("fax", "Fax", 50),
        _text("websiteurl", "Website", 200),
        _of(ColumnType.MEMO, "description", "Description"),
        *_address(1),
        *_address(2),
        _of(ColumnType.LOOKUP, "transactioncurrencyid", "Currency"),
        _of(ColumnType.LOOKUP, "ownerid", "Owner"),
        _shown(ColumnType.BOOLEAN, "merged", "Merged"),
        _shown(ColumnType.LOOKUP, "masterid", "Merged Into"),
        *_bookkeeping(table),
        *xero_details.CUSTOM_COLUMNS[table],
    )


_ACCOUNT = by_name(
    _text("name", "Name", 160),
    _text("accountnumber", "Account number", 20),
    _of(ColumnType.CHOICE, "customertypecode", "Relationship type"),
    _of(ColumnType.MONEY, "creditlimit", "Credit limit"),
    _of(ColumnType.BOOLEAN, "creditonhold", "Credit hold"),
    _of(ColumnType.CHOICE, "paymenttermscode", "Payment terms"),
    _of(ColumnType.LOOKUP, "primarycontactid", "Primary contact"),
    _of(ColumnType.LOOKUP, "parentaccountid", "Parent account"),
    _of(ColumnType.LOOKUP, "defaultpricelevelid", "Price list"),
    *_customer("account"),
)

_CONTACT = by_name(
    _text("firstname", "First name", 50),
    _text("middlename", "Middle name", 50),
    _text("lastname", "Last name", 50),
    Column(name="fullname", label="Full name", max_length=160, read_only=True),
    _text("jobtitle", "Job title", 100),
    _text("emailaddress2", "E-mail 2", 100),
    _text("emailaddress3", "E-mail 3", 100),
    _text("mobilephone", "Mobile phone", 50),
    _of(ColumnType.LOOKUP, "parentcustomerid", "Company name"),
    _shown(ColumnType.LOOKUP, "accountid", "Account"),
    *_customer("contact"),
)

_TRANSACTIONCURRENCY = by_name(
    _text("isocurrencycode", "Currency code", 5),
    _text("currencyname", "Currency name"),
    _text("currencysymbol", "Currency symbol"),
    _of(ColumnType.WHOLE, "currencyprecision", "Currency precision"),
    _of(ColumnType.DECIMAL, "exchangerate", "Exchange rate"),
    *_bookkeeping("transactioncurrency"),
)

_SYSTEMUSER = by_name(
    _text("firstname", "First name"),
    _text("lastname", "Last name"),
    _shown(ColumnType.TEXT, "fullname", "Full name"),
    _text("internalemailaddress", "Primary e-mail"),
    _of(ColumnType.BOOLEAN, "isdisabled", "Status"),
    _shown(ColumnType.ID, "systemuserid", "Id"),
)

TABLES: Mapping[str, Columns] = {
    "account": _ACCOUNT,
    "contact": _CONTACT,
    "transactioncurrency": _TRANSACTIONCURRENCY,
    "systemuser": _SYSTEMUSER,
    xero_details.LINK_TABLE: by_name(*xero_details.LINK_COLUMNS),
}
"""Table -> its columns under their logical names."""
