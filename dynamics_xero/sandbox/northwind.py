"""Northwind's CSV columns as Dynamics rows: pure, no call is made here."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from dynamics_xero.sandbox.csv_files import CsvRow

NAMESPACE = uuid.UUID("6f1f6d0c-5b0e-5e6b-9d53-0f3f2f0f7a11")
CUSTOMER, SUPPLIER = 3, 10

_ADDRESS = {
    "address": "address1_line1",
    "city": "address1_city",
    "region": "address1_stateorprovince",
    "postalCode": "address1_postalcode",
    "country": "address1_country",
}
_COMPANY = {**_ADDRESS, "phone": "telephone1", "fax": "fax"}
_EMPLOYEE = {**_ADDRESS, "homePhone": "homephone"}


@dataclass(frozen=True)
class Row:
    """One Dynamics row to write: values under the Web API's names, and where they come from."""

    entity_set: str
    id: str
    values: Mapping[str, object]
    origin: str

    @property
    def path(self) -> str:
        """The row's address in the Web API."""
        return f"{self.entity_set}({self.id})"


@dataclass(frozen=True)
class CsvFile:
    """One of Northwind's files; `rows` is None as long as nobody writes its tables."""

    name: str
    tables: tuple[str, ...]
    columns: tuple[str, ...] = ()
    key: str = ""
    rows: Callable[[CsvRow], list[Row]] | None = None


def row_id(*parts: str) -> str:
    """Return a row's id: uuid5 of file and key, so that a second load meets the same rows."""
    return str(uuid.uuid5(NAMESPACE, "/".join(parts)))


def customer(row: CsvRow) -> list[Row]:
    """Return a customer's account and contact."""
    number = row.required("customerID")
    return _company(row, number, {"accountnumber": number, "customertypecode": CUSTOMER})


def supplier(row: CsvRow) -> list[Row]:
    """Return a supplier's account and contact."""
    number = row.required("supplierID")
    facts: dict[str, object] = {
        "accountnumber": f"S{number}",
        "customertypecode": SUPPLIER,
        "websiteurl": _url(row.values["homepage"]),
    }
    return _company(row, number, facts)


def employee(row: CsvRow) -> list[Row]:
    """Return an employee's user."""
    first, last = row.required("firstName"), row.required("lastName")
    email = f"{first}.{last}".lower().replace(" ", "") + "@northwind.example"
    values: dict[str, object] = {
        "firstname": first,
        "lastname": last,
        "title": row.values["title"],
        "internalemailaddress": email,
        "domainname": email,
        **{column: row.values[source] for source, column in _EMPLOYEE.items()},
    }
    id = row_id(row.file, row.required("employeeID"))
    return [Row("systemusers", id, _filled(values), row.origin)]


FILES = (
    CsvFile(
        "customers.csv",
        ("account", "contact"),
        ("customerID", "companyName", "contactName", "contactTitle", *_COMPANY),
        "customerID",
        customer,
    ),
    CsvFile(
        "suppliers.csv",
        ("account", "contact"),
        ("supplierID", "companyName", "contactName", "contactTitle", *_COMPANY, "homepage"),
        "supplierID",
        supplier,
    ),
    CsvFile(
        "employees.csv",
        ("systemuser",),
        ("employeeID", "lastName", "firstName", "title", *_EMPLOYEE),
        "employeeID",
        employee,
    ),
    CsvFile("products.csv", ("product",)),
    CsvFile("orders.csv", ("salesorder",)),
    CsvFile("order-details.csv", ("salesorderdetail",)),
)


def _company(row: CsvRow, key: str, facts: Mapping[str, object]) -> list[Row]:
    account_id = row_id(row.file, key)
    address = {column: row.values[source] for source, column in _COMPANY.items()}
    values = {"name": row.required("companyName"), **facts, **address}
    account = Row("accounts", account_id, _filled(values), row.origin)
    person = row.values["contactName"]
    if person is None:
        return [account]
    return [account, _contact(row, key, person, account)]


def _contact(row: CsvRow, key: str, name: str, account: Row) -> Row:
    first, _, rest = name.partition(" ")
    values = {
        "firstname": first,
        "lastname": rest.strip(),
        "jobtitle": row.values["contactTitle"],
        "parentcustomerid_account@odata.bind": f"/{account.path}",
    }
    return Row("contacts", row_id(row.file, key, "contact"), _filled(values), row.origin)


def _filled(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _url(text: str | None) -> str | None:
    """Return a homepage that is a URL; Northwind's others are Access hyperlinks."""
    if text is None or any(letter.isspace() for letter in text):
        return None
    parts = urlsplit(text)
    return text if parts.scheme in ("http", "https") and parts.hostname else None
