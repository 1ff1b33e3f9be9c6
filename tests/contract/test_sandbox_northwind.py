"""`sandbox load` of the real Northwind files, judged by the files themselves.

The oracle reads the CSV with the csv module and shares no code with the loader.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynamics_xero.sandbox.load import LoadOptions, load
from dynamics_xero.sandbox.serving import Serving
from tests.sandbox import Control, caller, start

pytestmark = pytest.mark.shared_data

ROOT = Path(__file__).resolve().parents[2]
NORTHWIND = Path(os.environ.get("DYNAMICS_XERO_SHARED", ROOT.parent / "shared")) / "data/northwind"
ADDRESS = {
    "address1_line1": "address",
    "address1_city": "city",
    "address1_stateorprovince": "region",
    "address1_postalcode": "postalCode",
    "address1_country": "country",
    "telephone1": "phone",
    "fax": "fax",
}

Row = dict[str, object]


def source(name: str) -> list[dict[str, str]]:
    """Read one of the files."""
    with (NORTHWIND / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def expected_account(row: dict[str, str], number: str, kind: int) -> Row:
    """What a row of companies must have become."""
    values: Row = {column: row[name].strip() or None for column, name in ADDRESS.items()}
    return values | {
        "name": row["companyName"].strip(),
        "accountnumber": number,
        "customertypecode": kind,
        "websiteurl": None,
    }


def companies() -> dict[str, tuple[Row, dict[str, str]]]:
    """Return by account number what each account must be, and its row."""
    found = {}
    for row in source("customers.csv"):
        found[row["customerID"]] = expected_account(row, row["customerID"], 3), row
    for row in source("suppliers.csv"):
        number = "S" + row["supplierID"]
        found[number] = expected_account(row, number, 10), row
    return found


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Both twins, with Northwind loaded."""
    with start(tmp_path_factory.mktemp("home")) as sandbox:
        load(LoadOptions(NORTHWIND, sandbox.settings_file), io.StringIO())
        yield sandbox


def rows(serving: Serving, resource: str) -> list[Row]:
    """Return what the twin holds."""
    with caller(serving) as session:
        return Control(session, serving.dynamics_url).rows(resource)


def test_every_company_is_an_account_value_by_value(serving: Serving) -> None:
    wanted = {number: account for number, (account, _) in companies().items()}

    found = {str(row["accountnumber"]): row for row in rows(serving, "account")}

    assert len(wanted) == 120
    assert found.keys() == wanted.keys()
    for number, account in wanted.items():
        assert {name: found[number][name] for name in account} == account
    assert any("é" in str(row["name"]) for row in found.values())


def test_every_company_has_its_one_contact(serving: Serving) -> None:
    accounts = {str(row["accountid"]): row for row in rows(serving, "account")}
    contacts = rows(serving, "contact")
    wanted = {
        number: (
            row["contactName"].split(" ", 1)[0],
            row["contactName"].split(" ", 1)[1],
            row["contactTitle"],
        )
        for number, (_, row) in companies().items()
    }

    found = {
        str(accounts[str(contact["_parentcustomerid_value"])]["accountnumber"]): (
            contact["firstname"],
            contact["lastname"],
            contact["jobtitle"],
        )
        for contact in contacts
    }

    assert len(contacts) == 120
    assert found == wanted
    assert {account["_primarycontactid_value"] for account in accounts.values()} == {None}


def test_every_employee_is_a_user_whose_address_keeps_its_line_break(serving: Serving) -> None:
    wanted = {
        f"{row['firstName']}.{row['lastName']}@northwind.example".lower(): {
            "firstname": row["firstName"],
            "lastname": row["lastName"],
            "homephone": row["homePhone"],
            **{
                column: row[name].strip() or None for column, name in ADDRESS.items() if name in row
            },
        }
        for row in source("employees.csv")
    }

    found = {str(row["internalemailaddress"]): row for row in rows(serving, "systemuser")}

    assert len(wanted) == 9
    for email, user in wanted.items():
        assert {name: found[email][name] for name in user} == user
    assert any("\n" in str(found[email]["address1_line1"]) for email in wanted)


def test_it_was_written_by_the_loader_in_few_calls(serving: Serving) -> None:
    with caller(serving) as session:
        control = Control(session, serving.dynamics_url)
        entries, stats = control.entries(), control.stats()

    assert {(entry["actor"], entry["action"]) for entry in entries} == {("loader", "create")}
    assert len(entries) == 249
    # 249 rows in batches of a hundred.
    assert stats["writes"] == 3
