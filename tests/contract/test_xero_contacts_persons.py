"""Contact persons: the primary one and the whole list of at most five."""

from __future__ import annotations

import pytest

from tests.contract.xero_server import Json, Xero, messages


def person(name: str, *, emails: bool = False) -> Json:
    """Return a contact person."""
    return {
        "FirstName": name,
        "LastName": "Person",
        "EmailAddress": f"{name.lower()}@example.org",
        "IncludeInEmails": emails,
    }


def test_the_primary_person_stands_on_the_contact(xero: Xero) -> None:
    """xero.md 5: FirstName/LastName/EmailAddress on the contact = the primary person."""
    made = xero.created(Name="A", FirstName="Ana", LastName="Trujillo", EmailAddress="ana@a.mx")
    assert (made["FirstName"], made["LastName"], made["ContactPersons"]) == ("Ana", "Trujillo", [])


def test_five_persons_are_kept_in_order_and_a_sixth_is_refused(xero: Xero) -> None:
    """xero.md 5: ContactPersons = up to 5 additional people."""
    five = [person(name) for name in ("Eve", "Dan", "Cat", "Bob", "Ann")]
    assert xero.created(Name="A", ContactPersons=five)["ContactPersons"] == five
    answer = xero.put({"Name": "B", "ContactPersons": [*five, person("Six")]})
    assert messages(answer) == ["A contact cannot have more than 5 contact persons."]


def test_the_list_is_written_as_a_whole_and_omission_keeps_it(xero: Xero) -> None:
    """xero.md 5: the list is written as a whole; omission keeps the list."""
    made = xero.created(Name="A", ContactPersons=[person("Ann"), person("Bob")])
    kept = xero.updated(ContactID=made["ContactID"], AccountNumber="1")
    assert kept["ContactPersons"] == made["ContactPersons"]
    replaced = xero.updated(ContactID=made["ContactID"], ContactPersons=[person("Cat")])
    assert replaced["ContactPersons"] == [person("Cat")]


@pytest.mark.parametrize(("position", "left"), [("clears", []), ("keeps", [person("Ann")])])
def test_what_an_empty_list_does_is_a_switch(
    running_xero: Xero, position: str, left: list[Json]
) -> None:
    """xero.md 5: semantics of an empty list not verified."""
    xero = running_xero.fresh(empty_persons_list=position)
    made = xero.created(Name="A", ContactPersons=[person("Ann")])
    assert xero.updated(ContactID=made["ContactID"], ContactPersons=[])["ContactPersons"] == left


def test_persons_have_no_identifier(xero: Xero) -> None:
    """xero.md 5: FirstName, LastName, EmailAddress, IncludeInEmails and no identifier at all."""
    made = xero.created(Name="A", ContactPersons=[{**person("Ann"), "ContactPersonID": "7"}])
    assert made["ContactPersons"] == [person("Ann")]


def test_a_persons_email_must_be_valid(xero: Xero) -> None:
    """xero.md 4, catalogue: Email address must be valid."""
    bad = {**person("Ann"), "EmailAddress": "ann"}
    answer = xero.put({"Name": "A", "ContactPersons": [bad, bad]})
    assert messages(answer) == ["Email address must be valid."]


@pytest.mark.parametrize("position", ["needs_primary_email", "free"])
def test_including_a_person_in_emails_is_a_switch(running_xero: Xero, position: str) -> None:
    """xero.md 5: IncludeInEmails requires the primary person to have an e-mail, not verified."""
    xero = running_xero.fresh(include_in_emails=position)
    persons = [person("Ann", emails=True)]
    made = xero.created(Name="A", EmailAddress="a@b.no", ContactPersons=persons)
    assert made["ContactPersons"] == persons
    answer = xero.put({"Name": "B", "ContactPersons": persons})
    if position == "free":
        assert answer.status_code == 200
    else:
        assert "only be included in emails" in messages(answer)[0]
