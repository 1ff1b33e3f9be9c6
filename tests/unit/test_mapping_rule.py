"""One field: how it is read, compared and written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.errors import MappingError, SettingsError
from dynamics_xero.mapping import convert
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.fields import Constant, Field, computed


class Sample(EntityMapping):
    """Every kind of field at once."""

    dynamics = "account"
    xero = "Contact"
    entity = "sample"

    number = Field("accountnumber", "AccountNumber", required=True)
    long_name = Field("contoso_longname", "TaxNumber", lossy=True, label="Long name")
    sales_account = Constant("SalesDefaultAccountCode", setting="sales_account")
    tax = Constant("AccountsReceivableTaxType", value="OUTPUT2", enforce=True)
    website = Field("websiteurl", "Website", direction="to_dynamics")

    @computed(reads=("name", "description"), writes="Name", label="Full name", lossy=True)
    def full_name(self, name: str | None, description: str | None) -> str | None:
        if description == "?":
            raise MappingError("Description is a question mark. Write what the company does.")
        return " ".join(text for text in (name, description) if text) or None


RULES = Sample.fields


def test_an_empty_required_field_says_so() -> None:
    with pytest.raises(MappingError, match=r"^Account number is empty, Xero needs it\.$"):
        RULES["number"].from_dynamics({})


def test_a_value_too_long_for_xero_names_both_lengths() -> None:
    with pytest.raises(MappingError, match=r"^Account number has 51 characters, Xero allows 50\.$"):
        RULES["number"].from_dynamics({"accountnumber": "9" * 51})


def test_a_value_may_fill_its_column_to_the_last_character() -> None:
    assert RULES["number"].from_dynamics({"accountnumber": "9" * 50}) == "9" * 50
    assert RULES["number"].to_dynamics("9" * 20) == {"accountnumber": "9" * 20}


def test_a_value_too_long_for_dynamics_is_refused_not_shortened() -> None:
    value = RULES["number"].from_xero({"AccountNumber": "9" * 21})

    with pytest.raises(MappingError, match=r"has 21 characters, Dynamics allows 20\.$"):
        RULES["number"].to_dynamics(value)
    assert RULES["number"].to_dynamics("A1") == {"accountnumber": "A1"}


def test_a_lossy_value_is_shortened_for_xero_and_compares_equal() -> None:
    rule = RULES["long_name"]
    value = rule.from_dynamics({"contoso_longname": "x" * 49 + " yz"})

    assert rule.to_xero(value) == {"TaxNumber": "x" * 49}
    assert rule.fit(value) == rule.from_xero({"TaxNumber": "x" * 49})


def test_clearing_a_field_writes_none() -> None:
    assert RULES["number"].to_xero(None) == {"AccountNumber": None}
    assert RULES["number"].to_dynamics(None) == {"accountnumber": None}


def test_a_phone_fills_its_whole_write_group() -> None:
    phone = AccountToContact.fields["phone"]

    assert phone.groups_xero == ("Phones.DEFAULT",)
    assert phone.to_xero("030 123") == {
        "Phones.DEFAULT.PhoneNumber": "030 123",
        "Phones.DEFAULT.PhoneAreaCode": None,
        "Phones.DEFAULT.PhoneCountryCode": None,
    }


def test_a_line_of_an_address_names_its_write_group() -> None:
    city = AccountToContact.fields["billing_city"]

    assert city.groups_xero == ("Addresses.POBOX",)
    assert RULES["number"].groups_xero == ()


def test_a_computed_field_takes_its_columns_in_order() -> None:
    rule = RULES["full_name"]

    assert rule.columns_dynamics == ("name", "description")
    assert rule.from_dynamics({"name": "Ada", "description": "Ltd"}) == "Ada Ltd"
    assert rule.one_way
    assert rule.to_dynamics("Ada") == {}


def test_a_computed_field_may_refuse_with_its_own_sentence() -> None:
    _values, problems = Sample.configured({"sales_account": "200"}).read_dynamics(
        {"accountnumber": "1", "description": "?"}
    )

    assert problems == ["Description is a question mark. Write what the company does."]


def test_a_constant_has_its_value_whatever_the_record() -> None:
    assert RULES["tax"].from_dynamics({"name": "Ada"}) == "OUTPUT2"
    assert RULES["tax"].enforce


def test_a_constant_from_a_setting_needs_the_setting() -> None:
    configured = Sample.configured({"sales_account": "200"})

    assert configured.fields["sales_account"].from_dynamics({}) == "200"
    assert configured.name == "sample"
    with pytest.raises(SettingsError, match=r"^entities\.sample\.sales_account is not set\.$"):
        Sample.configured({})
    with pytest.raises(SettingsError, match="sales_account is not set"):
        RULES["sales_account"].from_dynamics({})


@pytest.mark.parametrize("both", [{}, {"value": "1", "setting": "one"}])
def test_a_constant_has_either_a_value_or_a_setting(both: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either a value or"):
        Constant("TaxNumber", value=both.get("value"), setting=both.get("setting"))


def test_a_field_that_only_comes_from_xero_is_not_measured_by_what_xero_takes() -> None:
    website = "https://" + "x" * 300

    assert RULES["website"].from_dynamics({"websiteurl": website}) == website


def test_a_rounded_amount_compares_equal_to_what_xero_shows() -> None:
    class Credit(EntityMapping):
        dynamics = "account"
        xero = "Contact"
        limit = Field("creditlimit", "BankAccountDetails", convert=convert.money(2))

    assert Credit.fields["limit"].fit(Decimal("1.005")) == Decimal("1.01")


def test_labels_are_those_of_the_form_unless_the_field_has_its_own() -> None:
    labels = {name: rule.label for name, rule in AccountToContact.fields.items()}

    assert labels["name"] == "Name"
    assert labels["first_name"] == "Primary contact: First name"
    assert labels["billing_country"] == "Address 1: Country/Region"
    assert labels["contact_number"] == "Contact code"
    assert RULES["long_name"].label == "Long name"
