"""What partners are found by: keys, their normal form, and their order."""

from __future__ import annotations

import pytest

from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.errors import SettingsError
from dynamics_xero.mapping.keys import compact, normal, together
from dynamics_xero.model import Values


def test_r16_account_keys_stand_in_the_order_of_the_mapping_page() -> None:
    assert [key.first for key in AccountToContact.match_keys()] == [
        "contact_number",
        "account_number",
        "tax_number",
        "email",
        "name",
    ]


def test_r16_upper_case_and_blanks_at_the_ends_or_doubled_make_no_difference() -> None:
    assert normal("  Ärger \n  & Söhne ") == normal("ärger & SÖHNE") == "ärger & söhne"
    assert normal(None) == normal("  ") == ""


def test_r16_a_compact_value_keeps_letters_and_digits_only() -> None:
    assert compact("SW1A 1AA") == compact("sw1a-1aa") == "sw1a1aa"
    assert compact("DE 123.456.789") == compact("ＤＥ123456789") == "de123456789"


def test_r16_a_key_of_several_fields_needs_them_all_and_takes_any_alternative() -> None:
    key = together("name", ("billing", "delivery"), compact=True)

    def values(shown: Values) -> tuple[str, ...]:
        return key.values(shown.get)

    assert values({"name": "Alfreds Ltd.", "billing": "12 209"}) == ("alfredsltd|12209",)
    assert values({"name": "A", "billing": "1", "delivery": "2"}) == ("a|1", "a|2")
    assert values({"name": "A", "billing": "1", "delivery": " 1"}) == ("a|1",)
    assert values({"name": "A"}) == values({"billing": "1"}) == ()


def test_r16_email_comes_first_if_so_set_but_behind_the_number_we_wrote_ourselves() -> None:
    mapping = AccountToContact.matched_first_by("email")

    assert [key.first for key in mapping.match_keys()][:3] == [
        "contact_number",
        "email",
        "account_number",
    ]
    assert issubclass(mapping, AccountToContact)
    assert mapping.name == "account"


def test_an_unknown_key_to_match_by_first_is_named() -> None:
    with pytest.raises(SettingsError, match="match_first: “phone” is no key") as refused:
        AccountToContact.matched_first_by("phone")

    assert "email" in str(refused.value)


def test_a_dropped_field_takes_its_keys_along() -> None:
    class Ours(AccountToContact):
        tax_number = None
        delivery_postal_code = None

    assert [key.name for key in Ours.match_keys()] == [
        "contact_number",
        "account_number",
        "email",
        "name+billing_postal_code",
    ]


def test_fields_that_several_records_may_share_are_not_held_apart() -> None:
    assert AccountToContact.sole_fields() == ("contact_number", "account_number", "name")
