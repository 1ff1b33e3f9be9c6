"""The examples in `examples/` do what they say, run as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynamics_xero import Connector
from tests.docs.pages import blocks, text_of
from tests.trips.world import Row, World, remarks, served

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LIMIT_S = 120

pytestmark = pytest.mark.trip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Both twins, Dynamics provisioned, and the two columns that Contoso's people made."""
    with served(tmp_path) as world:
        with world.connector():
            pass  # opening it provisions
        for column in ("contoso_LegalName", "contoso_Iban"):
            add_text_column(world, column)
        yield world


def add_text_column(world: World, schema_name: str) -> None:
    """Give accounts a text column, as an administrator does in the maker portal."""
    definition = {
        "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
        "SchemaName": schema_name,
        "MaxLength": 100,
        "FormatName": {"Value": "Text"},
    }
    world.person("POST", "EntityDefinitions(LogicalName='account')/Attributes", definition)


def run(name: str, *arguments: str, code: int = 0) -> str:
    """Run an example in a process of its own; return what it printed."""
    environment = {name: text for name, text in os.environ.items() if "DYNAMICS_XERO_" not in name}
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def synced(world: World) -> dict[str, Any]:
    """Run the override example and return its counts by entity."""
    report = json.loads(run("override_mapping.py", str(world.serving.settings_file)))
    entities: dict[str, Any] = report["connections"]["main"]["entities"]
    return entities


def bank_account(row: Row) -> object:
    return row.get("BankAccountDetails")


def test_the_override_example_carries_the_overridden_field_and_the_custom_column(
    world: World,
) -> None:
    account_id = world.account(
        "Harbour Tea", contoso_legalname="Harbour Tea Limited", contoso_iban="DE89 3704", fax="1"
    )
    world.account("Plain Sailing")
    world.contact(account_id, "Nora", "Lind")

    entities = synced(world)

    assert entities["account"]["to_xero"]["create"] == 2
    assert entities["contact"]["to_xero"]["create"] == 1
    overridden = world.in_xero("Harbour Tea Limited")
    assert bank_account(overridden) == "DE89 3704"
    assert world.persons("Harbour Tea Limited") == ["Nora Lind"]
    phones = overridden["Phones"]
    assert isinstance(phones, list)
    assert {p["PhoneNumber"] for p in phones if p["PhoneType"] == "FAX"} <= {""}
    assert not bank_account(world.in_xero("Plain Sailing"))
    details = world.in_dynamics("account", account_id)
    assert details["xero_id"] == overridden["ContactID"]


def test_a_change_of_the_custom_column_alone_reaches_xero(world: World) -> None:
    account_id = world.account("Harbour Tea", contoso_iban="DE89 3704")
    synced(world)

    world.edit("accounts", account_id, contoso_iban="GB29 NWBK")
    entities = synced(world)

    assert entities["account"]["to_xero"]["update"] == 1
    assert bank_account(world.in_xero("Harbour Tea")) == "GB29 NWBK"


def test_the_person_example_shows_edits_and_adds(world: World) -> None:
    file = str(world.serving.settings_file)
    world.account("Harbour Tea", telephone1="1")

    run("be_a_person.py", file, "edit", "Harbour Tea", "telephone1=2", "emailaddress1=a@b.example")
    run("be_a_person.py", file, "add-contact", "Harbour Tea", "Nora", "Lind")
    synced(world)
    shown = run("be_a_person.py", file, "show", "Harbour Tea").splitlines()

    assert "xero_status: Synced" in shown
    assert "in Xero: Harbour Tea, 2, a@b.example" in shown
    assert "people in Xero: Nora Lind" in shown
    run("be_a_person.py", file, "show", "Nobody", code=1)


def made_by(page: str, number: int) -> dict[str, Any]:
    """Run one Python block of a page and return what it made."""
    made: dict[str, Any] = {"__name__": "page"}
    exec(blocks(text_of(page), "python")[number], made)
    return made


def test_the_plug_in_of_the_page_refuses_and_changes(world: World) -> None:
    rules = made_by("how-to/write-a-plugin.md", 0)["HouseRules"]()
    refused = world.account("TEST one")
    world.account("Harbour Tea", address1_city="new york")

    with Connector.from_settings(world.settings("plugged"), plugins=[rules]) as connector:
        report = connector.sync()

    sentence = "Test companies do not go to Xero. Rename the account."
    assert remarks(report) == {refused: sentence}
    assert world.in_dynamics("account", refused)["xero_remark"] == sentence
    addresses = world.in_xero("Harbour Tea")["Addresses"]
    assert isinstance(addresses, list)
    assert "New York" in [address.get("City") for address in addresses]


def test_the_scope_of_the_page_leaves_others_out(world: World) -> None:
    customers_only = made_by("how-to/change-a-mapping.md", 2)["CustomersOnly"]
    world.account("Customer", customertypecode=3)
    world.account("Supplier", customertypecode=10)

    settings = world.settings("scoped")
    with Connector.from_settings(settings, mappings=[customers_only]) as connector:
        wait_s = connector.look("main")

    assert [row["Name"] for row in world.all_in_xero()] == ["Customer"]
    assert wait_s <= settings.connections["main"].dynamics.poll_s
