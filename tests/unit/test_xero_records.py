"""From Xero's rows to records and back: pure values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_xero.mapping.columns.xero import RESOURCES as COLUMNS
from dynamics_xero.model import ActionKind, Feed, RecordState, Write
from dynamics_xero.xero.records import ZERO_ID, element, record, unflatten
from dynamics_xero.xero.resources import CONTACT
from dynamics_xero.xero.schemas import cleaner, instant

ID = "BD2270C3-8706-4C11-9CFB-000B551C3F51"
ALL = Feed("Contact", tuple(COLUMNS["Contact"]), ("ContactPersons",))
WRITABLE = [path for path, column in COLUMNS["Contact"].items() if not column.read_only]

texts = st.text(min_size=1, max_size=30).map(str.strip).filter(bool)


@given(st.dictionaries(st.sampled_from(WRITABLE), texts, max_size=20))
def test_what_is_nested_for_a_write_is_read_flat_again(values: dict[str, str]) -> None:
    nested = unflatten(values, CONTACT, clearing=True)

    assert record(nested, CONTACT, ALL).values == values
    assert json.loads(json.dumps(nested)) == nested


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
names = st.sampled_from(
    [*COLUMNS["Contact"], "Addresses", "Phones", "ContactPersons", "Balances", "Surprise"]
)


@given(st.dictionaries(names, json_values))
def test_no_row_is_too_strange_to_be_read(raw: dict[str, object]) -> None:
    seen = record(raw, CONTACT, ALL)

    assert None not in seen.values.values()
    assert "" not in seen.values.values()


def test_an_address_is_named_by_its_type_and_an_unknown_type_costs_nothing() -> None:
    raw = {
        "ContactID": ID,
        "Name": " Ōta & Söhne ",
        "EmailAddress": "",
        "Addresses": [
            {"AddressType": "STREET", "City": " Köln "},
            {"AddressType": "DELIVERY", "City": "Ulm"},
            {"AddressType": "POBOX", "City": "", "AddressLine1": "1 Way\r\nFloor 2"},
        ],
        "Phones": [{"PhoneType": "FAX", "PhoneNumber": "1", "PhoneAreaCode": ""}],
    }

    seen = record(raw, CONTACT, ALL)

    assert seen.values == {
        "ContactID": ID,
        "Name": "Ōta & Söhne",
        "Addresses.STREET.City": "Köln",
        "Addresses.POBOX.AddressLine1": "1 Way\r\nFloor 2",
        "Phones.FAX.PhoneNumber": "1",
    }
    assert seen.id == ID.lower()


def test_only_the_columns_of_the_feed_are_kept() -> None:
    raw = {"ContactID": ID, "Name": "N", "TaxNumber": "1", "ContactPersons": [{"FirstName": "A"}]}

    seen = record(raw, CONTACT, Feed("Contact", ("Name", "contoso_unknown")))

    assert seen.values == {"Name": "N"}
    assert seen.parts == {}


def test_persons_keep_their_order_and_unknown_fields_are_passed_over() -> None:
    persons = [
        {"FirstName": "B", "LastName": "", "IncludeInEmails": False, "New": {}},
        {"EmailAddress": " a@x.example ", "IncludeInEmails": "true"},
    ]

    seen = record({"ContactPersons": persons}, CONTACT, ALL)

    assert seen.parts["ContactPersons"] == (
        {"FirstName": "B", "IncludeInEmails": False},
        {"EmailAddress": "a@x.example", "IncludeInEmails": True},
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ACTIVE", RecordState.LIVE),
        ("ARCHIVED", RecordState.ARCHIVED),
        ("GDPRREQUEST", RecordState.ARCHIVED),
        ("SOMETHING_NEW", RecordState.LIVE),
    ],
)
def test_the_status_says_whether_a_contact_is_live(status: str, state: RecordState) -> None:
    assert record({"ContactStatus": status}, CONTACT, ALL).state is state


def test_r2_the_version_is_the_change_in_milliseconds() -> None:
    seen = record({"UpdatedDateUTC": "/Date(1573755038314+0000)/"}, CONTACT, ALL)

    assert seen.version == 1573755038314
    assert seen.modified_at == datetime(2019, 11, 14, 18, 10, 38, 314000, tzinfo=UTC)


def test_a_merge_names_the_winner_and_a_zero_id_names_nobody() -> None:
    assert record({"MergedToContactID": ID}, CONTACT, ALL).merged_into == ID.lower()
    assert record({"MergedToContactID": ZERO_ID}, CONTACT, ALL).merged_into is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("/Date(0)/", datetime(1970, 1, 1, tzinfo=UTC)),
        ("/Date(-1000+1300)/", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2019-03-05T18:59:06Z", datetime(2019, 3, 5, 18, 59, 6, tzinfo=UTC)),
        ("2019-03-05T18:59:06", datetime(2019, 3, 5, 18, 59, 6, tzinfo=UTC)),
        ("2019-03-05T18:59:06+02:00", datetime(2019, 3, 5, 16, 59, 6, tzinfo=UTC)),
        ("/Date(99999999999999999999)/", None),
        ("yesterday", None),
        (5, None),
    ],
)
def test_both_forms_of_dates_are_read_as_utc(text: object, moment: datetime | None) -> None:
    assert instant(text) == moment


def test_numbers_stay_exact() -> None:
    clean = cleaner("Contact", ("Discount", "IsCustomer")).clean

    assert clean({"Discount": Decimal("12.50")}) == {"Discount": Decimal("12.50")}
    assert clean({"Discount": "12.50"}) == {"Discount": Decimal("12.50")}
    assert clean({"Discount": "n/a", "IsCustomer": "maybe"}) == {}


def test_a_create_leaves_empty_values_out_and_an_update_clears_them() -> None:
    values = {"Name": "N", "TaxNumber": None}

    assert element(Write(ActionKind.CREATE, "Contact", None, values), CONTACT) == {"Name": "N"}
    assert element(Write(ActionKind.UPDATE, "Contact", ID, values), CONTACT) == {
        "ContactID": ID,
        "Name": "N",
        "TaxNumber": "",
    }


def test_r8_a_write_group_goes_as_one_row() -> None:
    values = {
        "Addresses.POBOX.City": "Bonn",
        "Addresses.STREET.City": "Ulm",
        "Addresses.POBOX.Country": None,
        "PaymentTerms.Sales.Type": "OFCURRENTMONTH",
    }

    assert unflatten(values, CONTACT, clearing=True) == {
        "Addresses": [
            {"AddressType": "POBOX", "City": "Bonn", "Country": ""},
            {"AddressType": "STREET", "City": "Ulm"},
        ],
        "PaymentTerms": {"Sales": {"Type": "OFCURRENTMONTH"}},
    }


@pytest.mark.parametrize(
    ("kind", "status"), [(ActionKind.ARCHIVE, "ARCHIVED"), (ActionKind.RESTORE, "ACTIVE")]
)
def test_an_archive_or_a_restore_says_nothing_else(kind: ActionKind, status: str) -> None:
    write = Write(kind, "Contact", ID, {"Name": "N"}, {"ContactPersons": ({"FirstName": "A"},)})

    assert element(write, CONTACT) == {"ContactID": ID, "ContactStatus": status}


def test_r27_an_empty_list_of_persons_is_sent_as_such() -> None:
    write = Write(ActionKind.UPDATE, "Contact", ID, {}, {"ContactPersons": ()})

    assert element(write, CONTACT)["ContactPersons"] == []
