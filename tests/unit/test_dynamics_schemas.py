"""Rows as Dataverse shows them become cleaned records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_xero.dynamics.client import read_json
from dynamics_xero.dynamics.schemas import shape_of
from dynamics_xero.errors import MissingColumnError, UnavailableError
from dynamics_xero.model import Feed, Record, RecordState

ID = "6f1a9d0c-0000-4000-8000-000000000001"
OTHER = "6f1a9d0c-0000-4000-8000-000000000002"
BARE = {"accountid": ID, "versionnumber": 7, "statecode": 0, "modifiedon": "2026-11-21T09:00:00Z"}


def record(resource: str, columns: tuple[str, ...], **row: object) -> Record:
    read = read_json(json.dumps({**BARE, "contactid": OTHER, **row}).encode())
    assert isinstance(read, dict)
    return shape_of(Feed(resource, columns)).record(read)


def test_texts_are_trimmed_at_their_ends_and_empty_ones_are_absent() -> None:
    found = record(
        "account", ("name", "fax", "telephone1"), name="  A  B\n", fax="   ", telephone1=""
    )

    assert found.values == {"name": "A  B", "statecode": 0}


def test_a_row_becomes_a_record_with_its_version_state_and_time() -> None:
    found = record("account", ("name",), name="A", statecode=1)

    assert (found.resource, found.id, found.version) == ("account", ID, 7)
    assert found.state is RecordState.ARCHIVED
    assert found.modified_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert found.parent_id is None


def test_the_version_is_read_from_the_etag_where_the_column_is_missing() -> None:
    found = record("account", (), versionnumber=None, **{"@odata.etag": 'W/"8123456789"'})

    assert found.version == 8123456789


@pytest.mark.parametrize(
    "row",
    [{"accountid": None}, {"versionnumber": None}, {"versionnumber": None, "@odata.etag": "x"}],
)
def test_a_row_without_id_or_version_is_no_row(row: dict[str, object]) -> None:
    with pytest.raises(UnavailableError):
        record("account", (), **row)


def test_lookups_are_selected_and_read_by_their_value_property() -> None:
    shape = shape_of(Feed("account", ("primarycontactid", "primarycontactid.firstname")))
    found = record("account", ("primarycontactid",), _primarycontactid_value=OTHER.upper())

    assert "_primarycontactid_value" in shape.select
    assert not any("firstname" in name for name in shape.select)
    assert found.values["primarycontactid"] == OTHER


def test_pseudo_columns_are_not_asked_for() -> None:
    assert not any("@" in name for name in shape_of(Feed("account", ("@organization",))).select)


@pytest.mark.parametrize(("target", "parent"), [("account", ID), ("contact", None), (None, None)])
def test_r6_a_contact_is_a_part_only_of_an_account(target: str | None, parent: str | None) -> None:
    name = "_parentcustomerid_value"
    row = {name: ID, f"{name}@Microsoft.Dynamics.CRM.lookuplogicalname": target}

    found = record("contact", (), **row)

    assert found.id == OTHER
    assert found.parent_id == parent


def test_r15_a_row_that_lost_a_merge_names_the_winner() -> None:
    assert record("account", (), _masterid_value=OTHER).merged_into == OTHER


def test_numbers_are_exact_and_equal_amounts_look_equal() -> None:
    read = read_json(b'{"exchangerate": 1.1000000000, "currencyprecision": 2}')
    assert isinstance(read, dict)
    row = {**BARE, "transactioncurrencyid": ID, **read}
    found = shape_of(Feed("transactioncurrency", ("exchangerate", "currencyprecision"))).record(row)

    assert str(found.values["exchangerate"]) == "1.1"
    assert found.values["currencyprecision"] == 2


def test_choices_times_and_booleans_have_their_own_types() -> None:
    found = record(
        "contact",
        ("xero_status", "xero_lastsyncedon", "xero_includeinemails"),
        xero_status=727000002,
        xero_lastsyncedon="2026-11-21T11:30:00+02:00",
        xero_includeinemails=False,
    )

    assert found.values["xero_status"] == 727000002
    assert found.values["xero_lastsyncedon"] == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    assert found.values["xero_includeinemails"] is False


def test_unknown_fields_are_ignored_and_odd_values_survive_as_text() -> None:
    found = record(
        "account",
        ("customertypecode", "createdon", "creditonhold", "name", "contoso_code", "contoso_list"),
        customertypecode="Partner", createdon="some day", creditonhold="perhaps", name=12,
        contoso_code=" C1 ", contoso_list=["a"], surprise={"a": 1},
    )  # fmt: skip

    assert found.values == {
        "customertypecode": "Partner", "createdon": "some day", "creditonhold": "perhaps",
        "name": "12", "contoso_code": "C1", "statecode": 0,
    }  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(value=JSON, column=st.sampled_from(["name", "customertypecode", "creditlimit", "createdon",
       "creditonhold", "contoso_x", "statecode"]))  # fmt: skip
def test_no_value_of_any_form_holds_up_a_page(value: object, column: str) -> None:
    found = record("account", (column,), **{column: value})

    assert all(
        isinstance(one, str | int | bool | Decimal | datetime) and one != ""
        for one in found.values.values()
    )


def test_a_schema_is_built_once_per_feed() -> None:
    assert shape_of(Feed("account", ("name",))) is shape_of(Feed("account", ("name",)))


def test_a_table_nobody_knows_is_named() -> None:
    with pytest.raises(MissingColumnError, match="lead is no table"):
        shape_of(Feed("lead", ()))
