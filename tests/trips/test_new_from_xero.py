"""New contacts in Xero become accounts here, where that is switched on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from dynamics_xero.connector import Connector, linking
from dynamics_xero.settings import EntitySettings
from tests.trips.test_both_ways import changed
from tests.trips.test_outages import Ticker, fault
from tests.trips.world import World


@contextmanager
def adopting(world: World) -> Iterator[Connector]:
    """Open a connector that makes accounts of new Xero contacts."""
    entities = {"account": EntitySettings(new_from_xero=True)}
    settings = replace(world.settings(), entities=entities)
    with Connector.from_settings(settings) as connector:
        connector.provision_apply()
        yield connector


def test_a_new_contact_in_xero_stays_there_by_default(world: World, connector: Connector) -> None:
    world.xero_contact(Name="Alfreds")

    connector.sync()

    assert world.dynamics.rows("account") == []


def test_a_new_contact_in_xero_becomes_an_account_with_its_details(world: World) -> None:
    contact = world.xero_contact(Name="Alfreds", AccountNumber="K-1", EmailAddress="a@b.example")

    with adopting(world) as connector:
        report = connector.sync()
        before = world.mark()
        connector.sync()

    (row,) = world.dynamics.rows("account")
    assert (row["name"], row["accountnumber"], row["xero_id"]) == ("Alfreds", "K-1", contact)
    assert row["emailaddress1"] == "a@b.example"
    assert str(row["accountid"]) in str(world.in_xero("Alfreds")["ContactNumber"])
    assert report.failed == []
    assert changed(world, before) == []


def test_r16_a_contact_that_shares_a_key_with_an_account_is_left_to_people(world: World) -> None:
    account = world.account("Alfreds", accountnumber="K-1")
    world.xero_contact(Name="Alfreds")

    with adopting(world) as connector:
        connector.sync()

    assert [row["accountid"] for row in world.dynamics.rows("account")] == [account]


def test_r16_a_pair_that_a_person_rejected_is_two_things_and_never_made(world: World) -> None:
    account = world.account("Alfreds", accountnumber="K-1")
    contact = world.xero_contact(Name="Alfreds")

    with adopting(world) as connector:
        connector.sync()
        linking.reject(connector.desk, account, contact)
    with adopting(world) as later:
        later.sync()

    rows = {str(row["accountid"]): row["xero_id"] for row in world.dynamics.rows("account")}
    assert rows.pop(account) is None
    assert list(rows.values()) == [contact]


def test_r24_a_create_whose_answer_was_lost_makes_one_account(world: World) -> None:
    world.xero_contact(Name="Alfreds", AccountNumber="K-1")
    fault(world, "dynamics", "drop_answer", method="POST", path="/$batch")

    with adopting(world) as connector, Ticker(world):
        report = connector.sync()

    (row,) = world.dynamics.rows("account")
    assert row["name"] == "Alfreds"
    assert report.failed == []
    counted = report.connections[0].as_json()["entities"]
    assert isinstance(counted, dict)
    assert counted["account"]["to_dynamics"]["create"] == 1
    assert counted["account"]["matched"] == 0


def test_r15_an_account_made_from_xero_and_deleted_archives_its_contact(world: World) -> None:
    world.xero_contact(Name="Alfreds")

    with adopting(world) as connector:
        connector.sync()
        (row,) = world.dynamics.rows("account")
        world.delete("accounts", str(row["accountid"]))
        connector.sync()
        connector.sync()

    assert world.in_xero("Alfreds")["ContactStatus"] == "ARCHIVED"
    assert world.dynamics.rows("account") == []
