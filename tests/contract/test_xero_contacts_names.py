"""Names and numbers of contacts: who is who."""

from __future__ import annotations

import pytest

from tests.contract.xero_server import ZERO, Xero, first, messages

TAKEN = (
    "The contact name {} is already assigned to another contact. "
    "The contact name must be unique across all active contacts."
)
ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)


def test_a_name_is_all_a_contact_needs(xero: Xero) -> None:
    """xero.md 5, Contacts: only Name is needed to create."""
    contact = xero.created(Name="Kranjčar & Søn")
    assert (contact["Name"], contact["ContactStatus"]) == ("Kranjčar & Søn", "ACTIVE")
    assert xero.contact(contact["ContactID"]) == contact


@pytest.mark.parametrize("element", [{}, {"Name": ""}, {"Name": "  "}, {"EmailAddress": "a@b.no"}])
def test_a_contact_without_a_name_is_refused(xero: Xero, element: dict[str, str]) -> None:
    """xero.md 5, Contacts: Name is needed to create."""
    assert messages(xero.put(element)) == ["The contact name must be specified."]
    assert xero.listed() == []


def test_an_active_name_is_unique(xero: Xero) -> None:
    """xero.md 5, Contacts: unique among ACTIVE contacts; 4, catalogue: exact wording."""
    xero.created(Name="Acme")
    answer = xero.put({"Name": "Acme"})
    assert messages(answer) == [TAKEN.format("Acme")]
    assert answer.json()["Elements"][0]["ContactID"] == ZERO


@pytest.mark.parametrize(
    ("position", "same", "other"),
    [
        ("case_insensitive", ["ACME ltd", " Acme Ltd "], "Acme  Ltd"),
        ("exact", [" Acme Ltd "], "ACME Ltd"),
        ("collapse_spaces", ["ACME   ltd"], "AcmeLtd"),
    ],
)
def test_the_folding_of_names_is_a_switch(
    running_xero: Xero, position: str, same: list[str], other: str
) -> None:
    """xero.md 5, Contacts: case and whitespace folding of uniqueness is not verified."""
    xero = running_xero.fresh(name_fold=position)
    xero.created(Name="Acme Ltd")
    for name in same:
        assert messages(xero.put({"Name": name})) == [TAKEN.format(name.strip())]
    assert xero.created(Name=other)["Name"] == other


def test_names_are_trimmed_at_their_ends_only(xero: Xero) -> None:
    """contract.md 2: values are trimmed at their ends, never inside."""
    assert xero.created(Name="  Acme  Ltd ")["Name"] == "Acme  Ltd"


def test_an_archived_name_is_free_to_reuse(xero: Xero) -> None:
    """xero.md 5, Contacts: archived names are free to reuse."""
    old = xero.created(Name="Acme")
    xero.updated(ContactID=old["ContactID"], ContactStatus="ARCHIVED")
    new = xero.created(Name="Acme")
    assert new["ContactID"] != old["ContactID"]


def test_a_rename_onto_a_taken_name_is_refused(xero: Xero) -> None:
    """xero.md 4, catalogue: the name must be unique across all active contacts."""
    xero.created(Name="Acme")
    other = xero.created(Name="Beta")
    answer = xero.post({"ContactID": other["ContactID"], "Name": "acme"})
    assert messages(answer) == [TAKEN.format("acme")]
    assert answer.json()["Elements"][0]["ContactID"] == ZERO
    assert xero.contact(other["ContactID"])["Name"] == "Beta"


def test_post_creates_or_updates_by_name(xero: Xero) -> None:
    """xero.md 4, Verbs: POST = create or update; 5: Name is the last upsert key."""
    made = xero.updated(Name="Acme")
    again = xero.updated(Name="acme", AccountNumber="A1")
    assert again["ContactID"] == made["ContactID"]
    assert (again["Name"], again["AccountNumber"]) == ("acme", "A1")


def test_post_matches_id_before_number_before_name(xero: Xero) -> None:
    """xero.md 5, Contacts: ContactNumber is the upsert key after ContactID."""
    by_id = xero.created(Name="A")
    by_number = xero.created(Name="B", ContactNumber="n-b")
    hit = xero.updated(ContactNumber="n-b", Name="B renamed", AccountNumber="1")
    assert (hit["ContactID"], hit["Name"]) == (by_number["ContactID"], "B renamed")
    hit = xero.updated(ContactID=by_id["ContactID"], Name="A renamed", ContactNumber="n-a")
    assert (hit["ContactID"], hit["ContactNumber"]) == (by_id["ContactID"], "n-a")


def test_the_matching_order_is_a_switch(running_xero: Xero) -> None:
    """xero.md 5, Contacts: the matching order is not verified."""
    xero = running_xero.fresh(post_match_order="ContactID,Name,ContactNumber")
    named = xero.created(Name="A")
    xero.created(Name="B", ContactNumber="n")
    assert messages(xero.post({"Name": "A", "ContactNumber": "n"})) == [
        "The contact number n is already assigned to another contact."
    ]
    xero = running_xero.fresh(post_match_order="ContactID,ContactNumber")
    xero.created(Name="A")
    assert messages(xero.post({"Name": "A"})) == [TAKEN.format("A")]
    assert named["Name"] == "A"


def test_put_creates_only(xero: Xero) -> None:
    """xero.md 4, Verbs: PUT = create only, whatever id the body carries."""
    old = xero.created(Name="Acme", ContactNumber="n")
    new = xero.created(Name="Other", ContactID=old["ContactID"])
    assert new["ContactID"] != old["ContactID"]
    assert messages(xero.put({"Name": "Third", "ContactNumber": "n"})) == [
        "The contact number n is already assigned to another contact."
    ]


def test_what_put_does_with_a_taken_name_is_a_switch(running_xero: Xero) -> None:
    """xero.md 4, Verbs: field reports of PUT hitting an existing contact."""
    xero = running_xero.fresh(put_existing_name="update", put_existing_number="update")
    old = xero.created(Name="Acme", ContactNumber="n")
    assert xero.created(Name="acme", AccountNumber="1")["ContactID"] == old["ContactID"]
    assert xero.created(Name="New", ContactNumber="n")["ContactID"] == old["ContactID"]


def test_an_unknown_contact_id_is_refused(xero: Xero) -> None:
    """xero.md 4, catalogue: the like of a credit note whose id could not be found."""
    answer = xero.post({"ContactID": "7d0cd0a5-8f0e-4c77-9bdc-40e6f1a4c111", "Name": "A"})
    assert messages(answer) == [
        "An existing Contact with the specified ContactID could not be found"
    ]
    assert messages(xero.post({"ContactID": "no guid", "Name": "A"})) == [
        "The ContactID must be a valid GUID."
    ]


def test_account_numbers_may_repeat(xero: Xero) -> None:
    """xero.md 5, Contacts: AccountNumber is user-visible text, no key."""
    xero.created(Name="A", AccountNumber="X")
    assert xero.created(Name="B", AccountNumber="X")["AccountNumber"] == "X"


@pytest.mark.parametrize(
    ("position", "refusing"),
    [("post", {"POST"}), ("never", set()), ("put_and_post", {"POST", "PUT"})],
)
def test_whether_an_archived_name_is_matched_is_a_switch(
    running_xero: Xero, position: str, refusing: set[str]
) -> None:
    """xero.md 4, catalogue (archived, name match) against 5, Contacts (names free)."""
    xero = running_xero.fresh(archived_name_match=position)
    old = xero.created(Name="Acme")
    xero.updated(ContactID=old["ContactID"], ContactStatus="ARCHIVED")
    for method in ("POST", "PUT"):
        answer = xero.call(method, "/Contacts", body={"Contacts": [{"Name": "Acme"}]})
        if method in refusing:
            assert messages(answer) == [ARCHIVED]
        else:
            fresh = first(answer)
            assert fresh["ContactID"] != old["ContactID"]
            xero.updated(ContactID=fresh["ContactID"], ContactStatus="ARCHIVED")


def test_equal_names_within_one_batch_are_told_apart(xero: Xero) -> None:
    """xero.md 5, Contacts: uniqueness holds between elements of one request too."""
    answer = xero.put({"Name": "A"}, {"Name": "a"}, summarizeErrors="false")
    assert [one["StatusAttributeString"] for one in answer.json()["Contacts"]] == ["OK", "ERROR"]
