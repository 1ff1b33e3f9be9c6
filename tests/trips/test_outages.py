"""What the other systems do wrong, over real sockets: nothing is lost and nothing is doubled."""

from __future__ import annotations

import sqlite3

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.errors import UnavailableError, WrongEndpointError
from dynamics_xero.settings import FirstRun
from tests.trips.world import World, remarks


def fault(world: World, side: str, kind: str, **rule: object) -> None:
    control = world.xero if side == "xero" else world.dynamics
    given = {"kind": kind, "probability": 1.0, "times": 1, **rule}
    control.post("faults", {"seed": 1, "rules": [given]})


def jump(world: World, seconds: float) -> None:
    world.dynamics.post("clock", {"advance_s": seconds})


@pytest.mark.parametrize("kind", ["drop_answer", "timeout_after_commit", "truncate"])
def test_r21_r22_a_lost_answer_doubles_nothing(
    world: World, connector: Connector, kind: str
) -> None:
    account = world.account("Alfreds")
    world.contact(account, "Maria", "Anders")
    fault(world, "xero", kind, method="PUT", path="/Contacts", seconds=0.1)

    with Ticker(world):
        report = connector.sync()

    assert len(world.all_in_xero()) == 1
    assert report.failed == []
    assert world.in_dynamics("account", account)["xero_id"] == world.in_xero("Alfreds")["ContactID"]
    counted = report.connections[0].as_json()["entities"]
    assert isinstance(counted, dict)
    assert counted["account"]["to_xero"]["create"] == 1
    assert counted["account"]["matched"] == 0


def test_r21_a_request_is_in_the_database_before_it_leaves(
    world: World, connector: Connector
) -> None:
    world.account("Alfreds")
    fault(world, "xero", "drop_answer", method="PUT", path="/Contacts")

    connector.look("main")

    state = sqlite3.connect(world.folder / "state.db")
    left = state.execute("select action, sent_at is not null from request").fetchall()
    state.close()
    assert left == [("create", 1)]


@pytest.mark.parametrize("kind", ["500", "503", "html"])
def test_r32_a_passing_outage_of_xero_parks_nothing(
    world: World, connector: Connector, kind: str
) -> None:
    world.account("Alfreds")
    fault(world, "xero", kind, method="PUT", path="/Contacts")

    with Ticker(world):
        report = connector.sync()

    assert report.failed == []
    assert len(world.all_in_xero()) == 1


@pytest.mark.parametrize("kind", ["429_minute", "429_concurrent"])
def test_r35_a_429_is_waited_out(world: World, connector: Connector, kind: str) -> None:
    world.account("Alfreds")
    fault(world, "xero", kind, method="PUT", path="/Contacts", seconds=2)

    with Ticker(world):
        report = connector.sync()

    assert report.failed == []
    assert len(world.all_in_xero()) == 1


def test_r35_a_spent_day_pauses_the_run_and_says_why(world: World, connector: Connector) -> None:
    world.account("Alfreds")
    fault(world, "xero", "429_day", method="PUT", path="/Contacts", seconds=3600)

    report = connector.sync()

    assert report.paused
    assert world.all_in_xero() == []


def test_an_outage_of_dynamics_is_said(world: World, connector: Connector) -> None:
    world.account("Alfreds")
    fault(world, "dynamics", "503", method="GET", path="/accounts", times=50, seconds=0.1)

    with pytest.raises(UnavailableError):
        connector.sync()

    assert world.all_in_xero() == []


def test_r4_r3_an_expired_delta_token_reads_whole_and_archives_nothing(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    gone = world.account("Gone")
    connector.sync()
    world.edit("accounts", account, telephone1="030-9")
    world.delete("accounts", gone)
    fault(world, "dynamics", "expire_delta", method="GET", path="/accounts")

    connector.sync()

    assert world.in_xero("Alfreds")["ContactStatus"] == "ACTIVE"
    assert world.in_xero("Gone")["ContactStatus"] == "ARCHIVED"


def test_r31_one_bad_element_among_many_fails_alone(world: World, connector: Connector) -> None:
    for number in range(9):
        world.account(f"Good {number}")
    bad = world.account("Bad", emailaddress1="a..b@x.example")

    report = connector.sync()

    assert list(remarks(report)) == [bad]
    assert len(world.all_in_xero()) == 9


def test_r33_another_organisation_under_the_same_connection_is_refused(
    world: World, connector: Connector
) -> None:
    connector.sync()
    with sqlite3.connect(world.folder / "state.db") as state:
        state.execute("update connection set xero_key = 'xero:another'")
    state.close()

    with world.connector() as again, pytest.raises(WrongEndpointError, match="made for another"):
        again.sync()


def test_r12_the_first_plan_counts_and_writes_nothing(world: World) -> None:
    account = world.account("Alfreds")
    world.contact(account, "Maria", "Anders")
    world.xero_contact(Name="Bon app", AccountNumber="BONAP")
    world.account("Bon app", accountnumber="BONAP")
    with world.connector("plan") as ready:
        ready.close()
    mark = world.mark()

    with world.connector("plan", first_run=FirstRun.PLAN) as connector:
        report = connector.sync()
        again = connector.sync()

    entities = report.connections[0].as_json()["entities"]
    assert report.planned
    assert isinstance(entities, dict)
    assert entities["account"]["to_xero"]["create"] == 1
    assert entities["account"]["matched"] == 1
    assert entities["contact"]["to_xero"]["create"] == 1
    assert again.connections[0].as_json()["entities"] == entities
    assert world.written(mark) == []


def test_r17_a_contact_made_in_the_same_moment_is_put_back(
    world: World, connector: Connector
) -> None:
    world.xero.post("switches", {"put_existing_name": "update"})
    account = world.account("Alfreds", emailaddress1="ours@x.example")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    second = world.account("Second", emailaddress1="second@x.example")
    world.edit_xero(contact, Name="Second")

    report = connector.sync()

    assert "Xero" in remarks(report)[second]
    assert world.in_xero("Second")["EmailAddress"] == "ours@x.example"
    assert world.in_dynamics("account", account)["xero_id"] == contact


def test_r1_a_crash_between_pages_repeats_or_has_a_page(world: World) -> None:
    for number in range(5):
        world.account(f"Company {number}")
    with world.connector() as connector:
        fault(world, "dynamics", "503", method="GET", path="/contacts", times=50, seconds=0.1)
        with pytest.raises(UnavailableError):
            connector.sync()
    world.dynamics.post("faults", {"seed": 1, "rules": []})

    with world.connector() as connector:
        report = connector.sync()

    assert len(world.all_in_xero()) == 5
    assert report.failed == []


class Ticker:
    """Lets the sandbox's time run while a sync waits, so that a wait costs no real time."""

    def __init__(self, world: World) -> None:
        import threading

        self._world = world
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        import requests

        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(self._world.serving.ca_file)
            while not self._stop.wait(0.1):
                session.post(self._world.serving.clock_url, json={"advance_s": 10}, timeout=10)

    def __enter__(self) -> Ticker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
