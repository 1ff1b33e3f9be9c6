"""What live Xero answers against its own specification does not stop a sync, nor gets into it."""

from __future__ import annotations

import pytest

from tests.trips.world import World

pytestmark = pytest.mark.trip

HOSTILE = ("hostile_delivery", "hostile_enum", "hostile_null")


def test_nulls_unknown_words_and_delivery_addresses_are_lived_with(world: World) -> None:
    """xero.md 7, traps 6 and 7: where the official models give up the whole page."""
    with world.connector() as connector:
        world.account("Alfreds", telephone1="1", address1_city="Berlin")
        connector.sync()
        rules = [{"kind": kind} for kind in HOSTILE]
        world.xero.post("faults", {"seed": 1, "rules": rules})
        (contact,) = world.all_in_xero()
        phone = {"PhoneType": "DEFAULT", "PhoneNumber": "77"}
        world.edit_xero(str(contact["ContactID"]), Phones=[phone])
        connector.sync()
        (account,) = world.dynamics.rows("account")
        assert (account["telephone1"], account["address1_city"]) == ("77", "Berlin")

        world.edit("accounts", str(account["accountid"]), name="Alfreds Futterkiste")
        connector.sync()
        settled = connector.sync()

        (contact,) = world.all_in_xero()
        assert contact["Name"] == "Alfreds Futterkiste"
        assert "Hostile Hill" not in str(contact["Addresses"])
        assert settled.failed == []
        assert sum(settled.connections[0].actions.values()) == 0
