"""Mappings of one's own: fields that come later, scopes, and functions with bugs."""

from __future__ import annotations

from dynamics_xero import Field, computed
from dynamics_xero.connector import Connector
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Values
from tests.trips.test_adversary_runs import entities
from tests.trips.world import World, remarks


class WithBank(AccountToContact):
    """Carries one field more."""

    bank = Field("description", "BankAccountDetails")


class WithBug(AccountToContact):
    """Fails on an account without city."""

    @computed(reads=("name", "address1_city"), writes="Name", required=True)
    def name(self, name: str, city: str) -> str:
        return name + ", " + city


class OnlyCustomers(AccountToContact):
    """Leaves suppliers out."""

    scope_reads = ("customertypecode",)

    @classmethod
    def scope(cls, values: Values) -> bool:
        return values.get("customertypecode") == 3


def opened(world: World, mapping: type[EntityMapping]) -> Connector:
    with world.connector():
        return Connector.from_settings(world.settings(), mappings=[mapping])


def test_r4_r10_r11_a_field_that_comes_later_fills_what_is_empty_and_keeps_what_differs(
    world: World, connector: Connector
) -> None:
    world.account("Empty there", description="ACC-1")
    differs = world.account("Differs", description="ACC-2")
    connector.sync()
    theirs = str(world.in_xero("Differs")["ContactID"])
    world.edit_xero(theirs, BankAccountDetails="typed by hand")

    with opened(world, WithBank) as wider:
        wider.sync()
        assert world.in_xero("Empty there").get("BankAccountDetails") in (None, "")
        plan = world.folder / "plan.json"
        wider.plan(out=plan)
        wider.apply(plan)
        report = wider.sync()
        mark = world.mark()
        wider.sync()

    assert world.in_xero("Empty there")["BankAccountDetails"] == "ACC-1"
    assert world.in_xero("Differs")["BankAccountDetails"] == "typed by hand"
    assert "left so" in str(world.in_dynamics("account", differs)["xero_remark"])
    assert report.failed == []
    assert world.written(mark) == []


def test_r32_a_computed_field_with_a_bug_fails_its_record_alone_and_heals(world: World) -> None:
    bad, _good = world.account("Bad"), world.account("Good", address1_city="Berlin")

    with opened(world, WithBug) as connector:
        told = remarks(connector.sync())
        world.edit("accounts", bad, address1_city="Bonn")
        healed = connector.sync()

    assert list(told) == [bad]
    assert "administrator" in told[bad]
    assert healed.failed == []
    assert {row["Name"] for row in world.all_in_xero()} == {"Good, Berlin", "Bad, Bonn"}


def test_r12_an_account_out_of_scope_is_skipped_and_flows_once_it_is_in(world: World) -> None:
    supplier = world.account("Supplier", customertypecode=10)
    world.contact(supplier, "Maria", "Anders")
    world.account("Customer", customertypecode=3)

    with opened(world, OnlyCustomers) as connector:
        skipped = connector.sync()
        before = [row["Name"] for row in world.all_in_xero()]
        world.edit("accounts", supplier, customertypecode=3)
        healed = connector.sync()

    assert before == ["Customer"]
    assert entities(skipped)["account"]["skipped"] == 1
    assert entities(healed)["account"]["skipped"] == 0
    assert world.persons("Supplier") == ["Maria Anders"]
