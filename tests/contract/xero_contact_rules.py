"""Every rule of xero.md section 5, Contacts, seen at least once in calls the file allows.

Used by the judge that stands between: each rule is a small story with an assertion of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

from tests.sandbox import Control

Json = dict[str, Any]
Rule = Callable[["Books"], None]
RULES: dict[str, Rule] = {}


@dataclass(frozen=True)
class Books:
    """The contacts of an organisation, reached through whoever stands at `api_url`."""

    session: requests.Session
    api_url: str
    headers: Mapping[str, str]
    control: Control

    def write(self, method: str, *contacts: object, path: str = "") -> requests.Response:
        """PUT or POST contacts."""
        return self.session.request(
            method,
            f"{self.api_url}/Contacts{path}",
            json={"Contacts": contacts},
            headers=self.headers,
            timeout=60,
        )

    def made(self, **contact: object) -> Json:
        """Create one contact; a name is made up unless one is given."""
        return one(self.write("PUT", {"Name": str(uuid4()), **contact}))

    def changed(self, contact: Json, **values: object) -> Json:
        """Update a contact by its id."""
        return one(self.write("POST", {"ContactID": contact["ContactID"], **values}))

    def refused(self, method: str, **contact: object) -> str:
        """Return why a contact is refused."""
        answer = self.write(method, contact)
        assert answer.status_code == 400, answer.text
        message: str = answer.json()["Elements"][0]["ValidationErrors"][0]["Message"]
        return message

    def read(self, contact: Json) -> Json:
        """Read a contact by its id."""
        address = f"{self.api_url}/Contacts/{contact['ContactID']}"
        return one(self.session.get(address, headers=self.headers, timeout=60))


def one(answer: requests.Response) -> Json:
    """Return the only contact of an answer."""
    assert answer.status_code == 200, answer.text
    (contact,) = answer.json()["Contacts"]
    return dict(contact)


def rule(words: str) -> Callable[[Rule], Rule]:
    """Enter a rule under the words of the reference."""

    def enter(seen: Rule) -> Rule:
        RULES[words] = seen
        return seen

    return enter


@rule("only Name is needed, up to 255 characters")
def _name_only(books: Books) -> None:
    name = (str(uuid4()) * 8)[:255]
    assert books.made(Name=name)["Name"] == name
    assert "name" in books.refused("PUT", EmailAddress="a@example.org")


@rule("names are unique among active contacts, folded and trimmed")
def _unique(books: Books) -> None:
    taken = books.made(Name=f"Ask {uuid4()}")
    message = books.refused("PUT", Name=f" {taken['Name'].upper()} ")
    assert message.endswith("must be unique across all active contacts.")


@rule("the name of an archived contact is free")
def _reused(books: Books) -> None:
    former = books.made()
    books.changed(former, ContactStatus="ARCHIVED")
    assert books.made(Name=former["Name"])["ContactID"] != former["ContactID"]


@rule("ContactNumber is the key of an upsert after ContactID, and reads a contact")
def _number(books: Books) -> None:
    number = str(uuid4())
    made = books.made(ContactNumber=number)
    again = one(books.write("POST", {"ContactNumber": number, "AccountNumber": "7" * 50}))
    assert (again["ContactID"], again["AccountNumber"]) == (made["ContactID"], "7" * 50)
    assert books.read({"ContactID": number})["Name"] == made["Name"]


@rule("a name finds the contact to update, last of the keys")
def _by_name(books: Books) -> None:
    made = books.made()
    assert one(books.write("POST", {"Name": made["Name"]}))["ContactID"] == made["ContactID"]


@rule("a contact is found by its id before its number, and by its number before its name")
def _order(books: Books) -> None:
    numbers = [str(uuid4()) for _ in range(2)]
    by_id, by_number = (books.made(ContactNumber=number) for number in numbers)
    named = books.made()
    keys = {"ContactNumber": by_number["ContactNumber"], "Name": f"{uuid4()}"}
    assert one(books.write("POST", keys))["ContactID"] == by_number["ContactID"]
    taken = {"ContactNumber": by_number["ContactNumber"], "Name": named["Name"]}
    assert "already assigned" in books.refused("POST", **taken)
    own = {"ContactID": by_id["ContactID"], "ContactNumber": by_id["ContactNumber"]}
    assert one(books.write("POST", {**own, "AccountNumber": "1"}))["ContactID"] == own["ContactID"]


@rule("the contact's own names and e-mail are the primary person")
def _primary(books: Books) -> None:
    made = books.made(FirstName="Ada", LastName="Åse", EmailAddress="ada@example.org")
    assert (made["FirstName"], made["LastName"]) == ("Ada", "Åse")


@rule("up to five further persons, without any identifier")
def _persons(books: Books) -> None:
    persons = [{"FirstName": f"P{number}", "LastName": "Q"} for number in range(6)]
    made = books.made(ContactPersons=persons[:5])
    assert [list(person) for person in made["ContactPersons"]] == [
        ["FirstName", "LastName", "IncludeInEmails"]
    ] * 5
    assert "5" in books.refused("PUT", Name=str(uuid4()), ContactPersons=persons)


@rule("the list of persons is written as a whole; leaving it out keeps it")
def _whole_list(books: Books) -> None:
    made = books.made(ContactPersons=[{"FirstName": "A"}, {"FirstName": "B"}])
    assert len(books.changed(made, AccountNumber="1")["ContactPersons"]) == 2
    left = books.changed(made, ContactPersons=[{"FirstName": "B"}])["ContactPersons"]
    assert [person["FirstName"] for person in left] == ["B"]
    assert books.changed(made, ContactPersons=[])["ContactPersons"] == []


@rule("IncludeInEmails asks for an e-mail of the primary person")
def _include(books: Books) -> None:
    person = {"FirstName": "A", "EmailAddress": "a@example.org", "IncludeInEmails": True}
    assert books.refused("PUT", Name=str(uuid4()), ContactPersons=[person])
    made = books.made(EmailAddress="b@example.org", ContactPersons=[person])
    assert made["ContactPersons"] == [person]


@rule("IsCustomer and IsSupplier are read-only")
def _kinds(books: Books) -> None:
    made = books.made(IsCustomer=True, IsSupplier=True)
    assert (made["IsCustomer"], made["IsSupplier"]) == (False, False)


@rule("contacts stand in groups, which their answers name")
def _groups(books: Books) -> None:
    made = books.made()
    group = {"ContactGroups": [{"Name": f"G {uuid4()}"}]}
    address = f"{books.api_url}/ContactGroups"
    answer = books.session.put(address, json=group, headers=books.headers, timeout=60)
    group_id = answer.json()["ContactGroups"][0]["ContactGroupID"]
    members = {"Contacts": [{"ContactID": made["ContactID"]}]}
    answer = books.session.put(
        f"{address}/{group_id}/Contacts", json=members, headers=books.headers, timeout=60
    )
    assert answer.status_code == 200, answer.text
    (shown,) = books.read(made)["ContactGroups"]
    assert (shown["ContactGroupID"], shown["Status"]) == (group_id, "ACTIVE")


@rule("a contact's status is ACTIVE, ARCHIVED or GDPRREQUEST")
def _status(books: Books) -> None:
    made = books.made()
    assert made["ContactStatus"] == "ACTIVE"
    assert books.changed(made, ContactStatus="GDPRREQUEST")["ContactStatus"] == "GDPRREQUEST"


@rule("no delete: a contact is archived, and left out of lists")
def _archive(books: Books) -> None:
    made = books.made()
    assert books.changed(made, ContactStatus="ARCHIVED")["ContactStatus"] == "ARCHIVED"
    asked: dict[str, str] = {"IDs": made["ContactID"]}
    for more, found in (({}, 0), ({"includeArchived": "true"}, 1)):
        answer = books.session.get(
            f"{books.api_url}/Contacts",
            params={**asked, **more},
            headers=books.headers,
            timeout=60,
        )
        assert len(answer.json()["Contacts"]) == found


@rule("an archived contact can be neither edited nor restored")
def _archived(books: Books) -> None:
    made = books.made()
    books.changed(made, ContactStatus="ARCHIVED")
    for values in ({"AccountNumber": "1"}, {"ContactStatus": "ACTIVE"}):
        message = books.refused("POST", ContactID=made["ContactID"], **values)
        assert message.startswith("The specified contact details matched an archived contact.")


@rule("the loser of a merge is archived and names its winner")
def _merge(books: Books) -> None:
    loser, winner = books.made(), books.made()
    work = {"loser": loser["ContactID"], "winner": winner["ContactID"]}
    books.control.post("screen", {"do": "merge", "person": "ada", **work})
    shown = books.read(loser)
    assert (shown["ContactStatus"], shown["MergedToContactID"]) == (
        "ARCHIVED",
        winner["ContactID"],
    )
    asked = {"IDs": loser["ContactID"], "includeArchived": "true"}
    for more, told in (({}, False), ({"page": "1"}, True)):
        answer = books.session.get(
            f"{books.api_url}/Contacts",
            params={**asked, **more},
            headers=books.headers,
            timeout=60,
        )
        assert ("MergedToContactID" in one(answer)) is told


@rule("addresses POBOX and STREET are always there; the country is letters")
def _addresses(books: Books) -> None:
    most = {
        "City": "C" * 255,
        "Region": "R" * 255,
        "PostalCode": "P" * 50,
        "AttentionTo": "a" * 255,
    }
    street = {"AddressType": "STREET", "AddressLine1": "L" * 500, "Country": "Norway", **most}
    made = books.made(Addresses=[street])
    assert {one["AddressType"] for one in made["Addresses"]} == {"STREET", "POBOX"}
    assert made["Addresses"][0] == street
    assert books.refused("PUT", Name=str(uuid4()), Addresses=[{**street, "Country": "4"}])


@rule("live contacts can return a DELIVERY address")
def _delivery(books: Books) -> None:
    made = books.made()
    rules = [{"kind": "hostile_delivery", "path": made["ContactID"], "times": 1}]
    books.control.post("faults", {"seed": 1, "rules": rules})
    assert "DELIVERY" in [address["AddressType"] for address in books.read(made)["Addresses"]]


@rule("phones have five types, four of them always there")
def _phones(books: Books) -> None:
    codes = {"PhoneAreaCode": "1" * 10, "PhoneCountryCode": "4" * 20}
    office = {"PhoneType": "OFFICE", "PhoneNumber": "9" * 50, **codes}
    made = books.made(Phones=[office])
    assert [phone["PhoneType"] for phone in made["Phones"]] == [
        "DDI",
        "DEFAULT",
        "FAX",
        "MOBILE",
        "OFFICE",
    ]


@rule("tax, company and bank details, currency and default accounts are kept")
def _details(books: Books) -> None:
    values = {
        "TaxNumber": "T" * 50,
        "TaxNumberType": "EIN",
        "CompanyNumber": "C" * 50,
        "BankAccountDetails": "NO93 8601 1117 947",
        "DefaultCurrency": "EUR",
        "SalesDefaultAccountCode": "200",
        "PurchasesDefaultAccountCode": "400",
        "SalesTrackingCategories": [{"TrackingCategoryName": "A", "TrackingOptionName": "B"}],
        "BatchPayments": {"BankAccountNumber": "1", "Details": "d" * 18},
    }
    made = books.read(books.made(**values))
    assert {name: made[name] for name in values} == values
    assert "subscribed" in books.refused("PUT", Name=str(uuid4()), DefaultCurrency="ZMW")


@rule("payment terms have a day from 0 to 31 and one of four types")
def _terms(books: Books) -> None:
    made = books.made()
    for bills, sales in (
        ("OFFOLLOWINGMONTH", "OFCURRENTMONTH"),
        ("DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH"),
    ):
        terms = {"Bills": {"Day": 31, "Type": bills}, "Sales": {"Day": 0, "Type": sales}}
        assert books.changed(made, PaymentTerms=terms)["PaymentTerms"] == terms
    late = {"Sales": {"Day": 32, "Type": "OFCURRENTMONTH"}}
    assert books.refused("PUT", Name=str(uuid4()), PaymentTerms=late)


@rule("Website, Discount and balances are read-only")
def _read_only(books: Books) -> None:
    made = books.made(Website="https://example.org", Discount=5)
    assert not {"Website", "Discount", "Balances"} & books.read(made).keys()
    edit = {"contact": made["ContactID"], "values": {"Website": "https://example.org"}}
    books.control.post("screen", {"do": "edit", "person": "ada", **edit})
    assert books.read(made)["Website"] == "https://example.org"


@rule("e-mail addresses take no umlauts")
def _umlauts(books: Books) -> None:
    message = books.refused("PUT", Name=str(uuid4()), EmailAddress="jörg@example.org")
    assert message == "Email address must be valid."
