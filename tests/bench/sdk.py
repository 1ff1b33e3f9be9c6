"""xero-python as it comes, for comparison: its models, its encoder, its decoder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from xero_python.accounting import AccountingApi, Contact, ContactPerson, Contacts, Phone
from xero_python.accounting import models as accounting
from xero_python.accounting.models import Address
from xero_python.api_client import ApiClient, ModelFinder
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.api_client.serializer import serialize

from tests.bench.workbench import Twins

FINDER = ModelFinder(accounting)


@dataclass(frozen=True)
class Body:
    """An answer's body, in the shape the decoder takes it from."""

    data: bytes

    @property
    def text(self) -> str:
        """What the decoder reads."""
        return self.data.decode()


def client() -> ApiClient:
    """Return an API client that calls nobody."""
    return ApiClient(Configuration())


def decode(client: ApiClient, page: bytes) -> Any:
    """Return a page of contacts as the client's own models."""
    return client.deserialize(Body(page), "Contacts", FINDER)


def encode(contacts: Contacts) -> bytes:
    """Return models as they go over the wire."""
    return json.dumps(serialize(contacts)).encode()


def contact(shown: dict[str, Any]) -> Contact:
    """Build the model that a program fills in for a new contact."""
    persons = [
        ContactPerson(first_name=one.get("FirstName"), last_name=one.get("LastName"))
        for one in shown.get("ContactPersons", ())
    ]
    return Contact(
        name=shown["Name"],
        contact_number=shown.get("ContactNumber"),
        account_number=shown.get("AccountNumber"),
        email_address=shown.get("EmailAddress"),
        first_name=shown.get("FirstName"),
        last_name=shown.get("LastName"),
        contact_persons=persons,
        addresses=[
            Address(
                address_type=one.get("AddressType"),
                address_line1=one.get("AddressLine1"),
                city=one.get("City"),
                region=one.get("Region"),
                postal_code=one.get("PostalCode"),
                country=one.get("Country"),
            )
            for one in shown.get("Addresses", ())
        ],
        phones=[
            Phone(phone_type=one.get("PhoneType"), phone_number=one.get("PhoneNumber"))
            for one in shown.get("Phones", ())
        ],
    )


def batches(shown: Sequence[dict[str, Any]], size: int) -> list[Contacts]:
    """Build the models of calls of that many contacts."""
    return [
        Contacts(contacts=[contact(one) for one in shown[start : start + size]])
        for start in range(0, len(shown), size)
    ]


def api(twins: Twins) -> AccountingApi:
    """Return the client as its documentation has it, signed in at the twin."""
    token = _token(twins)
    configuration = Configuration()
    configuration.oauth2_token = OAuth2Token()
    configuration.ssl_ca_cert = twins.facts["ca_file"]
    client = ApiClient(configuration, oauth2_token_getter=lambda: token)
    return AccountingApi(client, base_url=twins.facts["xero_api_url"])


def _token(twins: Twins) -> dict[str, object]:
    organisation = twins.facts["organisations"][0]
    answer = requests.post(
        f"{twins.facts['xero_identity_url']}/connect/token",
        data={"grant_type": "client_credentials"},
        auth=(organisation["client_id"], organisation["client_secret"]),
        verify=twins.facts["ca_file"],
        timeout=30,
    )
    answer.raise_for_status()
    granted: dict[str, object] = answer.json()
    # Its end is left out, so that the client, which would renew it alone, does not.
    return {**granted, "scope": str(granted.get("scope", "")).split(), "expires_in": 0}
