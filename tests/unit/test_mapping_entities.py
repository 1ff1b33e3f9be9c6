"""The built-in mappings of account and contact (mapping.md C.4 and C.5)."""

from __future__ import annotations

import pytest

from dynamics_xero.entities import BUILT_IN, with_overrides
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.entities.contact import ContactToPerson
from dynamics_xero.entities.person_contact import PersonToContact
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Value, Values

ACCOUNT: Values = {
    "@organization": "5e0e2a44-1111-4222-8333-444455556666",
    "accountid": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "accountnumber": "BLONP",
    "name": "Blondesddsl père et fils",
    "telephone1": "88.60.15.31",
    "fax": "88.60.15.32",
    "address1_line1": "24, place Kléber\r\n2ème étage",
    "address1_city": "Strasbourg",
    "address1_postalcode": "67000",
    "address1_country": "France",
    "address2_city": "Colmar",
    "websiteurl": "https://example.com",
    "primarycontactid.firstname": "Frédérique",
    "primarycontactid.lastname": "Citeaux",
    "primarycontactid.emailaddress1": "fred@example.com",
    "xero_taxnumber": "FR123",
    "transactioncurrencyid.isocurrencycode": "EUR",
}


def to_xero(mapping: type[EntityMapping], values: Values) -> dict[str, Value]:
    """Return the filled Xero columns of a record, without those that only come from Xero."""
    read, problems = mapping.read_dynamics(values)
    assert problems == []
    columns: dict[str, Value] = {}
    for name, rule in mapping.fields.items():
        if rule.direction != "to_dynamics":
            columns.update(rule.to_xero(read[name]))
    return {column: value for column, value in columns.items() if value is not None}


def test_an_account_becomes_a_contact() -> None:
    assert to_xero(AccountToContact, ACCOUNT) == {
        "Name": "Blondesddsl père et fils",
        "AccountNumber": "BLONP",
        "ContactNumber": "5e0e2a44-0f8fad5b-d9cb-469f-a165-70867728950e",
        "EmailAddress": "fred@example.com",
        "FirstName": "Frédérique",
        "LastName": "Citeaux",
        "Phones.DEFAULT.PhoneNumber": "88.60.15.31",
        "Phones.FAX.PhoneNumber": "88.60.15.32",
        "Addresses.POBOX.AddressLine1": "24, place Kléber\r\n2ème étage",
        "Addresses.POBOX.City": "Strasbourg",
        "Addresses.POBOX.PostalCode": "67000",
        "Addresses.POBOX.Country": "France",
        "Addresses.STREET.City": "Colmar",
        "TaxNumber": "FR123",
        "DefaultCurrency": "EUR",
    }


def test_r33_the_contact_number_fits_and_is_only_written_where_there_is_none() -> None:
    rule = AccountToContact.fields["contact_number"]

    number = rule.from_dynamics(ACCOUNT)

    assert isinstance(number, str)
    assert len(number) == 45 <= (rule.length_xero or 0)
    assert rule.only_if_empty
    assert AccountToContact.own_key == "contact_number"


def test_the_accounts_own_address_comes_before_its_primary_persons() -> None:
    email = AccountToContact.fields["email"]

    assert email.from_dynamics({**ACCOUNT, "emailaddress1": "office@example.com"}) == (
        "office@example.com"
    )
    assert email.from_dynamics({}) is None


def test_all_problems_of_an_account_are_named_at_once_in_words_of_the_form() -> None:
    values, problems = AccountToContact.read_dynamics(
        {
            "emailaddress1": "müller@example.com",
            "address1_country": "The United Kingdom of Great Britain and Northern Ireland",
            "address2_country": "F-67000",
        }
    )

    assert problems == [
        "Name is empty, Xero needs it.",
        "E-mail is not an address Xero accepts: it needs one @, and neither spaces nor accents.",
        "Address 1: Country/Region has 56 characters, Xero allows 50.",
        "Address 2: Country/Region holds digits, Xero takes letters only.",
    ]
    assert values.keys().isdisjoint({"name", "email", "billing_country", "delivery_country"})


def test_what_xero_shows_reads_back_equal() -> None:
    shown = AccountToContact.read_xero(to_xero(AccountToContact, ACCOUNT))
    values, _problems = AccountToContact.read_dynamics(ACCOUNT)

    unequal = [
        name
        for name, rule in AccountToContact.fields.items()
        if rule.fit(values[name]) != shown[name]
    ]
    assert unequal == ["website"]


def test_only_the_website_comes_from_xero_alone() -> None:
    incoming = [n for n, r in AccountToContact.fields.items() if r.direction == "to_dynamics"]

    assert incoming == ["website"]


def test_a_contact_becomes_a_person() -> None:
    person: Values = {
        "firstname": "Ada",
        "emailaddress1": "ada@example.com",
        "xero_includeinemails": True,
    }

    assert to_xero(ContactToPerson, person) == {
        "FirstName": "Ada",
        "EmailAddress": "ada@example.com",
        "IncludeInEmails": True,
    }


@pytest.mark.parametrize("filled", ["firstname", "lastname", "emailaddress1"])
def test_a_person_needs_a_name_or_an_address(filled: str) -> None:
    _values, problems = ContactToPerson.read_dynamics({filled: "ada@example.com"})
    assert problems == []

    _values, problems = ContactToPerson.read_dynamics({"xero_includeinemails": False})
    assert problems == ["First name, Last name, E-mail are all empty, Xero needs one of them."]


def test_a_person_whose_address_is_wrong_is_not_called_empty() -> None:
    _values, problems = ContactToPerson.read_dynamics({"emailaddress1": "nowhere"})

    assert problems == [
        "E-mail is not an address Xero accepts: it needs one @, and neither spaces nor accents."
    ]


def test_r27_a_person_travels_in_the_list_of_five_of_its_accounts_contact() -> None:
    assert ContactToPerson.part_of is AccountToContact
    assert ContactToPerson.parts == "ContactPersons"
    assert ContactToPerson.capacity == 5


def test_ones_own_mapping_takes_the_place_of_the_built_in_one() -> None:
    ours = type("OurAccount", (AccountToContact,), {"fax": None})
    other = type("Shop", (EntityMapping,), {"dynamics": "contoso_shop", "xero": "Contact"})

    assert with_overrides([]) == BUILT_IN
    assert with_overrides([other, ours]) == (ours, ContactToPerson, PersonToContact, other)
