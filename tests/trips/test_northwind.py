"""Northwind, a real company's data, carried to Xero by the commands and judged by its own files.

The oracle reads the CSV with the csv module and shares no code with the loader or the mapping.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.trips.world import Row, World, served

pytestmark = [pytest.mark.trip, pytest.mark.shared_data]

LABEL = "@OData.Community.Display.V1.FormattedValue"
PROGRAM = Path(sys.executable).with_name("dynamics-xero")


@dataclass(frozen=True)
class Northwind:
    """A sandbox that holds Northwind, synced once; the companies are by account number."""

    world: World
    companies: dict[str, dict[str, str]]
    first: dict[str, Any]

    def run(self, *words: str) -> dict[str, Any]:
        """Run a command with --json; fails unless it exits with 0."""
        return run(self.world, *words)

    def contacts(self) -> dict[str, Row]:
        """Return Xero's contacts by account number; fails when two share one."""
        rows = self.world.all_in_xero()
        found = {str(row["AccountNumber"]): row for row in rows}
        assert len(found) == len(rows)
        return found


def run(world: World, *words: str) -> dict[str, Any]:
    """Run a command of ours against the sandbox, with a state of this world's own."""
    done = subprocess.run(
        [PROGRAM, *words, "--json", "--config", str(world.serving.settings_file)],
        env={**os.environ, "DYNAMICS_XERO_STATE": f"sqlite:///{world.folder}/northwind.db"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip() else {}
    return told


def carry(world: World, shared: Path, *options: str) -> Northwind:
    """Load, provision, sync: the commands a user types."""
    folder = shared / "data/northwind"
    run(world, "sandbox", "load", str(folder), *options)
    run(world, "provision", "apply")
    return Northwind(world, companies(folder), run(world, "sync", "--once"))


def companies(folder: Path) -> dict[str, dict[str, str]]:
    """Return the rows of customers and suppliers by the account number they must get."""
    found: dict[str, dict[str, str]] = {}
    for name, prefix, key in (
        ("customers.csv", "", "customerID"),
        ("suppliers.csv", "S", "supplierID"),
    ):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            found |= {prefix + row[key]: row for row in csv.DictReader(file)}
    return found


@pytest.fixture(scope="module")
def northwind(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Northwind]:
    """Northwind, carried over once for the tests that only look."""
    with served(tmp_path_factory.mktemp("northwind")) as world:
        yield carry(world, shared)


def text(value: object) -> str:
    """Return what a twin holds, nothing being no text."""
    return "" if value is None else str(value)


def test_the_first_sync_says_what_it_did(northwind: Northwind) -> None:
    entities = northwind.first["connections"]["main"]["entities"]

    assert accounts_of(northwind.first)["to_xero"]["create"] == 120
    assert entities["contact"]["to_xero"]["create"] == 120
    assert northwind.first["failed"] == []


def test_every_company_is_one_contact_value_by_value(northwind: Northwind) -> None:
    found = northwind.contacts()

    assert len(northwind.companies) == 120
    assert found.keys() == northwind.companies.keys()
    for number, company in northwind.companies.items():
        assert as_told(found[number]) == as_written(company), number


def as_written(company: dict[str, str]) -> dict[str, str]:
    """What the file says of a company, its ends trimmed."""
    columns = ("companyName", "address", "city", "region", "postalCode", "country", "phone", "fax")
    return {"status": "ACTIVE"} | {column: company[column].strip() for column in columns}


def as_told(contact: Row) -> dict[str, str]:
    """What Xero says of it, in the file's words."""
    billing = slot(contact, "Addresses", "AddressType", "POBOX")
    return {
        "status": text(contact["ContactStatus"]),
        "companyName": text(contact["Name"]),
        "address": text(billing.get("AddressLine1")),
        "city": text(billing.get("City")),
        "region": text(billing.get("Region")),
        "postalCode": text(billing.get("PostalCode")),
        "country": text(billing.get("Country")),
        "phone": text(slot(contact, "Phones", "PhoneType", "DEFAULT").get("PhoneNumber")),
        "fax": text(slot(contact, "Phones", "PhoneType", "FAX").get("PhoneNumber")),
    }


def slot(contact: Row, listed: str, kind: str, wanted: str) -> Row:
    """Return the one address or phone of a kind."""
    rows = contact[listed]
    assert isinstance(rows, list)
    found: list[Row] = [row for row in rows if row[kind] == wanted]
    assert len(found) == 1
    return found[0]


def test_every_contact_has_exactly_its_one_person(northwind: Northwind) -> None:
    persons = {}
    for number, contact in northwind.contacts().items():
        rows = contact["ContactPersons"]
        assert isinstance(rows, list)
        assert not contact.get("FirstName")
        persons[number] = [f"{row['FirstName']} {row['LastName']}" for row in rows]

    assert persons == {
        number: [company["contactName"].strip()] for number, company in northwind.companies.items()
    }


def test_accents_arrive_intact(northwind: Northwind) -> None:
    found = northwind.contacts()

    # Spelled here once by hand: a wrong encoding on both sides of a comparison would go unseen.
    assert found["BERGS"]["Name"] == "Berglunds snabbköp"
    assert found["COMMI"]["ContactPersons"] == [
        {"FirstName": "Pedro", "LastName": "Afonso", "IncludeInEmails": False}
    ]
    assert slot(found["COMMI"], "Addresses", "AddressType", "POBOX")["City"] == "Sao Paulo"
    assert slot(found["ANATR"], "Addresses", "AddressType", "POBOX")["City"] == "México D.F."


def test_every_account_shows_its_details(northwind: Northwind) -> None:
    columns = "accountnumber,xero_id,xero_status,xero_lastsyncedon,xero_remark"
    shown = northwind.world.person(
        "GET", f"accounts?$select={columns}", Prefer='odata.include-annotations="*"'
    )["value"]

    assert isinstance(shown, list)
    assert {row["accountnumber"]: row["xero_id"] for row in shown} == {
        number: contact["ContactID"] for number, contact in northwind.contacts().items()
    }
    assert {row[f"xero_status{LABEL}"] for row in shown} == {"Synced"}
    assert all(row["xero_lastsyncedon"] for row in shown)
    assert {row["xero_remark"] for row in shown} == {None}


def test_every_contact_shows_its_details(northwind: Northwind) -> None:
    columns = "xero_status,xero_lastsyncedon,xero_remark"
    shown = northwind.world.person(
        "GET", f"contacts?$select={columns}", Prefer='odata.include-annotations="*"'
    )["value"]

    assert isinstance(shown, list)
    assert len(shown) == 120
    assert {row[f"xero_status{LABEL}"] for row in shown} == {"Synced"}
    assert all(row["xero_lastsyncedon"] for row in shown)
    assert {row["xero_remark"] for row in shown} == {None}


def test_r8_accounts_touched_with_equal_values_are_unchanged_and_nothing_is_written(
    northwind: Northwind,
) -> None:
    world = northwind.world
    settle(northwind)
    idle = northwind.run("sync", "--once")
    touch_all(world)
    mark = world.mark()

    report = northwind.run("sync", "--once")

    assert accounts_of(idle)["unchanged"] == 0
    counts = accounts_of(report)
    assert counts["unchanged"] == 120
    assert counts["to_xero"] == dict.fromkeys(counts["to_xero"], 0)
    assert [entry for entry in world.written(mark) if entry["changed"]] == []
    assert report["failed"] == []


def accounts_of(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report's counts of accounts."""
    counts: dict[str, Any] = report["connections"]["main"]["entities"]["account"]
    return counts


def settle(northwind: Northwind) -> None:
    """Let the feeds' overlaps pass, so that no row of the first sync is shown again."""
    northwind.world.dynamics.post("clock", {"advance_s": 600})
    northwind.run("sync", "--once")


def touch_all(world: World) -> None:
    """Let Ada write every account's own values over them, in one $batch."""
    columns = ["name", "accountnumber", "telephone1", "address1_line1", "address1_city"]
    rows = world.dynamics.rows("account")
    parts = [
        "\r\n".join(
            [
                "--touch",
                "Content-Type: application/http",
                "Content-Transfer-Encoding: binary",
                "",
                f"PATCH {world.serving.dynamics_api_url}/accounts({row['accountid']}) HTTP/1.1",
                "Content-Type: application/json",
                "If-Match: *",
                "",
                json.dumps({column: row[column] for column in columns}),
            ]
        )
        for row in rows
    ]
    answer = world.session.post(
        f"{world.serving.dynamics_api_url}/$batch",
        data="\r\n".join([*parts, "--touch--", ""]).encode(),
        headers={
            "Authorization": f"Bearer {world.dynamics.token('ada')}",
            "Content-Type": "multipart/mixed; boundary=touch",
        },
        timeout=60,
    )
    assert answer.text.count("HTTP/1.1 204") == len(rows), answer.text[:500]


def test_a_primary_contact_is_the_primary_person_and_no_other(world: World, shared: Path) -> None:
    northwind = carry(world, shared, "--primary")

    shown = {
        number: (f"{row['FirstName']} {row['LastName']}", row["ContactPersons"])
        for number, row in northwind.contacts().items()
    }
    assert shown == {
        number: (company["contactName"].strip(), [])
        for number, company in northwind.companies.items()
    }
    assert northwind.first["failed"] == []
