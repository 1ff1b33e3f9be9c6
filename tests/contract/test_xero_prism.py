"""Xero's own OpenAPI file judges the calls of the connector and the answers of the twin.

Prism stands between them and objects to every call and answer that breaks the file.
"""

from __future__ import annotations

import inspect
import io
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

import pytest
import requests

from dynamics_xero.sandbox.load import LoadOptions, load
from tests.contract.xero_refusals import provoke_every_refusal
from tests.judges.court import Court, court
from tests.judges.exchanges import Exchange, counted, recorded, violations
from tests.judges.openapi import mended
from tests.judges.prism import prism
from tests.trips import test_accounts, test_people
from tests.trips.world import World

pytestmark = [pytest.mark.judge, pytest.mark.shared_data, pytest.mark.xdist_group("prism")]

OPENAPI = "data/xero-openapi/xero_accounting.yaml"
Refusals = list[tuple[str, int]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Court]:
    """Both twins, the judge between."""
    with court(tmp_path_factory.mktemp("court"), shared / OPENAPI) as running:
        yield running


@pytest.fixture(scope="module")
def sync_exchanges(running: Court, shared: Path) -> list[Exchange]:
    """Northwind carried over, then people's edits carried over by further syncs."""
    world, begin = running.fresh(), len(running.record)
    load(LoadOptions(shared / "data/northwind", world.serving.settings_file), io.StringIO())
    with world.connector("northwind") as connector:
        first = connector.sync()
        accounts = [str(row["accountid"]) for row in world.dynamics.rows("account")]
        for account, columns in (
            (accounts[0], {"name": "Ønskekonditoriet"}),
            (accounts[1], {"telephone1": "030-1", "address1_city": "Ålesund"}),
            (accounts[2], {"statecode": 1, "statuscode": 2}),
        ):
            world.edit("accounts", account, **columns)
            connector.sync()
        world.contact(accounts[3], "Zoë", "Łukasz", emailaddress1="zoe@x.example")
        last = connector.sync()
    assert (first.failed, last.failed) == ([], [])
    return running.record[begin:]


@pytest.fixture(scope="module")
def trip_exchanges(running: Court) -> list[Exchange]:
    """Every trip test of accounts and people, run once more through the judge."""
    begin = len(running.record)
    for name, trip in [*_trips(test_accounts), *_trips(test_people)]:
        world = running.fresh()
        with world.connector(name) as connector:
            known = {"world": world, "connector": connector}
            trip(**{needed: known[needed] for needed in inspect.signature(trip).parameters})
    return running.record[begin:]


@pytest.fixture(scope="module")
def refusals(running: Court) -> tuple[list[Exchange], Refusals]:
    """The script of the contract tests that provokes every refusal, through the judge."""
    world, begin = running.fresh(), len(running.record)
    provoked = provoke_every_refusal(world.session, running.api_url, _headers(world))
    return running.record[begin:], provoked


def test_the_sync_of_northwind_keeps_to_the_file(sync_exchanges: list[Exchange]) -> None:
    assert violations(sync_exchanges) == []
    assert len(sync_exchanges) >= 8


def test_the_trips_keep_to_the_file(trip_exchanges: list[Exchange]) -> None:
    assert violations(trip_exchanges) == []
    assert {"PUT", "POST", "GET"} <= {one.method for one in trip_exchanges}


def test_every_refusal_keeps_to_the_file(refusals: tuple[list[Exchange], Refusals]) -> None:
    exchanges, provoked = refusals

    assert violations(exchanges) == []
    assert {status for _, status in provoked} == {400}


def test_enough_was_judged(
    sync_exchanges: list[Exchange],
    trip_exchanges: list[Exchange],
    refusals: tuple[list[Exchange], Refusals],
    capsys: pytest.CaptureFixture[str],
) -> None:
    stories = {"sync": sync_exchanges, "trips": trip_exchanges, "refusals": refusals[0]}
    everything = [one for story in stories.values() for one in story]

    # In a parallel run only stderr of a worker process reaches the terminal.
    with capsys.disabled():
        print(f"\njudged by Prism: {len(everything)} exchanges", file=sys.stderr)
        for name, story in stories.items():
            print(f"  {name}: {len(story)} = {counted(story)}", file=sys.stderr)

    assert len(everything) >= 40
    assert len(sync_exchanges) >= 8
    assert Counter(one.status for one in everything)[400] >= 5


def test_the_judge_refuses_a_call_without_the_tenant(running: Court) -> None:
    world, begin = running.fresh(), len(running.record)
    headers = _headers(world)
    del headers["xero-tenant-id"]

    answer = world.session.get(f"{running.api_url}/Contacts", headers=headers, timeout=30)

    assert answer.status_code == 422
    objections = violations(running.record[begin:])
    assert len(objections) == 1
    assert "xero-tenant-id" in objections[0]


@pytest.mark.parametrize(
    ("contact", "path"),
    [
        ({"Name": "x" * 300}, "response.body.Contacts.0.Name"),
        ({"ContactStatus": "SLEEPING"}, "response.body.Contacts.0.ContactStatus"),
        ({"IsCustomer": "yes"}, "response.body.Contacts.0.IsCustomer"),
    ],
)
def test_the_judge_objects_to_a_wrong_answer_with_its_path(
    wrong: list[dict[str, object]],
    wrong_api: tuple[str, list[Exchange]],
    contact: dict[str, object],
    path: str,
) -> None:
    api_url, record = wrong_api
    wrong[:] = [contact]
    begin = len(record)
    headers = {"xero-tenant-id": "t", "Authorization": "Bearer t", "Accept": "application/json"}

    answer = requests.get(f"{api_url}/Contacts", headers=headers, timeout=30)

    assert answer.status_code == 500
    assert any(path in objection for objection in violations(record[begin:]))


@pytest.fixture(scope="module")
def wrong() -> list[dict[str, object]]:
    """The contacts that the wrong upstream answers with."""
    return []


@pytest.fixture(scope="module")
def wrong_api(
    tmp_path_factory: pytest.TempPathFactory, shared: Path, wrong: list[dict[str, object]]
) -> Iterator[tuple[str, list[Exchange]]]:
    """The judge before an upstream that answers what the file forbids."""
    home = tmp_path_factory.mktemp("wrong")
    with (
        _answering(wrong) as upstream,
        prism(mended(shared / OPENAPI, home), upstream, home / "prism.log") as judge,
        recorded(judge) as seen,
    ):
        yield seen


@contextmanager
def _answering(contacts: list[dict[str, object]]) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps({"Contacts": contacts}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api.xro/2.0"
        finally:
            server.shutdown()
            thread.join()


def _trips(module: ModuleType) -> list[tuple[str, Callable[..., None]]]:
    """Return the tests of a module that need no other fixtures than a world and a connector."""
    module_name = module.__name__.rpartition(".")[2]
    found = [
        (f"{module_name}.{name}", value)
        for name, value in vars(module).items()
        if name.startswith("test_")
        and set(inspect.signature(value).parameters) <= {"world", "connector"}
    ]
    assert found, f"{module.__name__} has no trips"
    return found


def _headers(world: World) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {world.xero.token('ada')}",
        "xero-tenant-id": world.serving.organisations[0].tenant_id,
        "Accept": "application/json",
    }
