"""Xero's own OpenAPI file judges the calls of the connector and the answers of the twin.

Prism stands between them and objects to every call and answer that breaks the file.
"""

from __future__ import annotations

import inspect
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from dynamics_xero.cli.demo.children import Children
from dynamics_xero.cli.demo.story import Story as Demo
from dynamics_xero.cli.demo.story import Told
from dynamics_xero.sandbox.load import LoadOptions, load
from tests.contract.xero_contact_rules import RULES, Books
from tests.contract.xero_official import Desk, Sdk
from tests.contract.xero_operations import STEPS, Story
from tests.contract.xero_refusals import provoke_every_refusal
from tests.judges.court import Court, court
from tests.judges.exchanges import Exchange, counted, violations
from tests.trips import test_accounts, test_both_ways, test_people
from tests.trips.world import World

pytestmark = [pytest.mark.judge, pytest.mark.shared_data]

OPENAPI = "data/xero-openapi/xero_accounting.yaml"
LEAST_EXCHANGES, LEAST_PAIRS, LEAST_RULES = 300, 12, 23
TRIPS = (test_accounts, test_people, test_both_ways)
READS: tuple[dict[str, str], ...] = (
    {},
    {"summaryOnly": "true"},
    {"summaryOnly": "true", "page": "1"},
    {"page": "1", "pageSize": "1"},
    {"page": "9", "pageSize": "1000"},
    {"order": "UpdatedDateUTC DESC", "includeArchived": "true"},
    {"searchTerm": "a"},
    {"IDs": "0a4c1f2e-6d0b-4a52-9a43-3f1c5a0e7b11"},
    {"where": 'Name.StartsWith("A") AND EmailAddress!=null', "page": "1"},
    {"where": 'ContactStatus=="ACTIVE" OR IsSupplier==true'},
    {"where": "UpdatedDateUTC>=DateTime(2024,01,02)", "order": "Name"},
    {"where": 'ContactID==Guid("0a4c1f2e-6d0b-4a52-9a43-3f1c5a0e7b11")'},
)
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
    """Every trip test of accounts and people, from either side, once more through the judge."""
    begin = len(running.record)
    for name, trip in [found for module in TRIPS for found in _trips(module)]:
        world = running.fresh()
        with world.connector(name) as connector:
            known = {"world": world, "connector": connector}
            trip(**{needed: known[needed] for needed in inspect.signature(trip).parameters})
    return running.record[begin:]


@pytest.fixture(scope="module")
def demo(
    running: Court, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Exchange], Told, list[str]]:
    """The whole story of `dynamics-xero demo`, its worker talking to Xero through the judge."""
    running.fresh().environment.bare()
    begin, home, said = len(running.record), tmp_path_factory.mktemp("demo"), list[str]()
    with Children(home) as children:
        told = Demo(home, children, said.append).play_on(running.serving_to("demo"))
    return running.record[begin:], told, said


@pytest.fixture(scope="module")
def refusals(running: Court) -> tuple[list[Exchange], Refusals]:
    """The script of the contract tests that provokes every refusal, through the judge."""
    world, begin = running.fresh(), len(running.record)
    provoked = provoke_every_refusal(world.session, running.api_url, _headers(world))
    return running.record[begin:], provoked


@pytest.fixture(scope="module")
def rules(running: Court) -> list[Exchange]:
    """Every rule for contacts, seen once."""
    world, begin = running.fresh(), len(running.record)
    books = Books(world.session, running.api_url, _headers(world), world.xero)
    for seen in RULES.values():
        seen(books)
    return running.record[begin:]


@pytest.fixture(scope="module")
def operations(running: Court) -> list[Exchange]:
    """Every operation of the official client, judged by the official file."""
    world, begin = running.fresh(), len(running.record)
    organisation = world.serving.organisations[0]
    facts = {name: getattr(organisation, name) for name in ("tenant_id", "client_id")}
    token = str(world.xero.token("ada"))
    desk = Desk(
        {**facts, "client_secret": ""}, token, running.api_url, world.serving.xero_url, None
    )
    sdk = Sdk(desk)
    story = Story(sdk)
    for step in STEPS.values():
        step(story)
    sdk.client.rest_client.pool_manager.clear()
    return running.record[begin:]


@pytest.fixture(scope="module")
def reads(running: Court) -> list[Exchange]:
    """Lists of contacts in every way that xero.md section 3 names."""
    world, begin = running.fresh(), len(running.record)
    books = Books(world.session, running.api_url, _headers(world), world.xero)
    books.made(Name="Ask AS", EmailAddress="a@example.org")
    since = {"If-Modified-Since": "2024-01-02T03:04:05Z"}
    for parameters in READS:
        for headers in (books.headers, {**books.headers, **since}):
            answer = world.session.get(
                f"{running.api_url}/Contacts", params=parameters, headers=headers, timeout=60
            )
            assert answer.status_code == 200, answer.text
    return running.record[begin:]


def test_the_sync_of_northwind_keeps_to_the_file(sync_exchanges: list[Exchange]) -> None:
    assert violations(sync_exchanges) == []
    assert len(sync_exchanges) >= 8


def test_the_trips_keep_to_the_file(trip_exchanges: list[Exchange]) -> None:
    assert violations(trip_exchanges) == []
    assert {"PUT", "POST", "GET"} <= {one.method for one in trip_exchanges}


def test_the_whole_demo_keeps_to_the_file(
    demo: tuple[list[Exchange], Told, list[str]],
) -> None:
    exchanges, told, said = demo

    assert violations(exchanges) == []
    creates = [one for one in exchanges if (one.method, one.endpoint) == ("PUT", "/Contacts")]
    assert len(creates) >= 2, f"one that fails in part, one that heals: {said}"
    carried = told.report["connections"]["main"]["entities"]["account"]["to_xero"]
    assert carried["create"] == 40
    assert "e-mail" in told.healed[0]["remark_before"]


def test_every_refusal_keeps_to_the_file(refusals: tuple[list[Exchange], Refusals]) -> None:
    exchanges, provoked = refusals

    assert violations(exchanges) == []
    assert {status for _, status in provoked} == {400}


def test_every_rule_for_contacts_keeps_to_the_file(rules: list[Exchange]) -> None:
    assert violations(rules) == []
    assert len(RULES) >= LEAST_RULES


def test_every_way_to_list_contacts_keeps_to_the_file(reads: list[Exchange]) -> None:
    assert violations(reads) == []
    assert len(reads) > 2 * len(READS)


def test_every_operation_of_the_official_client_keeps_to_the_file(
    operations: list[Exchange],
) -> None:
    assert violations(operations) == []
    assert len(operations) >= len(STEPS)


def test_enough_was_judged(
    sync_exchanges: list[Exchange],
    trip_exchanges: list[Exchange],
    demo: tuple[list[Exchange], Told, list[str]],
    refusals: tuple[list[Exchange], Refusals],
    rules: list[Exchange],
    operations: list[Exchange],
    reads: list[Exchange],
    capsys: pytest.CaptureFixture[str],
) -> None:
    stories = {
        "sync": sync_exchanges,
        "trips": trip_exchanges,
        "demo": demo[0],
        "refusals": refusals[0],
        "reads": reads,
        f"{len(RULES)} rules for contacts": rules,
        f"{len(STEPS)} operations of xero-python": operations,
    }
    everything = [one for story in stories.values() for one in story]
    pairs = {(one.method, one.endpoint, one.status) for one in everything}

    # In a parallel run only stderr of a worker process reaches the terminal.
    with capsys.disabled():
        print(
            f"\njudged by Prism: {len(everything)} exchanges, "
            f"{len(pairs)} pairs of endpoint and status",
            file=sys.stderr,
        )
        for name, story in stories.items():
            print(f"  {name}: {len(story)} = {counted(story)}", file=sys.stderr)

    assert len(everything) >= LEAST_EXCHANGES
    assert len(pairs) >= LEAST_PAIRS
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
    ("kind", "path"),
    [
        ("hostile_enum", "response.body.Contacts.0.TaxNumberType"),
        ("hostile_enum", "response.body.Contacts.0.Phones.4.PhoneType"),
        ("hostile_null", "response.body.Contacts.0.FirstName"),
    ],
)
def test_the_judge_objects_to_a_wrong_answer_with_its_path(
    running: Court, kind: str, path: str
) -> None:
    world = running.fresh()
    headers = _headers(world)
    address = f"{running.api_url}/Contacts"
    world.session.put(address, json={"Contacts": [{"Name": "A"}]}, headers=headers, timeout=60)
    world.xero.post("faults", {"seed": 1, "rules": [{"kind": kind}]})
    begin = len(running.record)

    answer = world.session.get(address, headers=headers, timeout=60)

    assert answer.status_code == 500
    assert any(path in objection for objection in violations(running.record[begin:]))


def _trips(module: ModuleType) -> list[tuple[str, Callable[..., None]]]:
    """Return the tests of a module that need no other fixtures than a world and a connector.

    Those that break connections are left out: the judge would answer in the twin's place.
    """
    module_name = module.__name__.rpartition(".")[2]
    found = [
        (f"{module_name}.{name}", value)
        for name, value in vars(module).items()
        if name.startswith("test_")
        and set(inspect.signature(value).parameters) <= {"world", "connector"}
        and "drop_answer" not in inspect.getsource(value)
    ]
    assert found, f"{module.__name__} has no trips"
    return found


def _headers(world: World) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {world.xero.token('ada')}",
        "xero-tenant-id": world.serving.organisations[0].tenant_id,
        "Accept": "application/json",
    }
