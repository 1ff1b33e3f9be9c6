"""One story under every position of every switch: what nobody could verify must not matter."""

from __future__ import annotations

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.sandbox.dynamics.switch_list import SWITCHES as DYNAMICS
from dynamics_xero.sandbox.xero.switches import SWITCHES as XERO
from tests.trips.world import World

OTHER_POSITIONS = [
    pytest.param(side, switch.name, position, id=f"{switch.name}={position or 'empty'}")
    for side, switches in (("xero", XERO), ("dynamics", DYNAMICS))
    for switch in switches
    for position in switch.positions
    if position != switch.default
]


@pytest.mark.parametrize(("side", "name", "position"), OTHER_POSITIONS)
def test_r26_the_books_agree_and_come_to_rest_in_every_position(
    world: World, connector: Connector, side: str, name: str, position: str
) -> None:
    control = world.xero if side == "xero" else world.dynamics
    control.post("switches", {name: position})
    if name == "metadata_lag_s":  # new columns show late
        control.post("clock", {"advance_s": float(position) + 1})
    theirs = world.xero_contact(Name="Bon app", AccountNumber="BONAP")
    matched = world.account("Bon app", accountnumber="BONAP", telephone1="1")
    leaves = world.account("Leaves")
    account = world.account("Alfreds", emailaddress1="a@x.example", address1_country="New Zealand")
    maria = world.contact(account, "Maria", "Anders", xero_includeinemails=True)
    hans = world.contact(account, "Hans", "Müller", emailaddress1="h@x.example")
    world.bind("accounts", account, "primarycontactid", f"/contacts({hans})")
    bad = world.account("Bad", emailaddress1="a..b@x.example")
    first = connector.sync()

    world.edit("accounts", account, name="Alfreds AG", telephone1="2")
    world.edit("contacts", maria, lastname="Schmidt")
    world.edit("accounts", leaves, statecode=1, statuscode=2)
    world.edit("accounts", bad, emailaddress1="a.b@x.example")
    second = connector.sync()
    mark = world.mark()
    third = connector.sync()

    assert [row.dynamics_id for row in first.failed] == [bad]
    assert (second.failed, third.failed) == ([], [])
    assert world.written(mark) == []
    assert sorted((str(row["Name"]), row["ContactStatus"]) for row in world.all_in_xero()) == [
        ("Alfreds AG", "ACTIVE"),
        ("Bad", "ACTIVE"),
        ("Bon app", "ACTIVE"),
        ("Leaves", "ARCHIVED"),
    ]
    for row_id, contact in ((matched, "Bon app"), (account, "Alfreds AG"), (bad, "Bad")):
        shown = world.in_dynamics("account", row_id)
        assert (shown["xero_id"], shown["xero_remark"]) == (
            world.in_xero(contact)["ContactID"],
            None,
        )
    assert world.in_xero("Bon app")["ContactID"] == theirs
    assert world.in_xero("Alfreds AG")["FirstName"] == "Hans"
    assert world.persons("Alfreds AG") == ["Maria Schmidt"]
