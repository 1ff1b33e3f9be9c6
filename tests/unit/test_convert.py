"""The pairs of inverses of the mapping kit."""

from __future__ import annotations

import doctest
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics_xero.mapping import convert
from dynamics_xero.mapping.convert import Converter

texts = st.none() | st.text(min_size=1).filter(lambda text: text == text.strip() != "")
cents = st.none() | st.decimals(min_value=-(10**9), max_value=10**9, places=2)
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=7)

TERMS = convert.choice({1: "DAYSAFTERBILLDATE", 2: "OFCURRENTMONTH"})


@pytest.mark.parametrize(
    "converter",
    [convert.plain, convert.email, convert.country, convert.phone],
    ids=lambda c: c.name,
)
@given(value=texts)
@settings(deadline=None)
def test_a_text_comes_back_as_it_went(converter: Converter, value: str | None) -> None:
    assert converter.gather(converter.spread(value)) == value


@given(value=cents)
@settings(deadline=None)
def test_an_amount_that_xero_can_hold_comes_back_as_it_went(value: Decimal | None) -> None:
    money = convert.money(2)

    assert money.gather(money.spread(value)) == value


@given(value=amounts)
@settings(deadline=None)
def test_an_amount_that_xero_cannot_hold_is_rounded_once(value: Decimal) -> None:
    money = convert.money(4)

    shown = money.gather(money.spread(value))

    assert isinstance(shown, Decimal)
    assert abs(shown - value) <= Decimal("0.00005")
    assert money.gather(money.spread(shown)) == shown


@pytest.mark.parametrize(("value", "shown"), [("0.125", "0.13"), ("-0.125", "-0.13")])
def test_a_midpoint_goes_away_from_zero(value: str, shown: str) -> None:
    assert convert.money(2).spread(Decimal(value)) == (Decimal(shown),)


@given(value=st.none() | st.integers(-(10**12), 10**12))
@settings(deadline=None)
def test_a_whole_number_comes_back_as_it_went(value: int | None) -> None:
    assert convert.whole.gather(convert.whole.spread(value)) == value


def test_a_fraction_typed_in_xero_is_not_cut_to_a_whole_number() -> None:
    assert convert.whole.gather((Decimal("2.5"),)) == Decimal("2.5")


@pytest.mark.parametrize("option", [None, 1, 2])
def test_a_choice_comes_back_as_it_went(option: int | None) -> None:
    assert TERMS.gather(TERMS.spread(option)) == option


def test_a_word_without_an_option_differs_from_every_option_and_from_empty() -> None:
    assert TERMS.gather(("OFFOLLOWINGMONTH",)) == "OFFOLLOWINGMONTH"


def test_an_option_without_a_word_is_a_problem() -> None:
    assert TERMS.problem(7) == (
        "has a value that is not mapped. Choose another, or ask your administrator."
    )
    assert TERMS.problem(2) is None
    assert TERMS.problem(None) is None


def test_two_options_cannot_stand_for_one_word() -> None:
    with pytest.raises(ValueError, match="same word"):
        convert.choice({1: "ACTIVE", 2: "ACTIVE"})


@pytest.mark.parametrize(
    ("number", "area", "country", "shown"),
    [
        ("555 1234", None, None, "555 1234"),
        ("5551234", "09", "64", "64 09 5551234"),
        ("5551234", None, "+49", "+49 5551234"),
        (None, "09", None, "09"),
        (None, None, None, None),
    ],
)
def test_a_phone_is_read_as_one_text(
    number: str | None, area: str | None, country: str | None, shown: str | None
) -> None:
    assert convert.phone.gather((number, area, country)) == shown


def test_a_phone_is_written_whole_into_the_number_and_clears_the_codes() -> None:
    assert convert.phone.spread("+49 30 123") == ("+49 30 123", None, None)


@pytest.mark.parametrize(
    "address", ["ada@example.com", "a.b+c@sub.example.org", "o'brien@example.ie", "x@localhost"]
)
def test_an_ordinary_address_is_left_to_xero(address: str) -> None:
    assert convert.email.problem(address) is None


@pytest.mark.parametrize(
    "address",
    ["ada", "ada@", "@example.com", "a b@example.com", "müller@example.com", "a@b@c.com", "a@b\n"],
)
def test_an_impossible_address_is_refused_before_it_is_sent(address: str) -> None:
    assert convert.email.problem(address) == (
        "is not an address Xero accepts: it needs one @, and neither spaces nor accents."
    )


def test_a_country_holds_no_digits() -> None:
    assert convert.country.problem("Côte d’Ivoire") is None
    assert convert.country.problem("DE-10115") == "holds digits, Xero takes letters only."


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(convert)

    assert result.attempted > 0
    assert result.failed == 0
