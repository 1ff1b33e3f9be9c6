"""The control calls of contract.md section 2, on the smallest twin there is."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from dynamics_xero.sandbox.assembly import ServeOptions
from dynamics_xero.sandbox.background import running
from dynamics_xero.sandbox.kernel import Kernel
from dynamics_xero.sandbox.serving import Serving
from tests.sandbox import Control, caller
from tests.tiny_twin import TINY_TWINS, TinyTwin


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """One environment, two organisations, all tiny."""
    with running(ServeOptions(home=tmp_path, seed=7, organisations=2), TINY_TWINS) as sandbox:
        yield sandbox


@pytest.fixture
def session(serving: Serving) -> Iterator[requests.Session]:
    """A caller that trusts the sandbox."""
    with caller(serving) as opened:
        yield opened


def things(serving: Serving) -> str:
    """The address of the tiny resource."""
    return f"{serving.dynamics_url}/things"


def test_every_control_answer_matches_the_schema_the_twin_publishes(
    serving: Serving, session: requests.Session
) -> None:
    session.post(things(serving), json={"name": "a"})
    control = Control(session, serving.dynamics_url)
    schema = control.get("schema")
    bodies: dict[str, object] = {
        "clock": {"advance_s": 1},
        "faults": {"seed": 1, "rules": [{"kind": "500", "times": 0}]},
        "quota": {"scale": 2.0},
        "switches": {"colour": "blue"},
        "reset": None,
    }

    assert isinstance(schema, dict)
    judged = 0
    for name, facts in schema.items():
        method, _, path = name.partition(" ")
        call = path.removeprefix("/_sandbox/").replace("{resource}", "thing")
        if call in ("screen", "webhooks"):
            continue
        if method == "POST" and "body" in facts:
            jsonschema.validate(bodies[call], facts["body"])
        answer = control.get(call) if method == "GET" else control.post(call, bodies[call])
        jsonschema.validate(answer, facts["answer"])
        judged += 1
    assert judged == 14


def test_the_ledger_pages_and_filters_by_actor(serving: Serving, session: requests.Session) -> None:
    control = Control(session, serving.dynamics_url)
    ada = {"Authorization": f"Bearer {control.token('ada')}"}
    for number in range(5):
        headers = ada if number == 3 else {}
        session.post(things(serving), json={"name": str(number)}, headers=headers)

    first = control.get("ledger", limit=2)
    assert isinstance(first, dict)
    assert [entry["after"]["name"] for entry in first["entries"]] == ["0", "1"]
    second = control.get("ledger", limit=2, after=first["next"])
    assert isinstance(second, dict)
    assert [entry["after"]["name"] for entry in second["entries"]] == ["2", "3"]
    by_ada = control.get("ledger", actor="ada")
    assert isinstance(by_ada, dict)
    assert [entry["after"]["name"] for entry in by_ada["entries"]] == ["3"]
    # The bookmark passes the other actors' entries too, so nothing is read twice.
    assert by_ada["next"] == 5
    assert control.entries(after=5) == []


def test_a_ledger_entry_says_who_did_what_and_which_fields_changed(
    serving: Serving, session: requests.Session
) -> None:
    made = session.post(things(serving), json={"name": "a"}).json()

    entries = Control(session, serving.dynamics_url).entries()

    assert len(entries) == 1
    entry = entries[0]
    assert datetime.fromisoformat(str(entry.pop("at"))).tzinfo is not None
    assert entry.pop("request")
    assert entry == {
        "seq": 1,
        "actor": "connector",
        "method": "POST",
        "path": "/things",
        "resource": "thing",
        "id": made["id"],
        "action": "create",
        "changed": True,
        "fields": ["id", "name"],
        "before": None,
        "after": {"id": made["id"], "name": "a"},
    }


def test_one_clock_serves_both_twins_and_dates_their_answers(
    serving: Serving, session: requests.Session
) -> None:
    dynamics = Control(session, serving.dynamics_url)

    moved = dynamics.post("clock", {"set": "2031-05-06T07:08:09+00:00"})
    seen = Control(session, serving.xero_url).get("clock")
    header = session.get(things(serving)).headers["Date"]

    assert isinstance(moved, dict)
    assert isinstance(seen, dict)
    assert str(moved["now"]).startswith("2031-05-06T07:08:")
    assert str(seen["now"]).startswith("2031-05-06T07:08:")
    assert header.startswith("Tue, 06 May 2031 07:08:")
    assert serving.clock_url == f"{serving.dynamics_url}/_sandbox/clock"


def test_the_clock_advances_by_seconds(serving: Serving, session: requests.Session) -> None:
    control = Control(session, serving.dynamics_url)
    before = control.get("clock")

    after = control.post("clock", {"advance_s": 3600})

    assert isinstance(before, dict)
    assert isinstance(after, dict)
    passed = datetime.fromisoformat(after["now"]) - datetime.fromisoformat(before["now"])
    assert 3600 <= passed.total_seconds() < 3660


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("clock", {"advance_s": -1}),
        ("clock", {"advance_s": 1, "set": "2031-01-01T00:00:00Z"}),
        ("clock", {"set": "2031-01-01T00:00:00"}),
        ("clock", {"advance_s": 1e300}),
        ("clock", {"advance_s": float("nan")}),
        ("faults", {"rules": [{"kind": "sulk"}]}),
        ("faults", {"rules": [{"kind": "500", "chance": 1}]}),
        ("faults", {"rules": [{"kind": "500", "probability": 1.5}]}),
        ("quota", {"minutes": 5}),
        ("quota", {"window": "sliding"}),
        ("quota", {"minute": 0}),
        ("quota", {"scale": float("inf")}),
        ("switches", {"color": "blue"}),
        ("switches", {"colour": "green"}),
    ],
)
def test_a_misspelt_control_call_is_refused(
    serving: Serving, session: requests.Session, call: str, body: object
) -> None:
    # Not json=body: requests would not let NaN and infinity out, other clients do.
    answer = session.post(f"{serving.dynamics_url}/_sandbox/{call}", data=json.dumps(body))

    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("call", ["ledger", "dump/thing"])
def test_a_page_holds_one_row_at_least_and_starts_anywhere(
    serving: Serving, session: requests.Session, call: str
) -> None:
    address = f"{serving.dynamics_url}/_sandbox/{call}"

    empty = session.get(address, params={"limit": 0})
    far = session.get(address, params={"after": 10**30})

    assert (empty.status_code, far.status_code) == (400, 200)
    assert empty.json()["error"] == "limit is at least 1"


def test_unknown_calls_methods_resources_and_organisations_are_told_apart(
    serving: Serving, session: requests.Session
) -> None:
    root = f"{serving.xero_url}/_sandbox"

    assert session.get(f"{root}/nothing").status_code == 404
    assert session.get(f"{root}/dump/nothing").status_code == 404
    assert session.get(f"{root}/stats", params={"organisation": "org9"}).status_code == 404
    assert session.put(f"{root}/stats").status_code == 405
    merge = {"do": "merge", "person": "ada", "loser": "a", "winner": "b"}
    assert session.post(f"{root}/screen", json=merge).status_code == 404


def test_organisations_keep_their_own_counters_and_rows(
    serving: Serving, session: requests.Session
) -> None:
    address = f"{serving.xero_url}/things"
    session.post(address, json={"name": "second"}, headers={"xero-tenant-id": "org2"})

    first = Control(session, serving.xero_url)
    second = Control(session, serving.xero_url, organisation="org2")

    assert first.stats()["calls"] == 0
    assert second.stats()["calls"] == 1
    assert first.rows("thing") == []
    assert [row["name"] for row in second.rows("thing")] == ["second"]
    assert first.token("ada") != second.token("ada")


def test_stats_count_calls_rows_and_packed_bytes_but_no_identity_and_control_calls(
    serving: Serving, session: requests.Session
) -> None:
    control = Control(session, serving.dynamics_url)
    session.post(f"{serving.dynamics_url}/token")
    for number in range(20):
        session.post(things(serving), json={"name": f"thing number {number}"})
    packed = session.get(things(serving), headers={"Accept-Encoding": "gzip"}, stream=True)
    on_the_wire = len(packed.raw.read(decode_content=False))
    plain = session.get(things(serving), headers={"Accept-Encoding": "identity"})
    session.get(f"{things(serving)}/{plain.json()[0]['id']}")

    stats = control.get("stats")

    assert isinstance(stats, dict)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert on_the_wire < len(plain.content) / 2
    assert (stats["calls"], stats["reads"], stats["writes"]) == (23, 3, 20)
    assert (stats["rows_read"], stats["rows_written"]) == (41, 20)
    assert stats["in_flight_max"] == 1
    assert stats["refused"] == {}
    assert stats["by_endpoint"]["GET /things"] == {
        "calls": 2,
        "rows": 40,
        "bytes_in": 0,
        "bytes_out": on_the_wire + len(plain.content),
    }
    assert set(stats["by_endpoint"]) == {"GET /things", "GET /things/{id}", "POST /things"}


def test_calls_in_flight_overlap(serving: Serving, session: requests.Session) -> None:
    control = Control(session, serving.dynamics_url)
    control.post("faults", {"rules": [{"kind": "slow", "seconds": 0.3}]})

    def ask(_: int) -> int:
        with caller(serving) as own:
            return own.get(things(serving)).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [200] * 8

    assert control.stats()["in_flight_max"] == 8


def test_switches_list_where_they_stand_and_can_be_moved(
    serving: Serving, session: requests.Session
) -> None:
    control = Control(session, serving.dynamics_url)

    moved = control.post("switches", {"colour": "blue"})

    assert moved == control.get("switches")
    assert moved == [
        {
            "name": "colour",
            "position": "blue",
            "default": "red",
            "positions": ["red", "blue"],
            "source": "nobody knows",
        }
    ]


def test_reset_empties_the_twin_and_leaves_people_and_clock(
    serving: Serving, session: requests.Session
) -> None:
    control = Control(session, serving.dynamics_url)
    token = control.token("grace")
    control.post("clock", {"set": "2031-05-06T07:08:09+00:00"})
    session.post(things(serving), json={"name": "a"})

    control.post("reset")

    assert control.rows("thing") == []
    assert control.entries() == []
    assert control.stats()["calls"] == 0
    assert control.token("grace") == token
    assert str(control.get("clock")).startswith("{'now': '2031-05-06")
    session.post(things(serving), json={"name": "b"})
    # Numbers go on, so that a bookmark taken before the reset still points forwards.
    assert [entry["seq"] for entry in control.entries()] == [2]


def test_people_are_the_loader_and_two_more_with_tokens_of_their_own(
    serving: Serving, session: requests.Session
) -> None:
    people = Control(session, serving.xero_url).get("people")

    assert isinstance(people, list)
    assert [person["name"] for person in people] == ["loader", "ada", "grace"]
    assert len({person["token"] for person in people}) == 3
    assert all("@" in person["email"] for person in people)


def test_control_calls_are_for_loopback_only(serving: Serving) -> None:
    endpoint = serving.endpoints[0]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as pool:
        kernel = Kernel(TinyTwin([endpoint]), [endpoint], clock=endpoint.clock, pool=pool)
        scope = {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "raw_path": b"/_sandbox/people",
            "query_string": b"",
            "headers": [],
            "client": ("192.0.2.7", 40_000),
        }
        asyncio.run(kernel(scope, receive, send))

    assert sent[0]["status"] == 403
    assert b"token" not in sent[1]["body"]


def test_a_defect_of_a_twin_shows_as_one(
    serving: Serving, session: requests.Session, caplog: pytest.LogCaptureFixture
) -> None:
    answer = session.get(f"{serving.dynamics_url}/defect")

    assert answer.status_code == 500
    assert "defect in the twin" in answer.text
    assert "on purpose" in caplog.text


def test_a_packed_body_is_unpacked_and_a_broken_one_refused(
    serving: Serving, session: requests.Session
) -> None:
    packed = {"Content-Encoding": "gzip"}

    good = session.post(things(serving), data=gzip.compress(b'{"name": "a"}'), headers=packed)
    bad = session.post(things(serving), data=b"no gzip", headers=packed)

    assert good.json()["name"] == "a"
    assert bad.status_code == 400


def test_the_present_of_a_fresh_sandbox_is_the_real_one(
    serving: Serving, session: requests.Session
) -> None:
    seen = Control(session, serving.dynamics_url).get("clock")

    assert isinstance(seen, dict)
    apart = datetime.now(UTC) - datetime.fromisoformat(seen["now"])
    assert abs(apart.total_seconds()) < 5
    assert seen["offset_s"] == 0
