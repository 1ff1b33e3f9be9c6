"""Values of contacts: lengths, closed sets, addresses, phones, what is cleared and what is kept."""

from __future__ import annotations

import pytest

from tests.contract.xero_server import Json, Xero, messages

BAD_EMAIL = "Email address must be valid."


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("Name", 255),
        ("ContactNumber", 50),
        ("AccountNumber", 50),
        ("FirstName", 255),
        ("LastName", 255),
        ("CompanyNumber", 50),
        ("TaxNumber", 50),
    ],
)
def test_texts_have_the_lengths_of_the_specification(xero: Xero, field: str, limit: int) -> None:
    """xero.md 5, Contacts: Name <=255, ContactNumber <=50, AccountNumber <=50, and the OAS."""
    fits = xero.created(**{"Name": "A", field: "x" * limit})
    assert fits[field] == "x" * limit
    answer = xero.put({"Name": "B", field: "x" * (limit + 1)})
    assert messages(answer) == [f"The {field} field must not be longer than {limit} characters."]


def test_lengths_are_counted_in_characters(xero: Xero) -> None:
    """xero.md 5, Contacts: lengths are of text, not of its bytes."""
    assert xero.created(Name="ø" * 255)["Name"] == "ø" * 255


@pytest.mark.parametrize(
    ("part", "limit"),
    [
        ("AddressLine1", 500),
        ("City", 255),
        ("Region", 255),
        ("PostalCode", 50),
        ("Country", 50),
        ("AttentionTo", 255),
    ],
)
def test_address_texts_have_lengths(xero: Xero, part: str, limit: int) -> None:
    """xero.md 5, Addresses: lines <=500, City/Region 255, PostalCode 50, Country 50."""
    fits = {"AddressType": "POBOX", part: "x" * limit}
    assert address(xero.created(Name="A", Addresses=[fits]), "POBOX")[part] == "x" * limit
    long = {"AddressType": "POBOX", part: "x" * (limit + 1)}
    assert f"The {part} field" in messages(xero.put({"Name": "B", "Addresses": [long]}))[0]


@pytest.mark.parametrize(
    ("part", "limit"), [("PhoneNumber", 50), ("PhoneAreaCode", 10), ("PhoneCountryCode", 20)]
)
def test_phone_texts_have_lengths(xero: Xero, part: str, limit: int) -> None:
    """xero.md 5, Phones: number 50, area 10, country 20."""
    fits = {"PhoneType": "DDI", part: "1" * limit}
    assert phone(xero.created(Name="A", Phones=[fits]), "DDI")[part] == "1" * limit
    long = {"PhoneType": "DDI", part: "1" * (limit + 1)}
    assert f"The {part} field" in messages(xero.put({"Name": "B", "Phones": [long]}))[0]


@pytest.mark.parametrize(
    "email",
    [
        "none",
        "a@b",
        "a@@b.com",
        "a b@c.com",
        "@b.com",
        "a@.com",
        "a@b..com",
        "jörg@müller.de",
        "a@b.com,c@d.com",
        "a.@b.com",
    ],
)
def test_an_email_address_must_be_valid(xero: Xero, email: str) -> None:
    """xero.md 4, catalogue: Email address must be valid; 5: umlauts not supported."""
    assert messages(xero.put({"Name": "A", "EmailAddress": email})) == [BAD_EMAIL]


@pytest.mark.parametrize("email", ["a@b.co", "first.last+tag@sub.example.org", "o'neil@b-c.ie", ""])
def test_good_email_addresses_are_taken(xero: Xero, email: str) -> None:
    """xero.md 5, Contacts: EmailAddress belongs to the primary person; "" is none."""
    assert xero.created(Name="A", EmailAddress=email)["EmailAddress"] == email


@pytest.mark.parametrize("country", ["Land 7", "Côte", "U.S.A."])
def test_a_country_is_made_of_letters(xero: Xero, country: str) -> None:
    """xero.md 5, Addresses: Country 50, letters only."""
    element = {"Name": "A", "Addresses": [{"AddressType": "STREET", "Country": country}]}
    assert messages(xero.put(element)) == ["The Country field may only contain letters."]


def test_the_characters_of_a_country_are_a_switch(running_xero: Xero) -> None:
    """OAS Address.Country: letters only, while its examples hold a space."""
    street = {"AddressType": "STREET", "Country": "United States"}
    assert running_xero.fresh().created(Name="A", Addresses=[street])
    xero = running_xero.fresh(country_characters="any")
    made = xero.created(Name="A", Addresses=[{"AddressType": "STREET", "Country": "Côte d'Ivoire"}])
    assert address(made, "STREET")["Country"] == "Côte d'Ivoire"


@pytest.mark.parametrize(
    "change",
    [
        {"ContactStatus": "SLEEPING"},
        {"TaxNumberType": "VAT"},
        {"SalesDefaultLineAmountType": "Inclusive"},
        {"DefaultCurrency": "Euro"},
        {"Addresses": [{"AddressType": "DELIVERY"}]},
        {"Addresses": [{"City": "Oslo"}]},
        {"Phones": [{"PhoneType": "HOME"}]},
        {"PaymentTerms": {"Sales": {"Day": 5, "Type": "SOON"}}},
    ],
)
def test_closed_sets_are_closed(xero: Xero, change: Json) -> None:
    """xero.md 5, Contacts: statuses, address, phone and term types as the OAS lists them."""
    (message,) = messages(xero.put({"Name": "A", **change}))
    assert "is not a valid value for" in message


def test_a_currency_must_be_enabled(xero: Xero) -> None:
    """xero.md 4, catalogue: CurrencyCode not enabled."""
    assert xero.created(Name="A", DefaultCurrency="EUR")["DefaultCurrency"] == "EUR"
    assert messages(xero.put({"Name": "B", "DefaultCurrency": "ZMW"})) == [
        "Users Organisation is not subscribed to currency ZMW"
    ]


@pytest.mark.parametrize("day", [-1, 32, "x", None])
def test_payment_terms_have_a_day_of_the_month(xero: Xero, day: object) -> None:
    """xero.md 5, PaymentTerms: Day 0-31."""
    terms = {"Sales": {"Day": day, "Type": "OFCURRENTMONTH"}}
    assert messages(xero.put({"Name": "A", "PaymentTerms": terms})) == [
        "The payment terms Day must be between 0 and 31."
    ]


def test_payment_terms_of_one_side_leave_the_other(xero: Xero) -> None:
    """xero.md 5, PaymentTerms.{Bills,Sales}."""
    sales, bills = {"Day": 31, "Type": "OFCURRENTMONTH"}, {"Day": 0, "Type": "DAYSAFTERBILLDATE"}
    made = xero.created(Name="A", PaymentTerms={"Sales": sales})
    assert made["PaymentTerms"] == {"Sales": sales}
    changed = xero.updated(ContactID=made["ContactID"], PaymentTerms={"Bills": bills})
    assert changed["PaymentTerms"] == {"Sales": sales, "Bills": bills}


def test_contacts_always_have_their_slots(xero: Xero) -> None:
    """xero.md 3, Envelope: STREET+POBOX and DEFAULT, DDI, FAX, MOBILE, blank when unset."""
    made = xero.created(Name="A")
    assert [one["AddressType"] for one in made["Addresses"]] == ["STREET", "POBOX"]
    assert {one["PhoneType"] for one in made["Phones"]} == {"DEFAULT", "DDI", "FAX", "MOBILE"}
    assert {part for one in made["Phones"] for part in one.values()} & {""} == {""}


def test_a_sent_address_replaces_that_address_whole(xero: Xero) -> None:
    """xero.md 5, Addresses: POBOX and STREET; rules.md R8: one address goes complete."""
    street = {"AddressType": "STREET", "AddressLine1": "Road 1\nHouse B", "City": "Oslo"}
    box = {"AddressType": "POBOX", "AddressLine1": "Box 7", "City": "Bergen"}
    made = xero.created(Name="A", Addresses=[box, street])
    assert address(made, "STREET")["AddressLine1"] == "Road 1\nHouse B"
    changed = xero.updated(
        ContactID=made["ContactID"], Addresses=[{"AddressType": "POBOX", "City": "Voss"}]
    )
    assert address(changed, "POBOX").get("AddressLine1", "") == ""
    assert address(changed, "STREET") == address(made, "STREET")


def test_a_sent_phone_replaces_that_phone_whole(xero: Xero) -> None:
    """xero.md 5, Phones: DEFAULT, DDI, MOBILE, FAX, OFFICE."""
    made = xero.created(
        Name="A",
        Phones=[
            {"PhoneType": "DEFAULT", "PhoneNumber": "1", "PhoneAreaCode": "2"},
            {"PhoneType": "OFFICE", "PhoneNumber": "3"},
        ],
    )
    changed = xero.updated(
        ContactID=made["ContactID"], Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": "9"}]
    )
    assert phone(changed, "DEFAULT")["PhoneAreaCode"] == ""
    assert phone(changed, "OFFICE")["PhoneNumber"] == "3"


def test_what_is_not_sent_is_kept_and_empty_text_clears(xero: Xero) -> None:
    """xero.md 7, trap 9: clear a text with an empty one; null counts as not sent."""
    made = xero.created(Name="A", TaxNumber="T", CompanyNumber="C", EmailAddress="a@b.no")
    changed = xero.updated(
        ContactID=made["ContactID"], TaxNumber="", EmailAddress="", CompanyNumber=None
    )
    assert "TaxNumber" not in changed
    assert (changed["EmailAddress"], changed["CompanyNumber"]) == ("", "C")


def test_read_only_fields_and_noise_are_passed_over(xero: Xero) -> None:
    """xero.md 5: read-only Website, Discount, Balances, IsCustomer; 7, trap 11: noise."""
    made = xero.created(
        Name="A",
        Website="http://a.example",
        IsCustomer=True,
        Discount=5,
        HasAttachments=True,
        Balances={"AccountsReceivable": {"Outstanding": 1}},
        UpdatedDateUTC="/Date(0)/",
        HasValidationErrors=False,
        MergedToContactID="7d0cd0a5-8f0e-4c77-9bdc-40e6f1a4c111",
        NoSuchField={"a": [1]},
    )
    assert (made["IsCustomer"], made["HasAttachments"]) == (False, False)
    assert not made.keys() & {"Website", "Discount", "Balances", "MergedToContactID", "NoSuchField"}
    assert made["UpdatedDateUTC"] != "/Date(0)/"


def test_people_fill_the_website_on_the_screen(xero: Xero) -> None:
    """xero.md 5, Contacts: Website is read-only for the API."""
    made = xero.created(Name="A")
    for values, status in (({"Website": "https://a.example"}, 200), ({"Name": "B"}, 400)):
        answer = xero.screen("edit", "ada", contact=made["ContactID"], values=values)
        assert answer.status_code == status
    edited = xero.contact(made["ContactID"])
    assert (edited["Website"], edited["Name"]) == ("https://a.example", "A")


def test_no_null_is_ever_sent(xero: Xero) -> None:
    """xero.md 7, trap 6: nulls are toxic; Xero omits."""
    xero.created(Name="A", TaxNumber="")
    answer = xero.post({"Name": "", "TaxNumber": None, "Addresses": None}, summarizeErrors="false")
    assert "null" not in answer.text
    assert "null" not in xero.call("GET", "/Contacts", page=1).text
    assert "null" not in xero.call("GET", "/Organisation").text


def test_updated_date_moves_only_with_a_value(xero: Xero) -> None:
    """xero.md 3, If-Modified-Since: equal writes are no modification."""
    made = xero.created(Name="A", Phones=[{"PhoneType": "FAX", "PhoneNumber": "1"}])
    xero.control("POST", "clock", {"advance_s": 60})
    same = {field: made[field] for field in ("ContactID", "Name", "Phones", "Addresses")}
    assert xero.updated(**same) == made
    entry = xero.ledger()[-1]
    assert (entry["action"], entry["changed"], entry["fields"]) == ("update", False, [])
    assert xero.updated(**{**same, "Name": "B"})["UpdatedDateUTC"] != made["UpdatedDateUTC"]


def address(contact: Json, kind: str) -> Json:
    """Return one address of a contact."""
    (found,) = [one for one in contact["Addresses"] if one["AddressType"] == kind]
    return dict(found)


def phone(contact: Json, kind: str) -> Json:
    """Return one phone of a contact."""
    (found,) = [one for one in contact["Phones"] if one["PhoneType"] == kind]
    return dict(found)
