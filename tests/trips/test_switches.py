"""One two-way story under every position of every switch: nothing unverified may matter."""

from __future__ import annotations

from contextlib import suppress

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.errors import RetryableError
from tests.trips.switched import NAMED, POSITIONS, listed, other_positions
from tests.trips.world import Row, World, remarks

pytestmark = pytest.mark.trip

OTHERS = [
    pytest.param(name, position, id=f"{name}={position or 'empty'}")
    for name, position in other_positions()
]


def test_no_switch_is_forgotten(world: World) -> None:
    served = {
        name: (default, *positions)
        for control in (world.dynamics, world.xero)
        for name, default, positions in listed(control)
    }

    assert served == POSITIONS
    assert [name for name in NAMED if len(set(POSITIONS.get(name, ()))) < 2] == []
    assert sorted({str(case.values[0]) for case in OTHERS}) == sorted(POSITIONS)


@pytest.mark.parametrize(("name", "position"), OTHERS)
def test_r22_r26_the_same_two_way_story_ends_the_same_in_every_position(
    world: World, name: str, position: str
) -> None:
    world.flip(name, position)
    if name == "metadata_lag_s":
        world.environment.bare()
        with world.hurried(40), world.connector():
            pass  # new columns show late, and are waited for
    with world.connector() as connector:
        story = Story(world, connector)
        story.meet()
        story.edit_both_ways()
        story.lose_an_answer()
        story.end_and_return()
        mark = world.mark()
        connector.sync()

    assert world.written(mark) == []
    assert story.names_refused == 2
    assert in_xero(world) == EXPECTED_IN_XERO
    assert in_dynamics(world) == EXPECTED_IN_DYNAMICS
    kept = "keeps" if "Otto Only" in world.persons("Lonely") else "clears"
    assert kept == (position if name == "empty_persons_list" else "clears")


class Story:
    """What people do on both sides, and the syncs in between."""

    def __init__(self, world: World, connector: Connector) -> None:
        self.world = world
        self.connector = connector
        self.names_refused = 0
        self.ids: dict[str, str] = {}

    def meet(self) -> None:
        """Create, match by number, and refuse names that are taken."""
        world = self.world
        self.theirs = world.xero_contact(Name="Bon app", AccountNumber="BONAP")
        self.stranger = world.xero_contact(Name="Survivor")
        world.xero_contact(Name="Taken")
        self.add("Bon app", accountnumber="BONAP", telephone1="1")
        alfreds = self.add("Alfreds", telephone1="1", emailaddress1="a@x.example")
        self.maria = world.contact(alfreds, "Maria", "Anders", emailaddress1="maria@x.example")
        hans = world.contact(alfreds, "Hans", "Berg")
        world.bind("accounts", alfreds, "primarycontactid", f"/contacts({hans})")
        self.otto = world.contact(self.add("Lonely"), "Otto", "Only")
        self.add("Leaves")
        self.add("Bad mail", emailaddress1="a..b@x.example")
        self.add("Merges", telephone1="1")
        first = self.connector.sync()
        self.taken = self.add("TAKEN")
        self.twin = self.add("ALFREDS")
        self.names_refused = len(self.connector.sync().failed) - len(first.failed)

    def edit_both_ways(self) -> None:
        """Edit other fields, and other people, of the same companies on both sides."""
        world, ids = self.world, self.ids
        world.edit("accounts", ids["Alfreds"], telephone1="2")
        world.contact(ids["Alfreds"], "Nina", "New")
        contact = world.in_xero("Alfreds")
        people = contact["ContactPersons"]
        assert isinstance(people, list)
        people[0]["EmailAddress"] = "maria@new.example"
        fax = {"PhoneType": "FAX", "PhoneNumber": "9"}
        world.edit_xero(str(contact["ContactID"]), ContactPersons=people, Phones=[fax])
        world.edit_xero(self.theirs, Name="Bon appétit")
        world.edit("contacts", self.otto, statecode=1, statuscode=2)
        world.edit("accounts", ids["Bad mail"], emailaddress1="a.b@x.example")
        world.edit("accounts", ids["Leaves"], statecode=1, statuscode=2)
        world.edit("accounts", self.taken, name="Free")
        world.edit("accounts", self.twin, name="Alfreds Nord")
        assert remarks(self.connector.sync()) == {}

    def lose_an_answer(self) -> None:
        """Create and update under a refusal and a lost answer, and with an expired feed."""
        world = self.world
        self.add("Late")
        world.edit("accounts", self.ids["Bon app"], telephone1="3")
        self.strike("429_concurrent", ("POST", "PUT"))
        self.strike("drop_answer", ("POST", "PUT"))
        expired = {"kind": "expire_delta", "probability": 1.0, "times": 1}
        world.dynamics.post("faults", {"seed": 1, "rules": [expired]})
        assert remarks(self.connector.sync()) == {}

    def end_and_return(self) -> None:
        """Merge in Xero, and activate what was archived."""
        world, ids = self.world, self.ids
        loser = world.in_dynamics("account", ids["Merges"])["xero_id"]
        world.merge_in_xero(str(loser), self.stranger)
        world.edit("accounts", ids["Merges"], telephone1="4")
        world.edit("accounts", ids["Leaves"], statecode=0, statuscode=1)
        told = remarks(self.connector.sync())
        assert set(told) <= {ids["Leaves"]}
        if told:  # Xero did not let it be restored by its API
            contact = world.in_dynamics("account", ids["Leaves"])["xero_id"]
            world.restore_in_xero(str(contact))
        assert remarks(self.connector.sync()) == {}

    def add(self, name: str, **columns: object) -> str:
        """Create an account and remember it by name."""
        self.ids[name] = self.world.account(name, **columns)
        return self.ids[name]

    def strike(self, kind: str, methods: tuple[str, ...]) -> None:
        """Look once while Xero answers each kind of write with a fault; then time passes."""
        rules = [
            {"kind": kind, "probability": 1.0, "times": 1, "method": method, "path": "/Contacts"}
            for method in methods
        ]
        self.world.dynamics.post("clock", {"advance_s": 10})
        self.world.xero.post("faults", {"seed": 1, "rules": rules})
        with suppress(RetryableError):  # a look leaves it to the worker to try again
            self.connector.look("main")
        self.world.reset_faults()
        self.world.dynamics.post("clock", {"advance_s": 400})


EXPECTED_IN_XERO = [
    ("Alfreds", "ACTIVE", "2", "9", ["Maria Anders maria@new.example", "Nina New"]),
    ("Alfreds Nord", "ACTIVE", "", "", []),
    ("Bad mail", "ACTIVE", "", "", []),
    ("Bon appétit", "ACTIVE", "3", "", []),
    ("Free", "ACTIVE", "", "", []),
    ("Late", "ACTIVE", "", "", []),
    ("Leaves", "ACTIVE", "", "", []),
    ("Merges", "ARCHIVED", "1", "", []),
    ("Survivor", "ACTIVE", "4", "", []),
    ("Taken", "ACTIVE", "", "", []),
]
EXPECTED_IN_DYNAMICS = [
    ("Alfreds", "2", "9", "Alfreds"),
    ("Alfreds Nord", None, None, "Alfreds Nord"),
    ("Bad mail", None, None, "Bad mail"),
    ("Bon appétit", "3", None, "Bon appétit"),
    ("Free", None, None, "Free"),
    ("Late", None, None, "Late"),
    ("Leaves", None, None, "Leaves"),
    ("Lonely", None, None, "Lonely"),
    ("Merges", "4", None, "Survivor"),
]


def in_xero(world: World) -> list[tuple[str, object, str, str, list[str]]]:
    """Return what Xero shows, but for the company whose last person leaves."""
    rows = [row for row in world.all_in_xero() if row["Name"] != "Lonely"]
    return sorted(
        (
            str(row["Name"]),
            row["ContactStatus"],
            phone(row, "DEFAULT"),
            phone(row, "FAX"),
            people_of(row),
        )
        for row in rows
    )


def in_dynamics(world: World) -> list[tuple[object, ...]]:
    """Return what Dynamics shows, each with the name of its contact."""
    names = {row["ContactID"]: row["Name"] for row in world.all_in_xero()}
    rows = world.dynamics.rows("account")
    shown = [(row["name"], row["telephone1"], row["fax"], names[row["xero_id"]]) for row in rows]
    return sorted(shown, key=lambda row: str(row[0]))


def phone(contact: Row, kind: str) -> str:
    """Return a contact's number of one kind, "" for none."""
    rows = contact["Phones"]
    assert isinstance(rows, list)
    return next((row.get("PhoneNumber", "") for row in rows if row["PhoneType"] == kind), "")


def people_of(contact: Row) -> list[str]:
    """Return a contact's people with their e-mails."""
    rows = contact.get("ContactPersons", [])
    assert isinstance(rows, list)
    kept = ("FirstName", "LastName", "EmailAddress")
    return [" ".join(row[name] for name in kept if row.get(name)) for row in rows]


def test_the_kind_of_window_is_a_switch_and_a_setting_of_the_quota(world: World) -> None:
    world.xero.post("switches", {"window": "rolling"})
    by_switch = world.xero.get("quota")
    world.xero.post("quota", {"window": "fixed"})

    listed = world.xero.get("switches")

    assert isinstance(by_switch, dict)
    assert by_switch["window"] == "rolling"
    assert isinstance(listed, list)
    assert [one["position"] for one in listed if one["name"] == "window"] == ["fixed"]
