"""The stories that are told once to their end, and then again with a death at every edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.simulation.calling import Told
from tests.simulation.ground import Ground


@dataclass
class People:
    """Ada, editing on both sides through the public APIs."""

    ground: Ground

    def here(self, method: str, path: str, body: object = None) -> dict[str, str]:
        """Edit in Dynamics."""
        headers = {
            "Authorization": f"Bearer {self.ground.tokens['dynamics']}",
            "Prefer": "return=representation",
        }
        if method == "PATCH":
            headers["If-Match"] = "*"
        url = f"{self.ground.serving.dynamics_api_url}/{path}"
        return _done(self.ground.people.call(method, url, body, headers))

    def there(self, method: str, body: object) -> dict[str, str]:
        """Edit a contact in Xero."""
        headers = {
            "Authorization": f"Bearer {self.ground.tokens['xero']}",
            "xero-tenant-id": self.ground.serving.organisations[0].tenant_id,
            "Accept": "application/json",
        }
        url = f"{self.ground.serving.xero_api_url}/Contacts"
        return _done(self.ground.people.call(method, url, {"Contacts": [body]}, headers))

    def account(self, name: str, **columns: object) -> str:
        """Make an account; returns its id."""
        return self.here("POST", "accounts", {"name": name, **columns})["accountid"]

    def contact(self, account_id: str, first: str, last: str) -> str:
        """Make a contact of an account; returns its id."""
        parent = {"parentcustomerid_account@odata.bind": f"/accounts({account_id})"}
        row = {"firstname": first, "lastname": last, **parent}
        return self.here("POST", "contacts", row)["contactid"]

    def contact_id_in_xero(self, name: str) -> str:
        """Return the Xero id of the contact of that name."""
        rows = self.ground.xero.rows("contact")
        return next(str(row["ContactID"]) for row in rows if row["Name"] == name)


def _done(answer: Told) -> dict[str, str]:
    assert answer.ok, answer.text
    found: dict[str, str] = answer.json()
    return found


@dataclass(frozen=True)
class Story:
    """What was in step before, and what people did then."""

    before: Callable[[People], None]
    edits: Callable[[People], None]


def _nothing(_people: People) -> None:
    return


def _a_company(people: People) -> None:
    first = people.account("Alfreds", telephone1="030-1", address1_city="Berlin")
    people.account("Berglunds")
    people.contact(first, "Maria", "Anders")
    people.contact(first, "Ana", "Trujillo")


def _id_of(people: People, table: str, column: str, value: str) -> str:
    rows = people.ground.dynamics.rows(table)
    return next(str(row[f"{table}id"]) for row in rows if row[column] == value)


def _update(people: People) -> None:
    account = _id_of(people, "account", "name", "Alfreds")
    people.here("PATCH", f"accounts({account})", {"name": "Alfreds GmbH", "telephone1": "040-2"})


def _archive(people: People) -> None:
    account = _id_of(people, "account", "name", "Alfreds")
    people.here("PATCH", f"accounts({account})", {"statecode": 1, "statuscode": 2})


def _person_change(people: People) -> None:
    maria = _id_of(people, "contact", "lastname", "Anders")
    ana = _id_of(people, "contact", "lastname", "Trujillo")
    other = _id_of(people, "account", "name", "Berglunds")
    people.here("PATCH", f"contacts({maria})", {"lastname": "Schmidt"})
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({other})"}
    people.here("PATCH", f"contacts({ana})", bind)
    people.contact(other, "Hans", "Moos")


def _write_back(people: People) -> None:
    account = _id_of(people, "account", "name", "Alfreds")
    people.here("PATCH", f"accounts({account})", {"emailaddress1": "no address"})
    other = _id_of(people, "account", "name", "Berglunds")
    people.here("PATCH", f"accounts({other})", {"xero_remark": "typed by somebody"})


def _into_dynamics(people: People) -> None:
    contact = people.contact_id_in_xero("Alfreds")
    phones = [{"PhoneType": "DEFAULT", "PhoneNumber": "050-3"}]
    rows = [
        {"FirstName": "Maria", "LastName": "Xero"},
        {"FirstName": "Ana", "LastName": "Trujillo"},
    ]
    people.there("POST", {"ContactID": contact, "Phones": phones, "ContactPersons": rows})


def _person_into_dynamics(people: People) -> None:
    contact = people.contact_id_in_xero("Alfreds")
    names = (("Maria", "Anders"), ("Ana", "Xero"))
    rows = [{"FirstName": first, "LastName": last} for first, last in names]
    people.there("POST", {"ContactID": contact, "ContactPersons": rows})


def _both_ways(people: People) -> None:
    account = _id_of(people, "account", "name", "Alfreds")
    people.here("PATCH", f"accounts({account})", {"address1_city": "Hamburg", "fax": "030-9"})
    contact = people.contact_id_in_xero("Alfreds")
    phones = [
        {"PhoneType": "DEFAULT", "PhoneNumber": "050-3"},
        {"PhoneType": "FAX", "PhoneNumber": "060-6"},
    ]
    people.there("POST", {"ContactID": contact, "Phones": phones, "TaxNumber": "T1"})


STORIES: Mapping[str, Story] = {
    "create": Story(_nothing, _a_company),
    "update": Story(_a_company, _update),
    "archive": Story(_a_company, _archive),
    "person change": Story(_a_company, _person_change),
    "write back": Story(_a_company, _write_back),
    "update in Dynamics": Story(_a_company, _into_dynamics),
    "person change in Dynamics": Story(_a_company, _person_into_dynamics),
    "both ways": Story(_a_company, _both_ways),
}
