"""Refusals of contact writes: summarised, per element, and of whole bodies."""

from __future__ import annotations

import pytest

from tests.contract.xero_refusals import provoke_every_refusal
from tests.contract.xero_server import ZERO, Xero, messages, names

NO_DATA = (
    "No data has been processed for this endpoint. "
    "This endpoint is expecting Contact data to be specifed in the request body."
)
MIXED = ({"Name": "Good"}, {"Name": "Bad", "EmailAddress": "x"}, {"Name": "Fine"})


def test_errors_are_summarised_unless_told_otherwise(xero: Xero) -> None:
    """xero.md 4, summarizeErrors: the observed default is true; 400 body."""
    answer = xero.put(*MIXED)
    body = answer.json()
    assert (answer.status_code, body["ErrorNumber"], body["Type"], body["Message"]) == (
        400,
        10,
        "ValidationException",
        "A validation exception occurred",
    )
    (element,) = body["Elements"]
    assert element == {
        "Name": "Bad",
        "EmailAddress": "x",
        "ContactID": ZERO,
        "HasValidationErrors": True,
        "ValidationErrors": [{"Message": "Email address must be valid."}],
    }
    assert messages(xero.put(*MIXED, summarizeErrors="true")) == ["Email address must be valid."]


@pytest.mark.parametrize(("position", "saved"), [("no", []), ("yes", ["Fine", "Good"])])
def test_whether_siblings_of_a_summarised_400_are_saved_is_a_switch(
    running_xero: Xero, position: str, saved: list[str]
) -> None:
    """xero.md 4, summarizeErrors: whether valid siblings are saved is not verified."""
    xero = running_xero.fresh(summarised_400_keeps_siblings=position)
    assert xero.put(*MIXED).status_code == 400
    assert sorted(names(xero.listed())) == saved
    assert sorted(entry["after"]["Name"] for entry in xero.ledger()) == saved


@pytest.mark.parametrize("spelling", ["false", "False"])
def test_elements_carry_their_own_errors(xero: Xero, spelling: str) -> None:
    """xero.md 4: summarizeErrors=false -> 200, StatusAttributeString, zero GUID for failed ones."""
    answer = xero.put(*MIXED, summarizeErrors=spelling)
    good, bad, fine = answer.json()["Contacts"]
    assert answer.status_code == 200
    for contact in (good, fine):
        assert (contact["StatusAttributeString"], contact["HasValidationErrors"]) == ("OK", False)
        assert contact["ContactID"] != ZERO
    assert (bad["StatusAttributeString"], bad["HasValidationErrors"]) == ("ERROR", True)
    assert (bad["ContactID"], bad["Name"]) == (ZERO, "Bad")
    assert bad["ValidationErrors"] == [{"Message": "Email address must be valid."}]
    assert sorted(names(xero.listed())) == ["Fine", "Good"]
    assert [entry["after"]["Name"] for entry in xero.ledger()] == ["Good", "Fine"]


@pytest.mark.parametrize(
    ("position", "order"),
    [("request", ["Good", "Bad", "Fine"]), ("reversed", ["Fine", "Bad", "Good"])],
)
def test_the_order_of_results_is_a_switch(
    running_xero: Xero, position: str, order: list[str]
) -> None:
    """xero.md 4, summarizeErrors: result order not verified."""
    xero = running_xero.fresh(result_order=position)
    assert names(xero.put(*MIXED, summarizeErrors="false").json()["Contacts"]) == order


def test_nested_objects_of_an_echo_have_their_own_errors(xero: Xero) -> None:
    """xero.md 4, 400 body: nested objects carry ValidationErrors of their own."""
    xero.created(Name="Taken")
    sent = {
        "Name": "Taken",
        "Phones": [{"PhoneType": "FAX", "PhoneNumber": "1"}],
        "Addresses": [{"AddressType": "STREET", "City": "Oslo"}],
        "PaymentTerms": {"Sales": {"Day": 1, "Type": "OFCURRENTMONTH"}},
    }
    (element,) = xero.put(sent).json()["Elements"]
    for part in (*element["Phones"], *element["Addresses"], element["PaymentTerms"]["Sales"]):
        assert part["ValidationErrors"] == []


def test_a_failed_update_comes_back_without_its_id(xero: Xero) -> None:
    """xero.md 4, summarizeErrors: "Failed elements come back with ...ID all-zero GUID"."""
    made = xero.created(Name="Met", ContactNumber="m")
    for key in ({"ContactID": made["ContactID"]}, {"ContactNumber": "m"}, {"Name": "Met"}):
        element = {**key, "EmailAddress": "bad"}
        (refused,) = xero.post(element).json()["Elements"]
        (single,) = xero.post(element, summarizeErrors="false").json()["Contacts"]
        assert refused["ContactID"] == single["ContactID"] == ZERO


@pytest.mark.parametrize(
    "body",
    [
        b'{"Contacts":[{"Name":NaN}]}',
        b'{"Contacts":[{"Name":"A","PaymentTerms":{"Bills":{"Day":Infinity}}}]}',
        b'{"Contacts":[{"Name":"\\ud800"}]}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_json_is_refused(xero: Xero, body: bytes) -> None:
    """xero.md 4, 400 body: wrong body shape, in Xero's words and not as a defect."""
    url = f"{xero.api_url}/Contacts"
    headers = {**xero.headers, "Content-Type": "application/json"}
    answer = xero.session.put(url, data=body, headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["Message"]) == (400, NO_DATA)
    assert xero.listed() == []


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "application/jsonp"])
def test_a_body_that_does_not_say_it_is_json_is_no_data(xero: Xero, kind: str | None) -> None:
    """xero.md 3, By id: JSON where it is said, XML otherwise."""
    body, url = b'{"Contacts":[{"Name":"A"}]}', f"{xero.api_url}/Contacts"
    headers = {**xero.headers, **({"Content-Type": kind} if kind else {})}
    answer = xero.session.put(url, data=body, headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["Message"]) == (400, NO_DATA)
    fine = {**xero.headers, "Content-Type": "Application/JSON;charset=utf-8"}
    assert xero.session.put(url, data=body, headers=fine, timeout=20).status_code == 200


def test_every_objection_to_an_element_is_named(xero: Xero) -> None:
    """xero.md 4, 400 body: ValidationErrors is a list."""
    element = {"Name": "x" * 256, "EmailAddress": "x", "ContactStatus": "NO"}
    assert len(messages(xero.put(element))) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Contacts": []},
        {"Contacts": {"Name": "A"}},
        [{"Name": "A"}],
        {"Name": "A"},
        {"Contacts": ["A"]},
        {"Contacts": [{"Name": "A", "Addresses": {}}]},
        "A",
        None,
    ],
)
def test_a_body_of_the_wrong_shape_is_refused(xero: Xero, body: object) -> None:
    """xero.md 4, 400 body: wrong body shape, PostDataInvalidException, ErrorNumber 14."""
    answer = xero.call("PUT", "/Contacts", body=body)
    assert answer.status_code == 400
    assert answer.json() == {
        "ErrorNumber": 14,
        "Type": "PostDataInvalidException",
        "Message": NO_DATA,
    }


def test_post_by_id_updates_one(xero: Xero) -> None:
    """xero.md 4, Verbs: POST /{id} = update of one contact."""
    made = xero.created(Name="A")
    path = f"/Contacts/{made['ContactID'].upper()}"
    answer = xero.call("POST", path, body={"Contacts": [{"Name": "B"}]})
    assert answer.json()["Contacts"][0]["ContactID"] == made["ContactID"]
    assert xero.contact(made["ContactID"])["Name"] == "B"
    unknown = xero.call("POST", f"/Contacts/{ZERO}", body={"Contacts": [{"Name": "B"}]})
    assert unknown.status_code == 404


@pytest.mark.parametrize(("position", "status"), [("413", 413), ("500", 500), ("400", 400)])
def test_a_body_over_the_limit_is_refused(running_xero: Xero, position: str, status: int) -> None:
    """xero.md 2, Payload: single POST at most 3.5 MB; the answer's status is not verified."""
    xero = running_xero.fresh(oversize_status=position)
    big = {"Name": "A", "BankAccountDetails": "x" * 3_500_000}
    assert xero.put(big).status_code == status
    assert xero.listed() == []


def test_fifty_contacts_go_in_one_call(xero: Xero) -> None:
    """xero.md 2, Payload: no limit of elements, 50 recommended."""
    answer = xero.put(*[{"Name": f"C{number}"} for number in range(50)], summarizeErrors="false")
    assert names(answer.json()["Contacts"]) == [f"C{number}" for number in range(50)]
    stats = xero.control("GET", "stats")
    row = stats["by_endpoint"]["PUT /Contacts"]
    assert (stats["calls"], stats["writes"], row["calls"], row["rows"]) == (1, 1, 1, 50)


def test_every_documented_refusal_can_be_provoked(xero: Xero) -> None:
    """xero.md 4 and 5: each refusal of Contacts, as the judge provokes them."""
    outcomes = provoke_every_refusal(xero.session, xero.api_url, xero.headers)
    assert len({label for label, _ in outcomes}) >= 12
    assert {status for _, status in outcomes} == {400}
