"""Runs at the edges: two at once, killed between steps, write-backs refused, plans, plug-ins."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.connector.report import Report
from dynamics_xero.errors import UnavailableError
from dynamics_xero.plugins import Context, Plugin, Stage, step
from dynamics_xero.settings import FirstRun
from tests.trips.test_outages import Ticker, fault
from tests.trips.world import World, remarks


def state(world: World, query: str, *values: object) -> list[tuple[object, ...]]:
    """Ask, or change, the connector's database."""
    with sqlite3.connect(world.folder / "state.db") as database:
        rows = database.execute(query, values).fetchall()
    database.close()
    return rows


def entities(report: Report) -> dict[str, dict[str, object]]:
    found = report.connections[0].as_json()["entities"]
    assert isinstance(found, dict)
    return found


def test_two_connectors_at_once_double_nothing(world: World, connector: Connector) -> None:
    for number in range(20):
        account = world.account(f"Company {number}")
        world.contact(account, "Maria", "Anders")
    reports: list[Report] = []

    def work() -> None:
        with Connector.from_settings(world.settings()) as other:
            reports.append(other.sync())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    reports.append(connector.sync())
    for thread in threads:
        thread.join()

    assert len(reports) == 3
    assert all(report.failed == [] for report in reports)
    assert len(world.all_in_xero()) == 20
    assert state(world, "select * from request") == []


def test_r21_a_process_killed_before_it_sent_loses_nothing(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    fault(world, "xero", "drop_answer", method="PUT", path="/Contacts")
    connector.look("main")
    world.reset_faults()
    (contact,) = world.all_in_xero()
    state(world, "update request set sent_at = null")

    with Ticker(world):
        report = connector.sync()

    assert report.failed == []
    assert [row["ContactID"] for row in world.all_in_xero()] == [contact["ContactID"]]
    assert world.in_dynamics("account", account)["xero_id"] == contact["ContactID"]


def test_r22_a_lost_create_whose_account_was_deactivated_is_found_and_archived(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    fault(world, "xero", "drop_answer", method="PUT", path="/Contacts")
    connector.look("main")
    world.edit("accounts", account, statecode=1, statuscode=2)

    with Ticker(world):
        connector.sync()

    assert world.in_xero("Alfreds")["ContactStatus"] == "ARCHIVED"


def test_r22_a_lost_create_whose_account_was_deleted_is_found_and_archived(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    fault(world, "xero", "drop_answer", method="PUT", path="/Contacts")
    connector.look("main")
    world.delete("accounts", account)

    with Ticker(world):
        connector.sync()

    assert world.in_xero("Alfreds")["ContactStatus"] == "ARCHIVED"


def test_r22_a_lost_update_is_looked_at_and_done_once(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    mark = world.mark()
    fault(world, "xero", "drop_answer", method="POST", path="/Contacts")
    world.edit("accounts", account, telephone1="2")

    with Ticker(world):
        report = connector.sync()

    writes = [e for e in world.written(mark) if e["resource"] == "Contact" and e["changed"]]
    assert report.failed == []
    assert len(writes) == 1
    assert state(world, "select * from request") == []


@pytest.mark.parametrize("kind", ["429_minute", "503", "500", "drop_answer"])
def test_r26_a_write_back_that_fails_in_passing_is_done_again(
    world: World, connector: Connector, kind: str
) -> None:
    account = world.account("Alfreds")
    fault(world, "dynamics", kind, method="POST", path="/$batch", seconds=2)

    with Ticker(world):
        connector.sync()

    assert world.in_dynamics("account", account)["xero_id"] is not None
    assert len(world.all_in_xero()) == 1


def test_r24_a_write_back_onto_an_account_deleted_meanwhile_makes_no_ghost(
    world: World, connector: Connector
) -> None:
    account, other = world.account("Alfreds"), world.account("Other")
    fault(world, "dynamics", "503", method="POST", path="/$batch")
    with pytest.raises(UnavailableError):
        connector.look("main")
    due = state(world, "select count(*) from link where write_back_at not null")
    world.delete("accounts", account)

    connector.look("main")  # its polls are not due yet: the delete is not seen before the write

    assert due == [(2,)]
    assert world.in_dynamics("account", other)["xero_id"]
    assert account not in active_ids(world)
    assert state(world, "select count(*) from link where write_back_at not null") == [(0,)]


def active_ids(world: World) -> list[object]:
    rows = world.person("GET", "accounts?$select=accountid")["value"]
    assert isinstance(rows, list)
    return [row["accountid"] for row in rows]


def test_r12_a_plan_and_then_apply_does_what_was_planned(world: World) -> None:
    account = world.account("Alfreds")
    world.contact(account, "Maria", "Anders")
    with world.connector(first_run=FirstRun.PLAN) as planning:
        planned = planning.sync()

    with world.connector() as applying:
        done = applying.sync()

    assert planned.planned
    assert entities(planned)["account"]["to_xero"] == entities(done)["account"]["to_xero"]
    assert entities(planned)["contact"]["to_xero"] == entities(done)["contact"]["to_xero"]
    assert world.persons("Alfreds") == ["Maria Anders"]


def test_looking_again_and_again_comes_to_rest(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    world.contact(account, "Maria", "Anders")
    for _ in range(3):
        connector.look("main")
        world.dynamics.post("clock", {"advance_s": 5})
    mark = world.mark()

    for _ in range(3):
        assert connector.look("main") > 0
        world.dynamics.post("clock", {"advance_s": 400})

    assert world.written(mark) == []
    assert connector.sweep() == []
    assert world.in_dynamics("account", account)["xero_id"]


def test_r39_a_clock_that_jumps_days_between_looks_loses_nothing(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    world.dynamics.post("clock", {"advance_s": 3 * 86400})
    world.edit("accounts", account, telephone1="2")

    with world.connector() as later:
        report = later.sync()

    assert report.failed == []
    assert "2" in str(world.in_xero("Alfreds")["Phones"])


def with_plugins(world: World, plugins: Sequence[Plugin]) -> Connector:
    with world.connector():
        return Connector.from_settings(world.settings(), plugins=plugins)


class Shouts(Plugin):
    """Sends names in capitals."""

    @step("account", stage=Stage.PRE_OPERATION)
    def shout(self, context: Context) -> None:
        if context.target.get("name"):
            context.target["name"] = str(context.target["name"]).upper()


class ShoutsEarly(Plugin):
    """Decides upon names in capitals."""

    @step("account", stage=Stage.PRE_VALIDATION)
    def shout(self, context: Context) -> None:
        context.target["name"] = str(context.target["name"]).upper()


@pytest.mark.parametrize("plugin", [Shouts(), ShoutsEarly()])
def test_r26_what_a_plug_in_changes_is_written_once(world: World, plugin: Plugin) -> None:
    account = world.account("Alfreds", telephone1="1")
    with with_plugins(world, [plugin]) as connector:
        connector.sync()
        mark = world.mark()
        world.edit("accounts", account, telephone1="2")
        report = connector.sync()

    written = [e for e in world.written(mark) if e["resource"] == "Contact"]
    assert report.failed == []
    assert world.in_xero("ALFREDS")["ContactID"]
    assert [entry["fields"] for entry in written] == [["Phones"]]
    history = [row for row in connector_history(world, account)]
    assert len(history) == 2


def connector_history(world: World, account: str) -> list[dict[str, object]]:
    with Connector.from_settings(world.settings()) as connector:
        return [r for r in connector.history(account) if r["action"] in ("create", "update")]


class Refuses(Plugin):
    """Refuses accounts called Bad, just before they are sent."""

    @step("account", stage=Stage.PRE_OPERATION)
    def refuse(self, context: Context) -> None:
        if context.target.get("name") == "Bad":
            raise context.reject("Over the credit limit. Ask finance to raise it.")


def test_a_plug_in_that_rejects_becomes_the_remark_and_people_wait(world: World) -> None:
    bad, good = world.account("Bad"), world.account("Good")
    maria = world.contact(bad, "Maria", "Anders")
    with with_plugins(world, [Refuses()]) as connector:
        told = remarks(connector.sync())

    assert told[bad] == "Over the credit limit. Ask finance to raise it."
    assert "company" in told[maria]
    assert world.in_dynamics("account", good)["xero_id"]
    assert len(world.all_in_xero()) == 1


class Breaks(Plugin):
    """Has a bug that one account meets."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def _break(self, context: Context, stage: str) -> None:
        if self.stage == stage and context.target.get("name") == "Bad":
            raise ZeroDivisionError(stage)

    @step("account", stage=Stage.PRE_VALIDATION)
    def early(self, context: Context) -> None:
        self._break(context, "early")

    @step("account", stage=Stage.PRE_OPERATION)
    def late(self, context: Context) -> None:
        self._break(context, "late")

    @step("account", stage=Stage.POST_OPERATION)
    def after(self, context: Context) -> None:
        self._break(context, "after")


@pytest.mark.parametrize("stage", ["early", "late", "after"])
def test_r32_a_plug_in_with_a_bug_stops_its_record_alone(world: World, stage: str) -> None:
    bad, good = world.account("Bad"), world.account("Good")
    with with_plugins(world, [Breaks(stage)]) as connector:
        told = remarks(connector.sync())

    assert world.in_dynamics("account", good)["xero_id"]
    if stage == "after":
        assert world.in_dynamics("account", bad)["xero_id"]
    else:
        assert "plug-in" in told[bad]


class Complains(Plugin):
    """Refuses what is already done."""

    @step("account", stage=Stage.POST_OPERATION)
    def complain(self, context: Context) -> None:
        raise context.reject("Too late.")


def test_a_rejection_after_the_fact_changes_nothing(world: World) -> None:
    account = world.account("Alfreds")
    with with_plugins(world, [Complains()]) as connector:
        report = connector.sync()

    assert report.failed == []
    assert world.in_dynamics("account", account)["xero_id"]
