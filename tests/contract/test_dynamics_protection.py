"""Service protection, faults and counters, as dataverse.md section 5 and contract.md 2 say."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import Dynamics, operation


def fault(dynamics: Dynamics, kind: str, **rule: object) -> None:
    """Make the next call go wrong."""
    rules = [{"kind": kind, "times": 1, **rule}]
    dynamics.control.post("faults", {"seed": 1, "rules": rules})


def test_too_many_requests_are_refused_until_the_window_moves(dynamics: Dynamics) -> None:
    """Section 5: 6,000 requests in 300 seconds, sliding, 0x80072322, Retry-After."""
    dynamics.control.post("quota", {"dynamics_requests": 3})
    try:
        answers = [dynamics.call("GET", "WhoAmI") for _ in range(4)]
        dynamics.control.post("clock", {"advance_s": 301})
        later = dynamics.call("GET", "WhoAmI")
    finally:
        dynamics.control.post("quota", {"dynamics_requests": 6000})

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    error = answers[-1].json()["error"]
    assert error["code"] == "0x80072322"
    assert error["message"].startswith("Number of requests exceeded the limit of 6000")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 300
    assert later.status_code == 200


def test_each_user_has_a_limit_of_its_own(dynamics: Dynamics) -> None:
    """Section 5: per user."""
    dynamics.control.post("quota", {"dynamics_requests": 1})
    try:
        ours = [dynamics.call("GET", "WhoAmI").status_code for _ in range(2)]
        theirs = dynamics.call("GET", "WhoAmI", person="ada").status_code
    finally:
        dynamics.control.post("quota", {"dynamics_requests": 6000})

    assert (ours, theirs) == ([200, 429], 200)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("429_minute", 429, "0x80072322"), ("429_concurrent", 429, "0x80072326"),
        ("429_day", 429, "0x80072321"), ("500", 500, "0x80040216"), ("503", 503, "0x80072324"),
    ],
)  # fmt: skip
def test_faults_answer_in_dataverses_words(
    dynamics: Dynamics, kind: str, status: int, code: str
) -> None:
    """Section 5: three facets; contract.md section 2: fault kinds."""
    fault(dynamics, kind)

    answer = dynamics.call("POST", "accounts", {"name": "A"})

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert ("Retry-After" in answer.headers) == (status in (429, 503))
    assert dynamics.names() == []


def test_every_answer_tells_what_is_left(dynamics: Dynamics) -> None:
    """Section 5: informational headers."""
    first, second = (dynamics.call("GET", "WhoAmI") for _ in range(2))

    name = "x-ms-ratelimit-burst-remaining-xrm-requests"
    assert int(first.headers[name]) - int(second.headers[name]) == 1
    assert "x-ms-ratelimit-time-remaining-xrm-requests" in first.headers
    assert first.headers["x-ms-service-request-id"]


def test_a_next_link_can_be_made_hostile(dynamics: Dynamics) -> None:
    """contract.md section 2: fault kind hostile_nextlink."""
    for name in ("A", "B"):
        dynamics.created("accounts", name=name)
    fault(dynamics, "hostile_nextlink")

    page = dynamics.read("accounts", prefer="odata.maxpagesize=1")

    assert not page["@odata.nextLink"].startswith(dynamics.url)


def test_a_privilege_can_be_removed(dynamics: Dynamics) -> None:
    """Table of section 0: 403 with 0x80040220."""
    fault(dynamics, "remove_privilege")

    status, code, message = dynamics.refused("GET", "accounts")

    assert (status, code) == (403, "0x80040220")
    assert "prvReadAccount" in message


def test_calls_are_counted_by_endpoint_with_ids_replaced(dynamics: Dynamics) -> None:
    """contract.md section 2, stats."""
    dynamics.control.post("reset")
    row_id = dynamics.created("accounts", name="A")
    dynamics.read(f"accounts({row_id})")
    dynamics.patched(f"accounts({row_id})", name="B")
    dynamics.read("accounts", select="name")
    dynamics.batch(operation("GET", "accounts"))

    counters = dynamics.control.get("stats")
    assert isinstance(counters, dict)
    labels = {label: row["calls"] for label, row in counters["by_endpoint"].items()}
    assert labels == {
        "POST /accounts": 1, "GET /accounts/{id}": 1, "PATCH /accounts/{id}": 1,
        "GET /accounts": 1, "POST /$batch": 1,
    }  # fmt: skip
    assert (counters["reads"], counters["writes"]) == (2, 3)
    assert (counters["rows_read"], counters["rows_written"]) == (3, 2)


def test_rows_can_be_dumped_with_their_state(dynamics: Dynamics) -> None:
    """contract.md section 2, dump: the public API's own field names."""
    row_id = dynamics.created("accounts", name="A", creditonhold=True)
    dynamics.patched(f"accounts({row_id})", statecode=1)

    rows = dynamics.control.rows("account")

    assert [(row["name"], row["statecode"], row["creditonhold"]) for row in rows] == [
        ("A", 1, True)
    ]
    assert rows[0]["_primarycontactid_value"] is None


def test_a_write_is_in_the_ledger_with_both_images(dynamics: Dynamics) -> None:
    """contract.md section 2, ledger."""
    row_id = dynamics.created("accounts", name="A")
    dynamics.call("PATCH", f"accounts({row_id})", {"name": "B"}, person="grace")
    dynamics.refused("POST", "accounts", {"nope": 1})

    entries = dynamics.control.entries()
    assert [(entry["actor"], entry["action"]) for entry in entries] == [
        ("connector", "create"), ("grace", "update"),
    ]  # fmt: skip
    update = entries[1]
    assert (update["resource"], update["id"], update["method"]) == ("account", row_id, "PATCH")
    assert (update["before"]["name"], update["after"]["name"]) == ("A", "B")  # type: ignore[index]
    assert update["fields"] == ["name"]
