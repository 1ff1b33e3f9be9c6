"""What a class of mappings checks when it is created, inherits and drops."""

from __future__ import annotations

from typing import Any

import pytest

from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.errors import SettingsError
from dynamics_xero.mapping import convert
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.fields import Field, computed
from dynamics_xero.model import Values


def declare(name: str = "Sample", **attributes: Any) -> type[EntityMapping]:
    body = {"dynamics": "account", "xero": "Contact", **attributes}
    return type(name, (EntityMapping,), body)


def override(parent: type[EntityMapping], **attributes: Any) -> type[EntityMapping]:
    return type("OurAccount", (parent,), attributes)


def faults(**attributes: Any) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        declare(**attributes)
    return refused.value.problems


def test_a_misspelt_dynamics_column_names_the_nearest() -> None:
    assert faults(number=Field("acountnumber", "AccountNumber")) == (
        "Sample: number: “acountnumber” is no column of Dynamics account. "
        "Did you mean “accountnumber”?",
    )


def test_a_misspelt_xero_column_names_the_nearest() -> None:
    assert faults(number=Field("accountnumber", "AcountNumber")) == (
        "Sample: number: “AcountNumber” is no column of Xero Contact. "
        "Did you mean “AccountNumber”?",
    )


def test_a_misspelt_address_column_is_not_taken_for_a_publishers() -> None:
    (fault,) = faults(line=Field("address1_lien1", "Addresses.POBOX.AddressLine1"))

    assert fault.endswith("Did you mean “address1_line1”?")


def test_a_column_with_a_publisher_prefix_passes() -> None:
    mapping = declare(region=Field("contoso_region", "Addresses.POBOX.Region"))

    assert "contoso_region" in mapping.dynamics_columns()
    assert mapping.fields["region"].length_dynamics is None


def test_a_table_with_a_publisher_prefix_passes_and_a_misspelt_one_does_not() -> None:
    mapping = declare(dynamics="contoso_shop", title=Field("contoso_title", "Name"))
    assert mapping.name == "contoso_shop"

    (fault,) = faults(dynamics="acount", number=Field("number", "AccountNumber"))
    assert fault.endswith("“acount” is no Dynamics table. Did you mean “account”?")


def test_an_unknown_xero_resource_names_the_nearest() -> None:
    (fault,) = faults(xero="Contacts", number=Field("accountnumber", "AccountNumber"))

    assert fault.endswith("“Contacts” is no Xero resource. Did you mean “Contact”?")


def test_a_joined_column_needs_its_lookup_and_is_checked_in_its_table() -> None:
    first_name = Field("primarycontactid.firstnam", "FirstName", direction="to_xero")
    lookups = {"primarycontactid": "contact"}

    assert faults(first_name=first_name) == (
        "Sample: first_name: “primarycontactid” is not among the lookups.",
    )
    (fault,) = faults(lookups=lookups, first_name=first_name)
    assert fault.endswith("is no column of Dynamics contact. Did you mean “firstname”?")


def test_every_column_of_a_spread_field_is_checked() -> None:
    assert len(faults(phone=Field("telephone1", "Phones.DEFALT", convert=convert.phone))) == 3


def test_a_column_nobody_may_write_is_refused_as_a_target() -> None:
    assert faults(website=Field("websiteurl", "Website")) == (
        "Sample: website: Website cannot be written, say to_dynamics.",
    )
    assert faults(number=Field("accountid", "AccountNumber")) == (
        "Sample: number: accountid cannot be written, say to_xero.",
    )


@pytest.mark.parametrize("path", ["primarycontactid.firstname", "contoso_ownerid.contoso_title"])
def test_a_joined_column_can_only_be_read(path: str) -> None:
    lookups = {"primarycontactid": "contact", "contoso_ownerid": "contoso_owner"}

    assert faults(lookups=lookups, first_name=Field(path, "FirstName")) == (
        f"Sample: first_name: {path} cannot be written, say to_xero.",
    )


def test_two_fields_cannot_fill_one_xero_column() -> None:
    assert faults(one=Field("name", "Name"), two=Field("description", "Name")) == (
        "Sample: one and two both fill Name, drop one of them.",
    )


def test_names_of_fields_are_checked_too() -> None:
    assert faults(match_on=("numbr",), number=Field("accountnumber", "AccountNumber")) == (
        "Sample: match_on: “numbr” is not a field. Did you mean “number”?",
    )
    assert faults(own_key="number") == ("Sample: own_key: “number” is not a field.",)
    assert faults(parts=Field("name", "Name")) == (
        "Sample: “parts” is a word of EntityMapping, call the field otherwise.",
    )


def test_all_faults_are_reported_at_once() -> None:
    assert len(faults(one=Field("nam", "Nam"), two=Field("fxa", "TaxNumber"))) == 3


def test_a_subclass_overrides_one_field_drops_another_and_repeats_nothing() -> None:
    class OurAccount(AccountToContact):
        name = Field("contoso_invoicename", "Name", label="Invoice name")
        fax = None

    assert list(OurAccount.fields) == [n for n in AccountToContact.fields if n != "fax"]
    assert OurAccount.fields["name"].columns_dynamics == ("contoso_invoicename",)
    assert OurAccount.name == "account"
    assert "fax" in AccountToContact.fields


def test_a_subclass_of_a_subclass_may_bring_a_dropped_field_back() -> None:
    without = override(AccountToContact, fax=None)
    again = override(without, fax=Field("fax", "Phones.FAX", convert=convert.phone))

    assert "fax" not in without.fields
    assert "fax" in again.fields


def test_a_misspelt_drop_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"“fxa” is not a field to drop\. Did you mean “fax”\?"):
        override(AccountToContact, fxa=None)


def test_an_overridden_computed_field_sees_the_mapping_it_belongs_to() -> None:
    class Parent(EntityMapping):
        dynamics = "account"
        xero = "Contact"
        suffix = "!"

        @computed(reads=("name",), writes="Name")
        def name(self, name: str | None) -> str | None:
            return f"{name}{self.suffix}"

    class Child(Parent):
        suffix = "?"

    assert Parent.fields["name"].from_dynamics({"name": "Ada"}) == "Ada!"
    assert Child.fields["name"].from_dynamics({"name": "Ada"}) == "Ada?"


def test_the_columns_to_select_come_from_the_fields_and_the_scope() -> None:
    class Customers(EntityMapping):
        dynamics = "account"
        xero = "Contact"
        scope_reads = ("customertypecode",)
        name = Field("name", "Name")

        @classmethod
        def scope(cls, values: Values) -> bool:
            return values.get("customertypecode") == 3

    assert Customers.dynamics_columns() == ("name", "customertypecode")
    assert Customers.xero_columns() == ("Name",)
    assert Customers.scope({"customertypecode": 3})
    assert not Customers.scope({})
    assert AccountToContact.scope({})
