"""Reconcile: what no feed has told is found by reading both sides whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from dynamics_xero import Connector
from dynamics_xero.connector.reconciling import Reconciled
from dynamics_xero.model import SideName
from dynamics_xero.rows import RecordRow
from dynamics_xero.settings import FirstRun
from dynamics_xero.store.store import Store
from tests.json_schemas import faults
from tests.trips.world import World

pytestmark = pytest.mark.trip


def reconciled(connector: Connector) -> Reconciled:
    done = connector.reconcile()
    assert faults("reconcile", done.as_json()) == []
    return done


def lose_marks(world: World) -> None:
    """Take every mark away, as if no feed had shown what was seen."""
    with closing(sqlite3.connect(world.folder / "state.db")) as database, database:
        database.execute("UPDATE link SET due_at = NULL")


def test_r5_a_pair_out_of_step_that_no_feed_told_is_found_and_carried(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    world.account("Bon app")
    connector.sync()
    world.edit("accounts", account, telephone1="2")
    connector.plan()
    lose_marks(world)
    connector.sync()
    phones = world.in_xero("Alfreds")["Phones"]

    done = reconciled(connector)

    assert "'PhoneNumber': '1'" in str(phones)
    assert "'PhoneNumber': '2'" in str(world.in_xero("Alfreds")["Phones"])
    assert (done.compared["main"].compared, done.compared["main"].found) == (2, 1)


def test_r5_a_reconcile_of_two_sides_in_step_writes_nothing(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1", address1_city="Berlin")
    world.contact(account, "Maria", "Anders", emailaddress1="m@x.example")
    world.account("Refused", emailaddress1="a..b@x.example")
    connector.sync()
    mark = world.mark()

    done = reconciled(connector)

    assert world.written(mark) == []
    assert done.compared["main"].found == 0
    assert done.drift == []


def test_r9_a_drifted_target_is_listed_and_left(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    person = world.contact(account, "Maria", "Anders")
    world.bind("accounts", account, "primarycontactid", f"/contacts({person})")
    connector.sync()
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), FirstName="Marie")

    done = reconciled(connector)

    (drift,) = done.drift
    assert (drift["field"], drift["dynamics"], drift["xero"]) == ("first_name", "Maria", "Marie")
    assert world.in_xero("Alfreds")["FirstName"] == "Marie"


def test_r3_a_row_that_is_gone_without_a_word_is_confirmed_by_its_id(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    connector.sync()
    ghost = "00000000-0000-4000-8000-00000000dead"
    plant(world, ghost, like=account)

    reconciled(connector)

    with Store.open(str(world.settings().state)) as store, store.read() as tx:
        row = tx.endpoints.connection("main")
        assert row is not None
        stored = tx.records.get(row.dynamics_key, "account", [ghost, account])
    assert stored[ghost].record.state.value == "deleted"
    assert stored[account].record.state.value == "live"
    assert world.in_xero("Alfreds")["ContactStatus"] == "ACTIVE"


def test_an_interrupted_reconcile_goes_on_where_it_was(world: World, connector: Connector) -> None:
    world.account("Alfreds")
    connector.sync()
    world.xero.post("faults", {"seed": 1, "rules": [every_read_fails()]})
    with pytest.raises(Exception, match="Xero"):
        connector.reconcile()
    world.reset_faults()
    before = generations(world)

    reconciled(connector)

    after = generations(world)
    assert before[SideName.DYNAMICS] == after[SideName.DYNAMICS] == 2
    assert after[SideName.XERO] == 2
    assert reconciled(connector).compared["main"].compared == 1
    assert generations(world)[SideName.DYNAMICS] == 3


def test_r12_a_reconcile_writes_nothing_before_the_first_plan(world: World) -> None:
    world.account("Alfreds")
    with world.connector(first_run=FirstRun.PLAN) as connector:
        mark = world.mark()

        done = reconciled(connector)

    assert world.written(mark) == []
    assert done.compared["main"].found == 1
    assert "first plan" in done.report.asks[0]


def every_read_fails() -> dict[str, object]:
    return {"kind": "500", "method": "GET", "path": "/api.xro/2.0/Contacts", "times": 100}


def generations(world: World) -> dict[SideName, int]:
    with Store.open(str(world.settings().state)) as store, store.read() as tx:
        row = tx.endpoints.connection("main")
        assert row is not None
        here = tx.cursors.get(row.dynamics_key, "account")
        there = tx.cursors.get(row.xero_key, "Contact")
    assert here is not None
    assert there is not None
    return {SideName.DYNAMICS: here.generation, SideName.XERO: there.generation}


def plant(world: World, row_id: str, *, like: str) -> None:
    """Store a row in the mirror that Dynamics does not have."""
    with Store.open(str(world.settings().state)) as store, store.begin() as tx:
        row = tx.endpoints.connection("main")
        assert row is not None
        known = tx.records.get(row.dynamics_key, "account", [like])[like]
        record = replace(known.record, id=row_id, values={"name": "Ghost"})
        at = known.answered_at
        assert at is not None
        tx.records.put(row.dynamics_key, [RecordRow(record, "ghost")], generation=1, answered_at=at)
