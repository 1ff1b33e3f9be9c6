"""What a call without answer did, and what people did before anybody knew (R22)."""

from __future__ import annotations

from contextlib import suppress

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.errors import RetryableError
from dynamics_xero.model import SideName
from tests.trips.test_outages import Ticker, fault
from tests.trips.test_switches import phone
from tests.trips.world import World, remarks


def test_r22_a_lost_update_that_took_effect_is_nobodys_edit_in_xero(
    world: World, connector: Connector
) -> None:
    leaves, stays = (world.account(name, telephone1="1") for name in ("Leaves", "Stays"))
    connector.sync()
    for account in (leaves, stays):
        world.edit("accounts", account, telephone1="2")
    fault(world, "xero", "drop_answer", method="POST", path="/Contacts")
    connector.ring("main", SideName.DYNAMICS)
    connector.look("main")
    assert phone(world.in_xero("Stays"), "DEFAULT") == "2"
    world.delete("accounts", leaves)
    world.edit("accounts", stays, telephone1="3")

    with Ticker(world):
        report = connector.sync()

    assert report.failed == []
    assert world.in_xero("Leaves")["ContactStatus"] == "ARCHIVED"
    assert phone(world.in_xero("Stays"), "DEFAULT") == "3"


def test_r22_an_edit_after_a_lost_create_is_carried_once_the_contact_is_found(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1", fax="9")
    fault(world, "xero", "drop_answer", method="PUT", path="/Contacts")
    connector.look("main")
    world.edit("accounts", account, telephone1="2")

    with Ticker(world):
        report = connector.sync()

    assert report.failed == []
    assert phone(world.in_xero("Alfreds"), "DEFAULT") == "2"
    assert phone(world.in_xero("Alfreds"), "FAX") == "9"
    assert not world.in_dynamics("account", account)["xero_remark"]


def test_r22_a_lost_write_to_dynamics_whose_row_is_gone_or_wrong_by_then_stops_nothing(
    world: World, connector: Connector
) -> None:
    leaves, wrong = (world.account(name) for name in ("Leaves", "Wrong"))
    connector.sync()
    for name in ("Leaves", "Wrong"):
        contact = str(world.in_xero(name)["ContactID"])
        world.edit_xero(contact, Name=f"{name} soon", EmailAddress="a@x.example")
    fault(world, "dynamics", "drop_answer", method="POST", path="/$batch")
    connector.ring("main", SideName.XERO)
    with suppress(RetryableError):
        connector.look("main")
    assert world.in_dynamics("account", wrong)["name"] == "Wrong soon"
    world.delete("accounts", leaves)
    world.edit("accounts", wrong, emailaddress1="a..b@x.example")

    with Ticker(world):
        report = connector.sync()

    assert "e-mail" in remarks(report)[wrong]
    assert "was deleted here, and changed in Xero" in remarks(report)[leaves]


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_r22_who_leaves_after_an_answer_was_lost_does_not_stay_in_the_list(
    world: World, connector: Connector, method: str
) -> None:
    account = world.account("Alfreds")
    world.contact(account, "Hans", "Berg")
    if method == "POST":
        connector.sync()
    ana = world.contact(account, "Ana", "Lima")
    fault(world, "xero", "drop_answer", method=method, path="/Contacts")
    connector.ring("main", SideName.DYNAMICS)
    connector.look("main")
    assert set(world.persons("Alfreds")) == {"Hans Berg", "Ana Lima"}
    world.edit("contacts", ana, **{"parentcustomerid_account@odata.bind": None})

    with Ticker(world):
        connector.sync()

    assert world.persons("Alfreds") == ["Hans Berg"]
