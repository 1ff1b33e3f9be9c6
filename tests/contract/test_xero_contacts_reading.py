"""Reading contacts: envelope, pages, filters, one by id or number."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.contract.xero_server import Xero, names

MS_DATE = re.compile(r"/Date\((\d+)\+0000\)/")
NOT_FOUND = "The resource you're looking for cannot be found"


def fill(xero: Xero, count: int) -> None:
    """Create contacts C000, C001 and so on."""
    for start in range(0, count, 100):
        batch = [{"Name": f"C{number:03}"} for number in range(start, min(start + 100, count))]
        assert xero.put(*batch).status_code == 200


def stamp(text: object) -> datetime:
    """Read an UpdatedDateUTC."""
    found = MS_DATE.fullmatch(str(text))
    assert found, text
    return datetime.fromtimestamp(int(found[1]) / 1000, UTC)


def test_every_answer_has_the_envelope(xero: Xero) -> None:
    """xero.md 3, Envelope: Id, Status, ProviderName, DateTimeUTC without offset."""
    body = xero.call("GET", "/Contacts").json()
    assert str(UUID(body["Id"])) == body["Id"]
    assert body["Status"] == "OK"
    assert body["ProviderName"]
    assert re.fullmatch(r"/Date\(\d{13}\)/", body["DateTimeUTC"])
    assert body["Contacts"] == []


def test_stamps_of_contacts_carry_the_offset(xero: Xero) -> None:
    """xero.md 3, Dates: /Date(1552262400000+0000)/."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    offset = xero.endpoint.clock.offset
    made = xero.created(Name="A")
    assert before <= stamp(made["UpdatedDateUTC"]) - offset <= datetime.now(UTC)


def test_pages_hold_a_hundred_rows_by_default(xero: Xero) -> None:
    """xero.md 3, Page: 1-based, default 100; pagination is a sibling of the list."""
    fill(xero, 250)
    pages = [xero.call("GET", "/Contacts", page=number).json() for number in (1, 2, 3, 4)]
    assert [len(page["Contacts"]) for page in pages] == [100, 100, 50, 0]
    assert pages[2]["pagination"] == {
        "page": 3,
        "pageSize": 100,
        "pageCount": 3,
        "itemCount": 250,
    }
    seen = [one["ContactID"] for page in pages for one in page["Contacts"]]
    assert len(set(seen)) == 250


def test_the_page_size_goes_up_to_a_thousand(xero: Xero) -> None:
    """xero.md 3, Page: pageSize 1-1000, capped."""
    fill(xero, 120)
    assert len(xero.listed(page=1, pageSize=110)) == 110
    assert len(xero.listed(page=40, pageSize=3)) == 3
    answer = xero.call("GET", "/Contacts", page=1, pageSize=5000).json()
    assert answer["pagination"]["pageSize"] == 1000
    assert len(answer["Contacts"]) == 120


@pytest.mark.parametrize(
    "query",
    [{"page": "0"}, {"page": "x"}, {"page": "1", "pageSize": "-1"}, {"page": "9" * 20}],
)
def test_impossible_pages_are_refused(xero: Xero, query: dict[str, Any]) -> None:
    """xero.md 3, Page: pages are counted from 1."""
    assert xero.call("GET", "/Contacts", **query).status_code == 400


def test_unpaged_lists_are_summaries(xero: Xero) -> None:
    """xero.md 3: unpaged list calls return summaries; no pagination object."""
    persons = [{"FirstName": "A", "IncludeInEmails": False}]
    terms = {"Sales": {"Day": 1, "Type": "OFCURRENTMONTH"}}
    made = xero.created(
        Name="A", ContactPersons=persons, PaymentTerms=terms, SalesDefaultAccountCode="200"
    )
    body = xero.call("GET", "/Contacts").json()
    assert "pagination" not in body
    (thin,) = body["Contacts"]
    assert not thin.keys() & {"ContactPersons", "PaymentTerms", "SalesDefaultAccountCode"}
    assert thin["Addresses"] == made["Addresses"]
    assert xero.listed(page=1) == [made]
    assert "ContactPersons" not in xero.listed(page=1, summaryOnly="True")[0]


def test_one_contact_is_read_by_id_or_number(xero: Xero) -> None:
    """xero.md 3, By id: /Contacts/{ContactID|ContactNumber}, still a one-element array."""
    made = xero.created(Name="A", ContactNumber="SB/2 ø")
    assert xero.contact(made["ContactID"]) == made
    assert xero.contact(made["ContactID"].upper()) == made
    assert xero.contact("SB%2F2%20%C3%B8") == made


@pytest.mark.parametrize("key", ["nobody", "7d0cd0a5-8f0e-4c77-9bdc-40e6f1a4c111"])
def test_an_unknown_contact_is_not_found_in_plain_text(xero: Xero, key: str) -> None:
    """xero.md 3, By id: 404, body is text, not JSON."""
    answer = xero.call("GET", f"/Contacts/{key}")
    assert (answer.status_code, answer.text) == (404, NOT_FOUND)
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_ids_select_contacts(xero: Xero) -> None:
    """xero.md 3, Explicit list params: IDs, comma-separated."""
    made = [xero.created(Name=name)["ContactID"] for name in "ABC"]
    assert sorted(names(xero.listed(IDs=f"{made[0]},{made[2].upper()}"))) == ["A", "C"]
    assert xero.call("GET", "/Contacts", IDs="nonsense").status_code == 400


@pytest.mark.parametrize("term", ["ACME", "anna", "lind", "num-7", "POST@"])
def test_a_search_term_is_sought_in_five_fields(xero: Xero, term: str) -> None:
    """xero.md 3, searchTerm: Name, FirstName, LastName, ContactNumber, EmailAddress."""
    xero.created(
        Name="Acme",
        FirstName="Anna",
        LastName="Lindgård",
        ContactNumber="NUM-7",
        EmailAddress="post@acme.no",
        AccountNumber="secret",
    )
    xero.created(Name="Other")
    assert names(xero.listed(searchTerm=term)) == ["Acme"]
    assert xero.listed(searchTerm="secret") == []


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%dT%H:%M:%S+00:00",
        "%Y-%m-%dT%H:%M:%S.%f",
        "%Y-%m-%dT%H:%M:%S.%fZ",
        "%Y-%m-%dT%H:%M:%S.%f0+00:00",
    ],
)
def test_modified_since_takes_every_form_of_a_time(xero: Xero, form: str) -> None:
    """xero.md 3, If-Modified-Since: naive, aware, fractional; 200 and a subset."""
    xero.created(Name="Old")
    xero.control("POST", "clock", {"advance_s": 10})
    since = xero.endpoint.clock.now()
    xero.control("POST", "clock", {"advance_s": 10})
    xero.created(Name="New")
    header = {"If-Modified-Since": since.strftime(form)}
    answer = xero.call("GET", "/Contacts", headers=header, page=1)
    assert (answer.status_code, names(answer.json()["Contacts"])) == (200, ["New"])
    assert answer.json()["pagination"]["itemCount"] == 1


def test_modified_since_reads_zones(xero: Xero) -> None:
    """OAS ifModifiedSince: its example has an offset of -08:00."""
    xero.created(Name="A")
    now = xero.endpoint.clock.now()
    for hours, found in ((-8, ["A"]), (8, [])):
        local = (now - timedelta(hours=1)).strftime(f"%Y-%m-%dT%H:%M:%S{-hours:+03}:00")
        answer = xero.call("GET", "/Contacts", headers={"If-Modified-Since": local})
        assert names(answer.json()["Contacts"]) == found


def test_modified_since_is_inclusive_and_accurate_to_the_second(xero: Xero) -> None:
    """xero.md 3, If-Modified-Since: second accuracy."""
    updated = stamp(xero.created(Name="A")["UpdatedDateUTC"])
    for since, found in ((updated, 1), (updated + timedelta(seconds=1), 0)):
        header = {"If-Modified-Since": since.isoformat()}
        assert len(xero.call("GET", "/Contacts", headers=header).json()["Contacts"]) == found
    late = updated.replace(microsecond=999_999).isoformat()
    answer = xero.call("GET", "/Contacts", headers={"If-Modified-Since": late})
    assert len(answer.json()["Contacts"]) == 1


def test_an_unreadable_time_is_refused(xero: Xero) -> None:
    """xero.md 3, If-Modified-Since: the twin must parse what the client sends."""
    header = {"If-Modified-Since": "yesterday"}
    assert xero.call("GET", "/Contacts", headers=header).status_code == 400


def test_lists_are_ordered_as_asked(xero: Xero) -> None:
    """xero.md 3, order: ContactID, UpdatedDateUTC, Name."""
    for name in ("b", "A", "C"):
        xero.created(Name=name)
        xero.control("POST", "clock", {"advance_s": 1})
    assert names(xero.listed(order="Name")) == ["A", "b", "C"]
    assert names(xero.listed(order="Name DESC", page=1)) == ["C", "b", "A"]
    assert names(xero.listed(order="UpdatedDateUTC ASC", page=1)) == ["b", "A", "C"]
    ids = [one["ContactID"] for one in xero.listed(order="ContactID", page=1)]
    assert ids == sorted(ids)


@pytest.mark.parametrize("position", ["ContactID", "UpdatedDateUTC", "Name"])
def test_the_order_of_a_list_without_order_is_a_switch(running_xero: Xero, position: str) -> None:
    """xero.md 3: the order of a list without `order` is not stated."""
    xero = running_xero.fresh(contacts_default_order=position)
    fill(xero, 20)
    listed = xero.listed(page=1)
    assert listed == xero.listed(page=1, order=position)


def test_paths_match_without_regard_to_case(xero: Xero) -> None:
    """xero.md 7, Twin must-haves: case-insensitive paths."""
    made = xero.created(Name="A")
    assert xero.call("GET", f"/contacts/{made['ContactID']}").status_code == 200
    assert xero.call("GET", "/ORGANISATION").status_code == 200


def test_json_only_when_it_is_asked_for(xero: Xero) -> None:
    """xero.md 3: JSON only with Accept: application/json, the default is XML.

    The twin has no XML: it refuses loudly where Xero would answer something else than JSON.
    """
    for accept in ("*/*", "application/xml"):
        answer = xero.call("GET", "/Contacts", headers={"Accept": accept})
        assert (answer.status_code, "XML" in answer.text) == (406, True)


def test_answers_are_packed_when_the_client_takes_gzip(xero: Xero) -> None:
    """xero.md 2, Design consequence: egress is metered; gzip decodes transparently."""
    fill(xero, 20)
    packed = xero.call("GET", "/Contacts", headers={"Accept-Encoding": "gzip"})
    plain = xero.call("GET", "/Contacts", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json()["Contacts"] == plain.json()["Contacts"]


def test_dump_shows_everything_in_order_of_creation(xero: Xero) -> None:
    """contract.md 2, dump: public field names, archived ones with their state."""
    ids = [xero.created(Name=name)["ContactID"] for name in "BAC"]
    xero.updated(ContactID=ids[1], ContactStatus="ARCHIVED")
    answer = xero.control("GET", "dump/contact?limit=2")
    assert names(answer["rows"]) == ["B", "A"]
    rest = xero.control("GET", f"dump/contact?limit=2&after={answer['next']}")
    assert (names(rest["rows"]), rest["next"]) == (["C"], None)
    assert answer["rows"][1]["ContactStatus"] == "ARCHIVED"
