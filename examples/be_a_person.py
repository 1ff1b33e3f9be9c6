"""Be a person in the sandbox: look at an account on both sides, change it, add a contact to it.

    python examples/be_a_person.py SETTINGS show ACCOUNT
    python examples/be_a_person.py SETTINGS edit ACCOUNT COLUMN=VALUE ...
    python examples/be_a_person.py SETTINGS add-contact ACCOUNT FIRSTNAME LASTNAME

It speaks to the twins' public APIs with a person's token, as a browser would, not to the connector.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

DETAILS = ("name", "telephone1", "emailaddress1", "xero_status", "xero_remark")
LABEL = "OData.Community.Display.V1.FormattedValue"


@dataclass(frozen=True)
class Person:
    """Ada, who works in both systems."""

    dynamics: dict[str, str]
    xero: dict[str, str]

    def show(self, name: str) -> None:
        """Print the account as Dynamics has it, and its contact as Xero has it."""
        account = self._account(name)
        for column in DETAILS:
            print(f"{column}: {account.get(f'{column}@{LABEL}', account[column])}")
        if account["xero_id"]:
            contact = self._in_xero(f"Contacts/{account['xero_id']}")["Contacts"][0]
            people = [f"{p['FirstName']} {p['LastName']}" for p in contact["ContactPersons"]]
            phones = {p["PhoneType"]: p["PhoneNumber"] for p in contact["Phones"]}
            print(f"in Xero: {contact['Name']}, {phones['DEFAULT']}, {contact['EmailAddress']}")
            print(f"people in Xero: {', '.join(people)}")

    def edit(self, name: str, *changes: str) -> None:
        """Change columns of the account; an empty value empties the column."""
        values = {column: value or None for column, _, value in (c.partition("=") for c in changes)}
        path = f"accounts({self._account(name)['accountid']})"
        self._in_dynamics("PATCH", path, values, {"If-Match": "*"})

    def add_contact(self, name: str, first_name: str, last_name: str) -> None:
        """Add a contact to the account."""
        account = f"/accounts({self._account(name)['accountid']})"
        parent = {"parentcustomerid_account@odata.bind": account}
        row = {"firstname": first_name, "lastname": last_name, **parent}
        self._in_dynamics("POST", "contacts", row)

    def _account(self, name: str) -> dict[str, Any]:
        quoted = name.replace("'", "''")
        headers = {"Prefer": f'odata.include-annotations="{LABEL}"'}
        found = self._in_dynamics("GET", f"accounts?$filter=name eq '{quoted}'", None, headers)
        rows: list[dict[str, Any]] = found["value"]
        if not rows:
            sys.exit(f"No account is called {name}.")
        return rows[0]

    def _in_dynamics(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        url = f"{self.dynamics['url']}/api/data/v9.2/{path}"
        return _called(self.dynamics, method, url, body, headers or {})

    def _in_xero(self, path: str) -> dict[str, Any]:
        headers = {"xero-tenant-id": self.xero["tenant_id"], "Accept": "application/json"}
        return _called(self.xero, "GET", f"{self.xero['api_url']}/{path}", None, headers)


def _called(
    side: dict[str, str], method: str, url: str, body: object, headers: dict[str, str]
) -> dict[str, Any]:
    root = side.get("url") or side["identity_url"]
    with requests.Session() as session:
        session.trust_env = False  # the twins are on this machine, whatever proxy is set
        session.verify = side["ca_file"]
        people = session.get(f"{root}/_sandbox/people", timeout=60).json()
        token = next(person["token"] for person in people if person["name"] == "ada")
        signed = {"Authorization": f"Bearer {token}", **headers}
        answer = session.request(method, url, json=body, headers=signed, timeout=60)
    if not answer.ok:
        sys.exit(f"{answer.status_code}: {answer.text}")
    return dict(answer.json()) if answer.content else {}


def main(settings_file: str, verb: str, account: str, *more: str) -> None:
    """Do one thing as Ada."""
    sides = tomllib.loads(Path(settings_file).read_text("utf-8"))["connections"]["main"]
    ada = Person(sides["dynamics"], sides["xero"])
    verbs: dict[str, Callable[..., None]] = {
        "show": ada.show,
        "edit": ada.edit,
        "add-contact": ada.add_contact,
    }
    verbs[verb](account, *more)


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[2] not in ("show", "edit", "add-contact"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
