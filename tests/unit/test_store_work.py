"""Requests, runs, history and endpoints come back as they were written down."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.model import Change, EndpointFacts, SideName, Status
from dynamics_xero.rows import ConnectionRow, HistoryRow, RequestRow
from dynamics_xero.store_port import Transaction
from tests.unit.store_cases import LATER, NOON, SOON

REQUEST = RequestRow(
    id="request-1",
    connection="main",
    endpoint="xero:1",
    resource="Contact",
    action="create",
    key="key-1",
    deadline=LATER,
    members=({"link_id": 7}, {"link_id": 8}),
    fence=3,
)
DONE = HistoryRow(
    connection="main",
    entity="account",
    dynamics_id="a",
    at=NOON,
    run_id="run-1",
    action="create",
    status=Status.SYNCED,
    link_id=7,
    xero_id="x",
    remark="Shortened.",
    changes={"name": Change(None, "A", "carried")},
    dynamics_version=5,
    xero_version=6,
    request_id="request-1",
    code="200",
)


def test_r21_a_request_is_open_until_it_is_closed(tx: Transaction) -> None:
    tx.requests.open([REQUEST])
    assert tx.requests.opened("main") == [REQUEST]

    tx.requests.sent("request-1", SOON)
    assert tx.requests.opened("main") == [replace(REQUEST, sent_at=SOON)]

    tx.requests.close("request-1")
    assert tx.requests.opened("main") == []


def test_r22_open_requests_come_by_deadline_and_of_one_connection(tx: Transaction) -> None:
    later = replace(REQUEST, id="request-0", deadline=LATER)
    sooner = replace(REQUEST, id="request-2", deadline=SOON)
    other = replace(REQUEST, id="request-3", connection="other")

    tx.requests.open([later, sooner, other])
    tx.requests.open([])

    assert [row.id for row in tx.requests.opened("main")] == ["request-2", "request-0"]


def test_r40_history_comes_back_whole_by_either_id(tx: Transaction) -> None:
    tx.history.add([DONE])

    assert tx.history.of_record("a", 9) == [DONE]
    assert tx.history.of_record("x", 9) == [DONE]
    assert tx.history.of_record("b", 9) == []


def test_r40_the_newest_outcome_comes_first(tx: Transaction) -> None:
    tx.history.add([DONE, replace(DONE, action="update"), replace(DONE, action="archive")])
    tx.history.add([])

    assert [row.action for row in tx.history.of_record("a", 2)] == ["archive", "update"]


def test_a_run_counts_its_outcomes_by_entity_and_action(tx: Transaction) -> None:
    person = replace(DONE, entity="contact", dynamics_id="p")
    tx.history.add([DONE, DONE, person, replace(DONE, run_id="run-2")])

    assert tx.runs.counts("run-1") == {("account", "create"): 2, ("contact", "create"): 1}
    assert tx.runs.counts("run-3") == {}


def test_outcomes_are_counted_over_all_runs_since(tx: Transaction) -> None:
    for run_id, began, connection in (
        ("run-0", NOON, "main"),
        ("run-1", SOON, "main"),
        ("run-2", LATER, "main"),
        ("run-3", LATER, "other"),
    ):
        tx.runs.start(run_id, connection=connection, kind="look", now=began)
        tx.history.add([replace(DONE, run_id=run_id, connection=connection)])
        tx.runs.finish(run_id, LATER)

    assert tx.runs.counts_since("main", SOON) == {("account", "create"): 2}


def test_r33_an_endpoint_is_pinned_by_its_own_id(tx: Transaction) -> None:
    first = EndpointFacts("xero:1", SideName.XERO, "1", "Acme", "https://x", "!ab", "NZD")
    renamed = replace(first, name="Acme Ltd")

    assert tx.endpoints.pin(first, now=NOON) is None
    assert tx.endpoints.pin(renamed, now=SOON) == first
    assert tx.endpoints.pin(first, now=LATER) == renamed


def test_r33_a_connection_remembers_its_endpoints(tx: Transaction) -> None:
    made = ConnectionRow("main", "dynamics:1", "xero:1")

    assert tx.endpoints.connection("main") is None

    tx.endpoints.put_connection(made)
    assert tx.endpoints.connection("main") == made
