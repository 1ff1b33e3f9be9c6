"""Five hundred edits on each side cost what they need; touching everything costs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from dynamics_xero.connector import Connector
from tests.trips.switched import held
from tests.trips.world import Row, World

pytestmark = pytest.mark.trip

HALF = 250
"""Edits of one kind: as many accounts as people are edited on each side."""

EMAIL = "{}@company{}.example"


def test_r26_five_hundred_edits_a_side_cost_one_write_each_and_a_touch_of_all_costs_none(
    world: World, connector: Connector
) -> None:
    accounts, people = company(world, connector, count=2 * HALF)

    mark = world.mark()
    edit_in_dynamics(world, accounts[:HALF], people[HALF:])
    edit_in_xero(world, accounts[HALF:], accounts[:HALF])
    report = connector.sync()

    assert report.failed == []
    assert writes(world, mark) == {
        ("Contact", "update"): 2 * HALF,  # one element an edit in Dynamics
        ("account", "update", "fax,xero_lastsyncedon"): HALF,  # Xero Details ride along
        ("contact", "update", "emailaddress1,xero_lastsyncedon"): HALF,
        ("account", "update", "xero_lastsyncedon"): HALF,  # the answer to an edit in Dynamics
        ("contact", "update", "xero_lastsyncedon"): HALF,
    }
    assert_equal(world)

    mark = world.mark()
    touch_all(world)
    connector.sync()

    assert world.written(mark) == []


def test_r26_edits_of_pairs_apart_cost_what_they_need(world: World, connector: Connector) -> None:
    accounts, people = company(world, connector, count=60)
    world.dynamics.post("clock", {"advance_s": 5})  # Last Synced On shows whole seconds

    mark = world.mark()
    edit_in_dynamics(world, accounts[:15], people[15:30])
    edit_in_xero(world, accounts[30:45], accounts[45:])
    report = connector.sync()

    assert report.failed == []
    assert writes(world, mark) == {
        ("Contact", "update"): 30,
        ("account", "update", "fax,xero_lastsyncedon"): 15,
        ("contact", "update", "emailaddress1,xero_lastsyncedon"): 15,
        ("account", "update", "xero_lastsyncedon"): 15,
        ("contact", "update", "xero_lastsyncedon"): 15,
    }
    assert_equal(world)


def test_r26_equal_edits_on_both_sides_cost_no_write(world: World, connector: Connector) -> None:
    accounts, _people = company(world, connector, count=20)

    mark = world.mark()
    update(world, "account", [{"accountid": one, "fax": f"09-{one[:4]}"} for one in accounts])
    contacts = {one: contact_of(world, one) for one in accounts}
    post(
        world,
        [
            {"ContactID": contacts[one], "Phones": [number("FAX", f"09-{one[:4]}")]}
            for one in accounts
        ],
    )
    report = connector.sync()

    assert report.failed == []
    assert world.written(mark) == []


def company(world: World, connector: Connector, *, count: int) -> tuple[list[str], list[str]]:
    """Make accounts with a person each, and carry them; returns both sides' ids in order."""
    names = [f"Company {place:04}" for place in range(count)]
    rows: list[Row] = [{"name": name, "telephone1": "1"} for name in names]
    accounts = create(world, "account", rows)
    people: list[Row] = [
        {
            "firstname": f"First{place}",
            "lastname": "Last",
            "emailaddress1": EMAIL.format("old", place),
            "parentcustomerid_account@odata.bind": f"/accounts({account})",
        }
        for place, account in enumerate(accounts)
    ]
    ids = create(world, "contact", people)
    assert connector.sync().failed == []
    world.dynamics.post("clock", {"advance_s": 90})  # Last Synced On counts whole seconds
    return accounts, ids


def edit_in_dynamics(world: World, accounts: Sequence[str], people: Sequence[str]) -> None:
    """Change a phone of each account and the e-mail of each person."""
    update(world, "account", [{"accountid": one, "telephone1": "2"} for one in accounts])
    mails = [EMAIL.format("dynamics", one[:8]) for one in people]
    rows = zip(people, mails, strict=True)
    update(world, "contact", [{"contactid": one, "emailaddress1": mail} for one, mail in rows])


def edit_in_xero(world: World, own: Sequence[str], of_people: Sequence[str]) -> None:
    """Change a phone of some accounts' contacts, and a person's e-mail in others'."""
    contacts = {str(row["ContactID"]): row for row in world.all_in_xero()}
    ids = {str(row["accountid"]): str(row["xero_id"]) for row in world.dynamics.rows("account")}
    post(world, [{"ContactID": ids[one], "Phones": [number("FAX", "3")]} for one in own])
    lists: list[Row] = []
    for one in of_people:
        people = contacts[ids[one]]["ContactPersons"]
        assert isinstance(people, list)
        mail = EMAIL.format("xero", one[:8])
        edited = [{**person, "EmailAddress": mail} for person in people]
        lists.append({"ContactID": ids[one], "ContactPersons": edited})
    post(world, lists)


def touch_all(world: World) -> None:
    """Write every record on both sides as it already stands."""
    for table, column in (("account", "telephone1"), ("contact", "emailaddress1")):
        key = f"{table}id"
        rows = [{key: row[key], column: row[column]} for row in world.dynamics.rows(table)]
        update(world, table, rows)
    copied = ("ContactID", "Name", "Phones", "ContactPersons")
    post(world, [{name: row[name] for name in copied} for row in world.all_in_xero()])


def assert_equal(world: World) -> None:
    """Every account shows what its contact shows, and every person what the list shows."""
    people: dict[object, Row] = {
        row["_parentcustomerid_value"]: row for row in world.dynamics.rows("contact")
    }
    contacts = {row["ContactID"]: row for row in world.all_in_xero()}
    rows = world.dynamics.rows("account")
    assert len(rows) == len(people) == len(contacts)
    for row in rows:
        there, person = contacts[row["xero_id"]], people[row["accountid"]]
        assert phones(there) == {
            kind: row[column]
            for kind, column in (("DEFAULT", "telephone1"), ("FAX", "fax"))
            if row[column] is not None
        }
        (listed,) = listed_people(there)
        assert listed["EmailAddress"] == person["emailaddress1"]


def writes(world: World, mark: dict[str, int]) -> Counter[tuple[str, ...]]:
    """Count what the connector wrote after a mark; in Dynamics by the columns as well."""
    counted: Counter[tuple[str, ...]] = Counter()
    for row in world.written(mark):
        assert row["changed"], f"a write that changed nothing: {row}"
        kind = (str(row["resource"]), str(row["action"]))
        fields = row["fields"]
        assert isinstance(fields, list)
        columns = (",".join(sorted(fields)),) if row["resource"] != "Contact" else ()
        counted[(*kind, *columns)] += 1
    return counted


def create(world: World, table: str, rows: Sequence[Row]) -> list[str]:
    """Create rows by one bulk message; returns their ids in order."""
    found = bulk(world, table, "Create", rows)["Ids"]
    assert isinstance(found, list)
    return [str(one) for one in found]


def update(world: World, table: str, rows: Sequence[Row]) -> None:
    """Change rows by one bulk message."""
    bulk(world, table, "Update", rows)


def bulk(world: World, table: str, verb: str, rows: Sequence[Row]) -> Row:
    """Send one bulk message as a person."""
    kind = f"Microsoft.Dynamics.CRM.{table}"
    body = {"Targets": [{"@odata.type": kind, **row} for row in rows]}
    with held(world.dynamics, "bulk_messages", "on"):
        return world.person("POST", f"{table}s/Microsoft.Dynamics.CRM.{verb}Multiple", body)


def post(world: World, rows: Sequence[Row]) -> None:
    """Change contacts in Xero, fifty a call."""
    for start in range(0, len(rows), 50):
        world.xero_person("POST", "Contacts", {"Contacts": rows[start : start + 50]})


def contact_of(world: World, account: str) -> object:
    """Return the id of an account's contact."""
    return world.in_dynamics("account", account)["xero_id"]


def number(kind: str, text: str) -> Row:
    """Return a phone as Xero takes it."""
    return {"PhoneType": kind, "PhoneNumber": text}


def phones(contact: Row) -> dict[str, str]:
    """Return a contact's filled phones by kind."""
    rows = contact["Phones"]
    assert isinstance(rows, list)
    return {row["PhoneType"]: row["PhoneNumber"] for row in rows if row.get("PhoneNumber")}


def listed_people(contact: Row) -> list[Row]:
    """Return a contact's list of people."""
    rows = contact["ContactPersons"]
    assert isinstance(rows, list)
    return rows
