"""Who may call the accounting API, and its limits."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
import requests

from tests.contract.xero_server import Xero, names

LEFT = ("X-DayLimit-Remaining", "X-MinLimit-Remaining", "X-AppMinLimit-Remaining")


def problem(answer: requests.Response, status: int, title: str) -> str:
    """Check the shape of an authorisation problem and return its detail."""
    body = answer.json()
    assert answer.status_code == status
    assert {key: body[key] for key in ("Type", "Title", "Status", "Extensions")} == {
        "Type": None,
        "Title": title,
        "Status": status,
        "Extensions": {},
    }
    assert str(UUID(body["Instance"])) == body["Instance"]
    return str(body["Detail"])


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer x.y.z", "Basic abc", "Bearer a.e30.b"])
def test_a_missing_or_garbled_token_is_unauthorized(xero: Xero, value: str) -> None:
    """xero.md 1, Auth errors: 401 AuthenticationUnsuccessful."""
    answer = xero.call("GET", "/Contacts", headers={"Authorization": value})
    assert problem(answer, 401, "Unauthorized") == "AuthenticationUnsuccessful"


def test_an_altered_token_is_unauthorized(xero: Xero) -> None:
    """xero.md 1, Auth errors: 401 AuthenticationUnsuccessful for a bad token."""
    head, middle, signature = xero.headers["Authorization"].split(".")
    changed = f"{head}.{middle}.{signature[:-4]}AAAA"
    answer = xero.call("GET", "/Contacts", headers={"Authorization": changed})
    assert problem(answer, 401, "Unauthorized") == "AuthenticationUnsuccessful"


def test_an_expired_token_says_when(xero: Xero) -> None:
    """xero.md 1, Auth errors: TokenExpired: token expired at MM/DD/YYYY HH:MM:SS."""
    xero.control("POST", "clock", {"advance_s": 1801})
    detail = problem(xero.call("GET", "/Contacts"), 401, "Unauthorized")
    assert re.fullmatch(r"TokenExpired: token expired at \d\d/\d\d/\d{4} \d\d:\d\d:\d\d", detail)


@pytest.mark.parametrize(
    ("scope", "reads", "writes", "organisation"),
    [
        ("accounting.contacts", 200, 200, 401),
        ("accounting.contacts.read", 200, 401, 401),
        ("accounting.settings.read", 401, 401, 200),
        ("accounting.invoices", 401, 401, 401),
    ],
)
def test_scopes_are_checked(
    xero: Xero, scope: str, reads: int, writes: int, organisation: int
) -> None:
    """xero.md 1, Auth errors: 401 AuthorizationUnsuccessful when the scope is lacking."""
    facts = xero.endpoint.facts
    token = xero.token(
        grant_type="client_credentials",
        client_id=facts["client_id"],
        client_secret=facts["client_secret"],
        scope=scope,
    ).json()["access_token"]
    xero.headers["Authorization"] = f"Bearer {token}"
    for answer, status in (
        (xero.call("GET", "/Contacts"), reads),
        (xero.put({"Name": "A"}), writes),
        (xero.call("GET", "/Organisation"), organisation),
    ):
        assert answer.status_code == status
        if status == 401:
            assert problem(answer, 401, "Unauthorized") == "AuthorizationUnsuccessful"


def test_a_foreign_tenant_is_forbidden(running_xero: Xero) -> None:
    """xero.md 1, Auth errors: 403, not a connected tenant."""
    xero = running_xero.fresh()
    other = running_xero.endpoints[1].facts["tenant_id"]
    for tenant in (other, "7d0cd0a5-8f0e-4c77-9bdc-40e6f1a4c111", "x"):
        answer = xero.call("GET", "/Contacts", headers={"xero-tenant-id": tenant})
        assert problem(answer, 403, "Forbidden") == "AuthenticationUnsuccessful"


def test_a_custom_connection_needs_no_tenant(xero: Xero) -> None:
    """xero.md 1, Custom connection: xero-tenant-id not needed; SDK callers pass ''."""
    xero.created(Name="A")
    assert names(xero.call("GET", "/Contacts", headers={"xero-tenant-id": ""}).json()["Contacts"])
    del xero.headers["xero-tenant-id"]
    assert names(xero.listed()) == ["A"]


def test_a_user_token_needs_a_tenant(xero: Xero) -> None:
    """xero.md 1, Auth errors: 403, tenant header missing."""
    facts = xero.endpoint.facts
    answer = xero.token(
        grant_type="refresh_token",
        refresh_token=xero.consent(),
        client_id=facts["client_id"],
        client_secret=facts["client_secret"],
    )
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert xero.call("GET", "/Contacts", headers=bearer).status_code == 200
    missing = xero.call("GET", "/Contacts", headers={**bearer, "xero-tenant-id": ""})
    assert problem(missing, 403, "Forbidden") == "AuthenticationUnsuccessful"


def test_organisations_are_apart(running_xero: Xero) -> None:
    """contract.md 2: organisations differ by xero-tenant-id."""
    xero = running_xero.fresh()
    xero.created(Name="A")
    second = running_xero.endpoints[1]
    ada = second.people.named("ada").token
    headers = {"Authorization": f"Bearer {ada}", "xero-tenant-id": second.facts["tenant_id"]}
    assert xero.call("GET", "/Contacts", headers=headers).json()["Contacts"] == []
    organisation = xero.call("GET", "/Organisation", headers=headers).json()["Organisations"][0]
    assert organisation["OrganisationID"] == second.facts["tenant_id"]


def test_people_act_under_their_names(xero: Xero) -> None:
    """contract.md 2, people: edits by people go through the public API with their tokens."""
    ada = xero.endpoint.people.named("ada").token
    made = xero.created(Name="A")
    xero.headers["Authorization"] = f"Bearer {ada}"
    xero.updated(ContactID=made["ContactID"], Name="B")
    assert [entry["actor"] for entry in xero.ledger()] == ["connector", "ada"]


def test_the_organisation_is_told(xero: Xero) -> None:
    """xero.md 5, Settings, Organisation."""
    (one,) = xero.call("GET", "/Organisation").json()["Organisations"]
    assert one["OrganisationID"] == xero.endpoint.facts["tenant_id"]
    assert (one["BaseCurrency"], one["CountryCode"], one["Version"]) == ("USD", "US", "US")
    assert re.fullmatch(r"/Date\(\d+\)/", one["CreatedDateUTC"])
    assert xero.call("POST", "/Organisation", body={}).status_code == 405


@pytest.mark.parametrize("path", ["/Nothing", "/Contacts/a/b", "/Organisation/x", "/"])
def test_unknown_addresses_are_not_found(xero: Xero, path: str) -> None:
    """xero.md 3, By id: 404 is told in text."""
    answer = xero.call("GET", path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        404,
        "text/plain; charset=utf-8",
    )


def test_every_answer_tells_what_is_left_and_a_correlation_id(xero: Xero) -> None:
    """xero.md 2: rate headers on every response, errors included; 1: Xero-Correlation-Id."""
    nowhere = {"xero-tenant-id": ""}
    answers = (
        xero.call("GET", "/Contacts"),
        xero.put({}),
        xero.call("GET", "/Contacts/none"),
        xero.call("GET", "/Contacts", headers={"Authorization": "Bearer x"}),
        xero.call("GET", "/Contacts", headers={**nowhere, "Authorization": "Bearer x"}),
        xero.call("GET", "/Contacts", headers={"xero-tenant-id": str(UUID(int=1))}),
    )
    assert [answer.status_code for answer in answers] == [200, 400, 404, 401, 401, 403]
    for answer in answers:
        assert all(answer.headers[name].isdecimal() for name in LEFT)
        assert UUID(answer.headers["Xero-Correlation-Id"])


@pytest.mark.parametrize(
    ("setting", "problem_name"),
    [("minute", "minute"), ("day", "day"), ("app_minute", "appminute")],
)
def test_calls_over_a_limit_get_an_empty_429(xero: Xero, setting: str, problem_name: str) -> None:
    """xero.md 2: 429, empty body, X-Rate-Limit-Problem; Retry-After in whole seconds."""
    xero.control("POST", "quota", {"enabled": True, setting: 1})
    try:
        assert xero.call("GET", "/Contacts").status_code == 200
        answer = xero.call("GET", "/Contacts")
        assert (answer.status_code, answer.content) == (429, b"")
        assert answer.headers["X-Rate-Limit-Problem"] == problem_name
        # "docs promise it only for" the minute and the day.
        assert ("Retry-After" in answer.headers) is (setting != "app_minute")
        assert int(answer.headers.get("Retry-After", 1)) >= 1
        assert all(name in answer.headers for name in LEFT)
    finally:
        xero.control("POST", "quota", {"minute": 60, "day": 5000, "app_minute": 10_000})


@pytest.mark.parametrize("kind", ["concurrent", "app"])
@pytest.mark.parametrize("position", ["absent", "present"])
def test_whether_the_other_limits_say_when_are_switches(
    running_xero: Xero, kind: str, position: str
) -> None:
    """xero.md 2: Retry-After is promised only for minute and day."""
    switch = {"concurrent": "concurrent_retry_after", "app": "app_minute_retry_after"}[kind]
    xero = running_xero.fresh(**{switch: position})
    xero.control("POST", "faults", {"seed": 1, "rules": [{"kind": f"429_{kind}", "times": 1}]})
    answer = xero.call("GET", "/Contacts")
    assert (answer.status_code, answer.content) == (429, b"")
    assert answer.headers["X-Rate-Limit-Problem"] == {"app": "appminute"}.get(kind, kind)
    assert ("Retry-After" in answer.headers) is (position == "present")


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [("500", 500, "text/plain"), ("503", 503, "text/plain"), ("html", 503, "text/html")],
)
def test_outages_are_not_told_in_json(xero: Xero, kind: str, status: int, content: str) -> None:
    """xero.md 2: 503 = organisation offline or maintenance, HTML or plain text."""
    xero.control("POST", "faults", {"seed": 1, "rules": [{"kind": kind, "times": 1}]})
    answer = xero.put({"Name": "A"})
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, content)
    assert "Retry-After" not in answer.headers, "promised for the minute and the day alone"
    assert xero.listed() == []


def test_a_revoked_token_is_refused_from_then_on(xero: Xero) -> None:
    """contract.md 2, faults: revoke_token; xero.md 1: 401 AuthenticationUnsuccessful."""
    rules = [{"kind": "revoke_token", "path": "/Contacts", "times": 1}]
    xero.control("POST", "faults", {"seed": 1, "rules": rules})
    for _ in range(2):
        detail = problem(xero.call("GET", "/Contacts"), 401, "Unauthorized")
        assert detail == "AuthenticationUnsuccessful"
    connections = xero.session.get(f"{xero.url}/connections", headers=xero.headers, timeout=20)
    assert problem(connections, 401, "Unauthorized") == "AuthenticationUnsuccessful"
    xero.sign_in()
    assert xero.call("GET", "/Contacts").status_code == 200


def test_every_switch_has_a_name_positions_and_a_source(xero: Xero) -> None:
    """contract.md 2, switches: name, default, positions, source."""
    listing = xero.control("GET", "switches")
    assert len({switch["name"] for switch in listing}) == len(listing) >= 15
    for switch in listing:
        assert switch["default"] in switch["positions"]
        assert len(switch["positions"]) >= 2
        assert switch["source"].split()[0] in ("xero.md", "OAS")
