"""The official client, unmodified, reads and writes contacts of the twin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from xero_python.accounting import (  # the package publishes no types
    Address,
    Contact,
    ContactPerson,
    Contacts,
    Phone,
)
from xero_python.exceptions import (
    AccountingBadRequestException,
    HTTPStatusException,
    NotFoundException,
    RateLimitException,
)

from tests.contract.xero_official import SCOPES, Sdk, desk_of
from tests.contract.xero_server import ZERO, Xero

pytestmark = pytest.mark.judge


@pytest.fixture
def sdk(xero: Xero) -> Iterator[Sdk]:
    """Return the official client, signed in."""
    sdk = Sdk(desk_of(xero))
    yield sdk
    sdk.client.rest_client.pool_manager.clear()


def test_it_creates_updates_and_archives(sdk: Sdk) -> None:
    """xero.md 7, Twin must-haves; noise in bodies (trap 11) is passed over."""
    person = ContactPerson(
        first_name="Bo", last_name="Ek", email_address="bo@ek.se", include_in_emails=True
    )
    (made,) = sdk.create(
        Contact(
            name="Åkesson & Co",
            contact_number="n-1",
            first_name="Ann",
            email_address="a@ek.se",
            contact_persons=[person],
            addresses=[Address(address_type="POBOX", city="Malmö", country="Sweden")],
            phones=[Phone(phone_type="DEFAULT", phone_number="123", phone_country_code="46")],
        )
    )
    assert made.contact_persons == [person]
    assert {one.city for one in made.addresses} == {"", "Malmö"}
    assert made.updated_date_utc.tzinfo is not None
    (changed,) = sdk.update(Contact(contact_id=made.contact_id, account_number="A-7"))
    assert (changed.name, changed.account_number) == ("Åkesson & Co", "A-7")
    body = Contacts(contacts=[Contact(name="Renamed")])
    sdk.accounting.update_contact(sdk.tenant, made.contact_id, contacts=body)
    read = sdk.accounting.get_contact(sdk.tenant, made.contact_id).contacts[0]
    assert (read.name, read.contact_persons) == ("Renamed", [person])
    number = sdk.accounting.get_contact_by_contact_number(sdk.tenant, "n-1").contacts[0]
    assert number.contact_id == made.contact_id
    (gone,) = sdk.update(Contact(contact_id=made.contact_id, contact_status="ARCHIVED"))
    assert gone.contact_status == "ARCHIVED"
    assert sdk.names() == []


def test_it_pages_and_filters(sdk: Sdk) -> None:
    """xero.md 3: paging, where, order, searchTerm, IDs, includeArchived=True."""
    made = sdk.create(*[Contact(name=f"C{number}") for number in range(5)])
    answer = sdk.accounting.get_contacts(sdk.tenant, page=2, page_size=2, order="Name ASC")
    assert [contact.name for contact in answer.contacts] == ["C2", "C3"]
    assert (answer.pagination.item_count, answer.pagination.page_count) == (5, 3)
    assert sdk.names(where='Name=="C3" OR Name.EndsWith("4")', order="Name") == ["C3", "C4"]
    assert sdk.names(search_term="c1") == ["C1"]
    assert sorted(sdk.names(i_ds=[made[0].contact_id, made[4].contact_id])) == ["C0", "C4"]
    sdk.update(Contact(contact_id=made[0].contact_id, contact_status="ARCHIVED"))
    assert len(sdk.names(summary_only=True)) == 4
    assert len(sdk.names(include_archived=True)) == 5


def test_it_reads_what_was_modified(sdk: Sdk, xero: Xero) -> None:
    """xero.md 3, If-Modified-Since: isoformat verbatim, naive and aware."""
    sdk.create(Contact(name="Old"))
    xero.control("POST", "clock", {"advance_s": 100})
    since = xero.endpoint.clock.now() - timedelta(seconds=50)
    sdk.create(Contact(name="New"))
    assert sdk.names(if_modified_since=since) == ["New"]
    assert sdk.names(if_modified_since=since.replace(tzinfo=None)) == ["New"]
    assert len(sdk.names(if_modified_since=datetime(2020, 1, 1, tzinfo=UTC))) == 2


def test_it_gets_a_summarised_error(sdk: Sdk) -> None:
    """xero.md 7, trap 5: 400 = AccountingBadRequestException; 4: default is summarised."""
    with pytest.raises(AccountingBadRequestException) as caught:
        sdk.create(Contact(name="A"), Contact(name="B", email_address="x"))
    assert caught.value.reason == "Email address must be valid."
    assert caught.value.error_data["Elements"][0]["Name"] == "B"
    assert sdk.names() == []


def test_it_gets_errors_per_element(sdk: Sdk) -> None:
    """xero.md 4, summarizeErrors=false; the client sends False (trap 12)."""
    good, bad = sdk.create(
        Contact(name="A"), Contact(name="B", email_address="x"), summarize_errors=False
    )
    assert (good.status_attribute_string, good.has_validation_errors) == ("OK", False)
    assert (bad.status_attribute_string, bad.contact_id) == ("ERROR", ZERO)
    assert bad.validation_errors[0].message == "Email address must be valid."
    assert sdk.names() == ["A"]


def test_it_sends_idempotency_keys(sdk: Sdk) -> None:
    """xero.md 4, Idempotency-Key."""
    first = sdk.create(Contact(name="A"), idempotency_key="k")
    assert sdk.create(Contact(name="A"), idempotency_key="k") == first


def test_it_sees_what_is_missing_forbidden_and_limited(sdk: Sdk, xero: Xero) -> None:
    """xero.md 7, trap 5: NotFoundException, HTTPStatusException, RateLimitException."""
    with pytest.raises(NotFoundException):
        sdk.accounting.get_contact(sdk.tenant, ZERO)
    with pytest.raises(HTTPStatusException) as forbidden:
        sdk.accounting.get_contacts(ZERO)
    assert forbidden.value.status == 403
    xero.control("POST", "faults", {"seed": 1, "rules": [{"kind": "429_day", "times": 1}]})
    with pytest.raises(RateLimitException) as limited:
        sdk.accounting.get_contacts(sdk.tenant)
    assert limited.value.rate_limit == "day"
    assert int(limited.value.headers["Retry-After"]) > 0


def test_it_reads_the_organisation_and_the_connections(sdk: Sdk) -> None:
    """xero.md 1 and 5: /Connections with a capital C, Organisation with its closed sets."""
    organisation = sdk.accounting.get_organisations(sdk.tenant).organisations[0]
    assert organisation.organisation_id == sdk.tenant
    assert organisation.base_currency.value == "USD"
    (connection,) = sdk.identity.get_connections()
    assert connection.tenant_id == sdk.tenant
    assert connection.created_date_utc.tzinfo is not None


def test_it_refreshes_and_revokes(sdk: Sdk, xero: Xero) -> None:
    """xero.md 1: rotation by TokenApi, scope as a list, revocation expects 200."""
    token = sdk.tokens.refresh_token(xero.consent(), SCOPES)
    # As a list: joined per character otherwise (trap 13).
    sdk.token = {**token, "scope": str(token["scope"]).split()}
    assert sdk.names() == []
    credentials = sdk.tokens.get_client_credentials_token(app_store_billing=False)
    assert credentials["token_type"] == "Bearer"
    assert sdk.tokens.revoke_token(token["refresh_token"]) == 200
    # The client leaves this answer unread, and with it the connection open.
    sdk.client.last_response.read()
    with pytest.raises(HTTPStatusException):
        sdk.names()
