"""Every outcome can be explained afterwards (R40)."""

from __future__ import annotations

from typing import Any

import pytest

from dynamics_xero import Connector
from dynamics_xero.model import SideName
from tests.json_schemas import faults
from tests.trips.world import World

pytestmark = pytest.mark.trip


def last(connector: Connector, record_id: str, action: str) -> dict[str, Any]:
    """Return the newest outcome of a kind."""
    found = connector.history(record_id)
    assert faults("history", {"history": found}) == []
    return next(row for row in found if row["action"] == action)


def test_r40_an_update_tells_before_after_base_rule_versions_and_request(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    world.edit("accounts", account, telephone1="2")
    version = int(str(world.in_dynamics("account", account)["versionnumber"]))
    connector.sync()

    row = last(connector, account, "update")

    assert row["changes"] == {
        "phone": {
            "before": "1",
            "after": "2",
            "rule": "changed in Dynamics",
            "base": {"dynamics": "1", "xero": "1"},
        }
    }
    assert row["xero_id"] == world.in_xero("Alfreds")["ContactID"]
    assert row["dynamics_version"] == version
    assert row["xero_version"]
    assert row["request"]


def test_r40_what_came_from_xero_is_told_the_same_way(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit_xero(contact, EmailAddress="a@x.example")
    connector.sync()

    row = last(connector, contact, "update_in_dynamics")

    assert row["dynamics_id"] == account
    assert row["xero_id"] == contact
    assert row["changes"]["email"]["before"] is None
    assert row["changes"]["email"]["after"] == "a@x.example"
    assert row["changes"]["email"]["base"] == {"dynamics": None, "xero": None}
    assert int(str(row["dynamics_version"])) < int(str(row["xero_version"]))


def test_r40_a_refusal_keeps_the_remotes_code(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", emailaddress1="a..b@x.example")
    connector.sync()

    row = last(connector, account, "refused")

    assert row["status"] == "Failed"
    assert row["code"]
    assert row["request"]
    assert row["dynamics_version"]


def test_r40_a_person_tells_what_it_was_and_became(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    person = world.contact(account, "Maria", "Anders")
    connector.sync()
    world.edit("contacts", person, lastname="Berg")
    connector.sync()

    row = last(connector, person, "update")

    assert list(row["changes"]) == ["last_name"]
    assert row["changes"]["last_name"]["before"] == "Anders"
    assert row["changes"]["last_name"]["after"] == "Berg"
    assert row["xero_version"]


def test_r40_a_persons_choice_is_the_rule_that_is_told(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", xero_taxnumber="1")
    connector.sync()
    world.edit("accounts", account, xero_taxnumber="2")
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), TaxNumber="3")
    connector.sync()
    (conflict,) = connector.conflicts()
    connector.resolve(int(str(conflict["link"])), "tax_number", SideName.DYNAMICS)
    connector.sync()

    row = last(connector, account, "update")

    assert row["changes"]["tax_number"]["rule"] == "chosen by a person: dynamics"
