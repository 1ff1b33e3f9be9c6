"""Two organisations on one environment: the home's columns, and rows for the other one (R34)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.mapping.columns.xero_details import LINK_TABLE, STATUS_OPTIONS
from dynamics_xero.model import Status
from tests.sandbox import Control, caller, start
from tests.trips.world import Row, World, remarks

GOOD = (STATUS_OPTIONS[Status.SYNCED], None)


class Branch(World):
    """The same environment with the second organisation."""

    @property
    def xero(self) -> Control:
        return Control(self.session, self.serving.xero_url, organisation="org2")


@dataclass
class Group:
    """One environment with two organisations, synced in this order."""

    home: World
    other: World

    def rows(self) -> dict[object, Row]:
        """Return the rows of the other organisation by the record they are about."""
        rows = self.home.dynamics.rows(LINK_TABLE)
        about = ("_xero_accountid_value", "_xero_contactid_value")
        found = {next(row[key] for key in about if row.get(key)): row for row in rows}
        assert len(found) == len(rows), "a record has two rows"
        return found

    def writes(self, sync: Callable[[], object]) -> list[Row]:
        """Return what the connector wrote anywhere meanwhile."""
        before, there = self.home.mark(), self.other.mark()
        sync()
        booked = self.other.xero.entries(actor="connector", after=there["xero"])
        return [*self.home.written(before), *booked]


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    with start(tmp_path, organisations=2) as serving, caller(serving) as session:
        turned = replace(serving, organisations=serving.organisations[::-1])
        home, other = World.on(serving, session, tmp_path), Branch.on(turned, session, tmp_path)
        yield Group(home, other)


def shown(row: Row) -> tuple[object, object]:
    return row.get("xero_status"), row.get("xero_remark")


def test_r34_columns_show_the_home_organisation_and_rows_the_other(group: Group) -> None:
    world = group.home
    home, other = (one.tenant_id for one in world.serving.organisations)
    theirs = group.other.xero_contact(Name="Bon app", EmailAddress="theirs@x.example")
    with world.connector() as connector:
        good, taken = world.account("Alfreds"), world.account("Bon app")
        person = world.contact(good, "Maria", "Anders")
        told = remarks(connector.sync())
        rows = group.rows()

        at_home = {
            row_id: world.in_dynamics(table, row_id)
            for table, row_id in (("account", good), ("account", taken), ("contact", person))
        }
        assert {row["xero_organisationid"] for row in at_home.values()} == {home}
        assert {shown(row) for row in at_home.values()} == {GOOD}
        assert rows.keys() == at_home.keys()
        assert {row["xero_organisationid"] for row in rows.values()} == {other}
        assert shown(rows[good]) == shown(rows[person]) == GOOD
        assert rows[good]["xero_id"] == group.other.in_xero("Alfreds")["ContactID"]
        assert shown(rows[taken]) == (STATUS_OPTIONS[Status.CONFLICT], told[taken])
        assert group.writes(connector.sync) == [], "a quiet cycle"

        group.other.edit_xero(theirs, Name="Another")
        world.edit("accounts", good, emailaddress1="a..b@x.example")
        told = remarks(connector.sync())
        rows = group.rows()
        assert rows.keys() == at_home.keys()
        assert shown(rows[taken]) == GOOD
        assert shown(rows[good]) == (STATUS_OPTIONS[Status.FAILED], told[good])
        assert shown(world.in_dynamics("account", good)) == shown(rows[good])


def test_r26_a_row_of_the_other_organisation_is_written_only_where_it_differs(
    group: Group,
) -> None:
    world = group.home
    with world.connector() as connector:
        account = world.account("Chop-suey")
        connector.sync()
        link_row = group.rows()[account]["xero_linkid"]
        settings, name = world.settings(), connector.connections[1]
        world.edit("accounts", account, xero_status=None)
        with Connector.from_settings(settings, connection=name) as second:
            assert group.writes(second.sync) == [], "looked at, and found right"
        (healed,) = group.writes(connector.sync)
        assert healed["resource"] == "account"

        world.dynamics.post("clock", {"advance_s": 2})  # Last Synced On counts in seconds
        world.delete("xero_links", str(link_row))
        world.edit("accounts", account, telephone1="030-9")
        connector.sync()
        assert group.rows()[account]["xero_linkid"] == link_row


def test_r34_one_organisation_alone_gets_no_table(group: Group) -> None:
    both = group.home.settings()
    (name, first), *_ = both.connections.items()

    for settings, wanted in ((replace(both, connections={name: first}), False), (both, True)):
        with Connector.from_settings(settings) as connector:
            steps = connector.provision_plan()
        assert any("xero_remark" in step for step in steps)
        assert any(LINK_TABLE in step for step in steps) is wanted
