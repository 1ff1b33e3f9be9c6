"""`newest` from end to end: of two edits of one field the later one stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.errors import RetryableError
from dynamics_xero.mapping.fields import Field
from dynamics_xero.model import SideName
from tests.trips.world import World, remarks

FAR_S = 60
"""Well beyond two poll intervals of a sandbox (2 s and 1 s)."""


class Latest(AccountToContact):
    """An account whose newer city and number stand."""

    account_number = Field("accountnumber", "AccountNumber", owner="newest")
    billing_city = Field("address1_city", "Addresses.POBOX.City", owner="newest")


@contextmanager
def opened(world: World) -> Iterator[Connector]:
    """Open a connector with that mapping."""
    with Connector.from_settings(world.settings("newest"), mappings=[Latest]) as connector:
        connector.provision_apply()
        yield connector


@pytest.fixture
def latest(world: World) -> Iterator[Connector]:
    """Return such a connector."""
    with opened(world) as connector:
        yield connector


def later(world: World, seconds: float = FAR_S) -> None:
    """Let time pass for both twins and the connector."""
    world.dynamics.post("clock", {"advance_s": seconds})


def edit_there(world: World, number: str) -> None:
    """Change the number in Xero."""
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), AccountNumber=number)


def numbers(world: World, account: str) -> tuple[object, object]:
    """Return the number on both sides."""
    here = world.in_dynamics("account", account)["accountnumber"]
    return here, world.in_xero("Alfreds").get("AccountNumber")


def linked(world: World, latest: Connector) -> str:
    """Make an account that is in step with its contact."""
    account = world.account("Alfreds", accountnumber="1")
    latest.sync()
    assert numbers(world, account) == ("1", "1")
    later(world)
    return account


@pytest.mark.parametrize("last", ["dynamics", "xero"])
def test_r13_the_later_of_two_edits_stands(world: World, latest: Connector, last: str) -> None:
    account = linked(world, latest)
    edits = {
        "dynamics": lambda: world.edit("accounts", account, accountnumber="dynamics"),
        "xero": lambda: edit_there(world, "xero"),
    }
    first = "xero" if last == "dynamics" else "dynamics"
    edits[first]()
    later(world)
    edits[last]()

    report = latest.sync()

    assert report.failed == []
    assert numbers(world, account) == (last, last)


def test_r13_edits_closer_than_two_polls_ask(world: World, latest: Connector) -> None:
    account = linked(world, latest)
    world.edit("accounts", account, accountnumber="dynamics")
    edit_there(world, "xero")

    report = latest.sync()

    assert "Changed on both sides: Account number" in remarks(report)[account]
    assert numbers(world, account) == ("dynamics", "xero")
    later(world)
    edit_there(world, "xero again")
    latest.sync()
    assert numbers(world, account) == ("xero again", "xero again")


def test_r13_a_write_back_makes_no_edit_look_newer(world: World, latest: Connector) -> None:
    account = linked(world, latest)
    world.edit("accounts", account, accountnumber="dynamics")
    edit_there(world, "xero")
    latest.sync()  # asks, and writes the remark: Dynamics' own modified time moves
    later(world)
    world.edit("accounts", account, telephone1="030-1")
    latest.sync()  # so it does by an edit of another field

    assert "Changed on both sides" in remarks(latest.sync())[account]
    assert numbers(world, account) == ("dynamics", "xero")


def test_r13_what_we_carried_is_nobodys_edit(world: World, latest: Connector) -> None:
    account = linked(world, latest)
    world.edit("accounts", account, accountnumber="2")
    latest.sync()
    later(world)
    edit_there(world, "3")
    latest.sync()
    assert numbers(world, account) == ("3", "3")
    later(world)
    world.edit("accounts", account, accountnumber="4")
    later(world)
    edit_there(world, "5")

    latest.sync()

    assert numbers(world, account) == ("5", "5")
    before = world.mark()
    latest.sync()
    assert world.written(before) == []


def stamps(world: World) -> dict[str, str | None]:
    """Return what the mirror says about the times of edits, by resource."""
    with closing(sqlite3.connect(world.folder / "newest.db")) as state:
        found = "resource in ('account', 'Contact')"
        return dict(state.execute(f"select resource, stamps_json from record where {found}"))


def test_r13_r22_what_a_call_without_answer_may_have_written_has_no_time(
    world: World, latest: Connector
) -> None:
    account = linked(world, latest)
    world.edit("accounts", account, accountnumber="2")
    lost = {"kind": "drop_answer", "method": "POST", "path": "/Contacts", "probability": 1.0}
    world.xero.post("faults", {"seed": 1, "rules": [{**lost, "times": 1}]})
    for _look in range(2):
        for side in SideName:
            latest.ring("main", side)
        latest.look("main")

    assert numbers(world, account) == ("2", "2")
    assert "account.account_number" in (stamps(world)["account"] or "")
    assert stamps(world)["Contact"] is None
    later(world, 300)
    latest.sync()  # by now it is clear what the call did
    edit_there(world, "3")
    latest.sync()
    assert numbers(world, account) == ("3", "3")
    assert "account.account_number" in (stamps(world)["Contact"] or "")


def test_r13_each_field_has_its_own_time(world: World, latest: Connector) -> None:
    account = world.account("Alfreds", accountnumber="1", address1_city="Berlin")
    latest.sync()
    later(world)
    world.edit("accounts", account, address1_city="Hamburg")
    away = {"kind": "503", "method": "GET", "path": "/Contacts", "probability": 1.0, "times": 99}
    world.xero.post("faults", {"seed": 1, "rules": [away]})
    for side in SideName:
        latest.ring("main", side)
    with suppress(RetryableError):
        latest.look("main")  # Dynamics is seen, Xero is away: nothing is decided
    world.reset_faults()
    assert "Hamburg" not in str(world.in_xero("Alfreds")["Addresses"])
    later(world)
    contact = str(world.in_xero("Alfreds")["ContactID"])
    address = {"AddressType": "POBOX", "City": "Bonn"}
    world.edit_xero(contact, AccountNumber="xero", Addresses=[address])
    later(world)
    world.edit("accounts", account, accountnumber="dynamics")

    report = latest.sync()

    row = world.in_dynamics("account", account)
    assert report.failed == []
    assert (row["accountnumber"], row["address1_city"]) == ("dynamics", "Bonn")
    assert "Bonn" in str(world.in_xero("Alfreds")["Addresses"])
    assert numbers(world, account) == ("dynamics", "dynamics")
