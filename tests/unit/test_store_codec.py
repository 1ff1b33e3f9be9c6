"""Observed values survive the way into the database and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_xero.model import Change, Value
from dynamics_xero.store import codec

VALUE: st.SearchStrategy[Value] = st.one_of(
    st.text(),
    st.integers(),
    st.booleans(),
    st.decimals(allow_nan=False),
    st.datetimes(timezones=st.just(UTC)),
    st.none(),
)
NAME = st.text().filter(lambda name: not name.startswith("$"))
"""No column of Dynamics and no field of Xero begins with what marks our tags."""

VALUES = st.dictionaries(NAME, VALUE, max_size=6)


def _exact(value: Value) -> tuple[str, str]:
    """True and 1, or 1.5 and 1.50, are equal but not the same."""
    return type(value).__name__, str(value)


@given(VALUES)
def test_values_come_back_exactly(values: dict[str, Value]) -> None:
    back = codec.decode_values(codec.encode_values(values))

    assert back == values
    assert {k: _exact(v) for k, v in back.items()} == {k: _exact(v) for k, v in values.items()}


@given(VALUES)
def test_equal_values_give_equal_text_in_whatever_order(values: dict[str, Value]) -> None:
    turned = dict(reversed(values.items()))

    assert codec.encode_values(turned) == codec.encode_values(values)


@given(st.dictionaries(NAME, st.lists(VALUES, max_size=3).map(tuple), max_size=3))
def test_parts_come_back_in_the_order_of_the_remote(
    parts: dict[str, tuple[dict[str, Value], ...]],
) -> None:
    assert codec.decode_parts(codec.encode_parts(parts)) == parts


@given(st.dictionaries(NAME, st.tuples(VALUE, VALUE), max_size=6))
def test_r7_both_halves_of_a_base_come_back(base: dict[str, tuple[Value, Value]]) -> None:
    assert codec.decode_base(codec.encode_base(base)) == base


@given(st.dictionaries(NAME, st.builds(Change, VALUE, VALUE, st.text()), max_size=4))
def test_r40_changes_come_back_with_their_rule(changes: dict[str, Change]) -> None:
    assert codec.decode_changes(codec.encode_changes(changes)) == changes


@given(st.lists(VALUES, max_size=4).map(tuple))
def test_members_of_a_request_come_back(members: tuple[dict[str, Value], ...]) -> None:
    assert codec.decode_many(codec.encode_many(members)) == members


def test_a_time_of_another_zone_is_stored_as_the_same_instant_in_utc() -> None:
    paris = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))

    back = codec.decode_values(codec.encode_values({"at": paris}))["at"]

    assert isinstance(back, datetime)
    assert (back, back.tzinfo) == (paris, UTC)


def test_a_time_without_zone_is_refused() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  # what is refused

    with pytest.raises(ValueError, match="without a time zone"):
        codec.encode_values({"at": naive})


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be stored"):
        codec.encode_values({"x": object()})  # type: ignore[dict-item]  # what is refused


def test_a_decimal_keeps_its_digits() -> None:
    assert codec.encode_values({"total": Decimal("10.50")}) == '{"total":{"$decimal":"10.50"}}'


def test_a_mapping_that_is_no_dict_is_stored_like_one() -> None:
    values: dict[str, Value] = {"name": "A"}

    assert codec.encode_values(MappingProxyType(values)) == codec.encode_values(values)
