"""What live Xero was seen to answer against its own file, on demand (xero.md 5 and 7)."""

from __future__ import annotations

import pytest

from tests.contract.xero_official import Sdk, desk_of
from tests.contract.xero_server import Xero


def strike(xero: Xero, kind: str) -> None:
    """Let the next call be struck."""
    xero.control("POST", "faults", {"seed": 1, "rules": [{"kind": kind, "times": 1}]})


def test_a_contact_comes_with_an_address_to_deliver_to(xero: Xero) -> None:
    """xero.md 5, Contacts: declared for organisations only, yet live contacts return it."""
    made = xero.created(Name="A")
    strike(xero, "hostile_delivery")
    kinds = [one["AddressType"] for one in xero.contact(made["ContactID"])["Addresses"]]
    assert kinds == ["STREET", "POBOX", "DELIVERY"]
    assert len(xero.contact(made["ContactID"])["Addresses"]) == 2


def test_closed_sets_have_words_nobody_knows(xero: Xero) -> None:
    """xero.md 7, trap 7."""
    xero.created(Name="A")
    strike(xero, "hostile_enum")
    (contact,) = xero.listed()
    assert contact["Addresses"][-1]["AddressType"] == "DRONEPORT"
    assert contact["Phones"][-1]["PhoneType"] == "SATELLITE"
    assert (contact["TaxNumberType"], contact["DefaultCurrency"]) == ("GALACTIC", "XXQ")
    strike(xero, "hostile_enum")
    (organisation,) = xero.call("GET", "/Organisation").json()["Organisations"]
    assert organisation["Class"] == "GALACTIC"


def test_what_is_blank_or_absent_is_null(xero: Xero) -> None:
    """xero.md 7, trap 6."""
    strike(xero, "hostile_null")
    contact = xero.created(Name="A")
    assert contact["ContactPersons"] is None
    assert (contact["EmailAddress"], contact["Website"]) == (None, None)
    assert contact["Name"] == "A"
    assert None not in (contact["ContactID"], contact["UpdatedDateUTC"])


@pytest.mark.parametrize("kind", ["hostile_delivery", "hostile_enum", "hostile_null"])
def test_the_official_client_breaks_over_it(xero: Xero, kind: str) -> None:
    """xero.md 7, traps 6 and 7: reading by the official models aborts the whole page."""
    xero.created(Name="A")
    sdk = Sdk(desk_of(xero))
    strike(xero, kind)
    with pytest.raises((ValueError, TypeError)):
        sdk.names()
    assert sdk.names() == ["A"]
    sdk.client.rest_client.pool_manager.clear()
