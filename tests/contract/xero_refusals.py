"""Provoke every refusal of Xero's Contacts with calls that the specification allows.

Used by the contract tests and by the judge that stands between as a validating proxy: no call
here breaks the OpenAPI file, so each 400 is the twin's own and not the proxy's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

_UNKNOWN = "0a4c1f2e-6d0b-4a52-9a43-3f1c5a0e7b11"


def provoke_every_refusal(
    session: requests.Session, api_url: str, headers: Mapping[str, str]
) -> list[tuple[str, int]]:
    """Return (label, status) of each refused call; leaves a few contacts behind.

    `headers` must carry authorization, xero-tenant-id and Accept: application/json. Expects the
    twin's switches at their defaults; may be called again on the same twin.
    """
    calls = _Calls(session, api_url, headers)
    return [*_single_elements(calls), *_against_others(calls), *_whole_calls(calls)]


@dataclass(frozen=True)
class _Calls:
    session: requests.Session
    api_url: str
    headers: Mapping[str, str]

    def write(
        self, method: str, body: object, *, path: str = "", key: str | None = None
    ) -> requests.Response:
        extra = {} if key is None else {"Idempotency-Key": key}
        return self.session.request(
            method,
            f"{self.api_url}/Contacts{path}",
            json=body,
            headers={**self.headers, **extra},
            timeout=30,
        )

    def status(self, method: str, *contacts: Mapping[str, object]) -> int:
        return self.write(method, {"Contacts": contacts}).status_code

    def created(self, **contact: object) -> dict[str, Any]:
        answer = self.write("PUT", {"Contacts": [contact]})
        answer.raise_for_status()
        return dict(answer.json()["Contacts"][0])

    def read(self, **params: str) -> int:
        return self.session.get(
            f"{self.api_url}/Contacts", params=params, headers=dict(self.headers), timeout=30
        ).status_code


def _single_elements(calls: _Calls) -> Iterator[tuple[str, int]]:
    name = f"Refused {uuid4()}"
    street = {"AddressType": "STREET", "Country": "Land 51"}
    persons = [{"FirstName": f"P{number}", "LastName": "Q"} for number in range(6)]
    included = [{"FirstName": "P", "EmailAddress": "p@example.org", "IncludeInEmails": True}]
    elements: dict[str, dict[str, object]] = {
        "name missing": {"EmailAddress": "a@example.org"},
        "name blank": {"Name": "   "},
        "bad e-mail": {"Name": name, "EmailAddress": "nobody"},
        "umlaut in e-mail": {"Name": name, "EmailAddress": "jörg@example.org"},
        "bad e-mail of a person": {"Name": name, "ContactPersons": [{"EmailAddress": "nobody"}]},
        "six persons": {"Name": name, "ContactPersons": persons},
        "person in e-mails without a primary e-mail": {"Name": name, "ContactPersons": included},
        "country not of letters": {"Name": name, "Addresses": [street]},
        "payment day out of range": {
            "Name": name,
            "PaymentTerms": {"Sales": {"Day": 32, "Type": "OFCURRENTMONTH"}},
        },
        "currency not enabled": {"Name": name, "DefaultCurrency": "ZMW"},
        "address without type": {"Name": name, "Addresses": [{"City": "Oslo"}]},
        "phone without type": {"Name": name, "Phones": [{"PhoneNumber": "1"}]},
    }
    for label, element in elements.items():
        yield label, calls.status("PUT", element)


def _against_others(calls: _Calls) -> Iterator[tuple[str, int]]:
    mark = str(uuid4())
    taken = calls.created(Name=f"Taken {mark}", ContactNumber=f"t{mark}")
    other = calls.created(Name=f"Other {mark}")["ContactID"]
    yield "name taken on PUT", calls.status("PUT", {"Name": taken["Name"].upper()})
    yield "name taken on rename", calls.status("POST", {"ContactID": other, "Name": taken["Name"]})
    yield "number taken on PUT", calls.status("PUT", {"Name": mark, "ContactNumber": f"t{mark}"})
    yield (
        "number taken on POST",
        calls.status("POST", {"ContactID": other, "ContactNumber": f"t{mark}"}),
    )
    yield "unknown ContactID", calls.status("POST", {"ContactID": _UNKNOWN, "Name": mark})
    yield (
        "twice in one call",
        calls.status("PUT", {"Name": f"Twin {mark}"}, {"Name": f"Twin {mark}"}),
    )
    calls.status("POST", {"ContactID": taken["ContactID"], "ContactStatus": "ARCHIVED"})
    gone = {"ContactID": taken["ContactID"]}
    yield "archived edited", calls.status("POST", {**gone, "AccountNumber": "1"})
    yield "archived restored", calls.status("POST", {**gone, "ContactStatus": "ACTIVE"})
    yield (
        "archived matched by number",
        calls.status("POST", {"Name": mark, "ContactNumber": f"t{mark}"}),
    )
    yield "archived matched by name", calls.status("POST", {"Name": taken["Name"]})
    yield (
        "archived edited by address",
        calls.write(
            "POST", {"Contacts": [{"AccountNumber": "1"}]}, path=f"/{taken['ContactID']}"
        ).status_code,
    )


def _whole_calls(calls: _Calls) -> Iterator[tuple[str, int]]:
    yield "no contacts in the body", calls.write("PUT", {}).status_code
    yield "empty list of contacts", calls.write("POST", {"Contacts": []}).status_code
    key = str(uuid4())
    calls.write("PUT", {"Contacts": [{"Name": f"Key {key}"}]}, key=key)
    other = {"Contacts": [{"Name": f"Other key {key}"}]}
    yield "key used with another body", calls.write("PUT", other, key=key).status_code
    long = {"Contacts": [{"Name": f"Long key {key}"}]}
    yield "key too long", calls.write("PUT", long, key="k" * 129).status_code
    yield "where of an unknown field", calls.read(where='hi=="A"')
    yield "where that cannot be read", calls.read(where='Name="A"')
    yield "where with another type", calls.read(where='ContactID=="A"')
    yield "order by an unknown field", calls.read(order="hi ASC")
    yield "page 0", calls.read(page="0")
