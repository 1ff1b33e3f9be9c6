"""Each fault of the kernel, on the smallest twin there is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dynamics_xero.sandbox.assembly import ServeOptions
from dynamics_xero.sandbox.background import running
from dynamics_xero.sandbox.faults import Faults, Rule
from dynamics_xero.sandbox.serving import Serving
from tests.sandbox import Control, caller
from tests.tiny_twin import TINY_TWINS


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """A tiny sandbox."""
    with running(ServeOptions(home=tmp_path, seed=7), TINY_TWINS) as sandbox:
        yield sandbox


@pytest.fixture
def session(serving: Serving) -> Iterator[requests.Session]:
    """A caller that trusts the sandbox."""
    with caller(serving) as opened:
        yield opened


@pytest.fixture
def control(serving: Serving, session: requests.Session) -> Control:
    """The control calls of the Dynamics port."""
    return Control(session, serving.dynamics_url)


def strike(control: Control, **rule: object) -> None:
    """Let one rule strike once."""
    control.post("faults", {"seed": 1, "rules": [{"times": 1, **rule}]})


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("429_minute", 429, "429_minute"),
        ("429_day", 429, "429_day"),
        ("429_concurrent", 429, "429_concurrent"),
        ("429_app", 429, "429_app"),
        ("500", 500, "500"),
        ("503", 503, "503"),
        ("html", 503, "<html>down</html>"),
    ],
)
def test_a_refusal_is_worded_by_the_twin_and_nothing_is_processed(
    serving: Serving, session: requests.Session, control: Control, kind: str, status: int, text: str
) -> None:
    strike(control, kind=kind)
    address = f"{serving.dynamics_url}/things"

    refused = session.post(address, json={"name": "a"})
    accepted = session.post(address, json={"name": "b"})

    assert (refused.status_code, refused.text) == (status, text)
    assert "X-Left" in refused.headers
    assert accepted.status_code == 201
    assert [row["name"] for row in control.rows("thing")] == ["b"]
    stats = control.get("stats")
    assert isinstance(stats, dict)
    assert stats["refused"] == {kind: 1}
    assert (stats["calls"], stats["writes"], stats["rows_written"]) == (2, 2, 1)


def test_slow_waits_and_then_answers(
    serving: Serving, session: requests.Session, control: Control
) -> None:
    strike(control, kind="slow", seconds=0.4)

    begun = time.monotonic()
    answer = session.get(f"{serving.dynamics_url}/things")

    assert answer.status_code == 200
    assert time.monotonic() - begun >= 0.4


def test_lengths_between_two_bounds_are_drawn_anew_and_again_by_the_seed() -> None:
    def lengths(seed: int) -> list[float]:
        faults = Faults()
        faults.replace([Rule("slow", seconds=0.3, up_to_seconds=1.0)], seed=seed)
        return [fault.seconds or 0 for _ in range(50) for fault in faults.draw("GET", "/things")]

    drawn = lengths(1)

    assert 0.3 <= min(drawn) < 0.4
    assert 0.9 < max(drawn) <= 1.0
    assert drawn == lengths(1) != lengths(2)


@pytest.mark.parametrize("kind", ["drop_answer", "timeout_after_commit"])
def test_a_lost_answer_belongs_to_a_write_that_was_done(
    serving: Serving, session: requests.Session, control: Control, kind: str
) -> None:
    strike(control, kind=kind, seconds=0.2)

    with pytest.raises(requests.ConnectionError):
        session.post(f"{serving.dynamics_url}/things", json={"name": "a"})

    assert [row["name"] for row in control.rows("thing")] == ["a"]
    assert [entry["action"] for entry in control.entries()] == ["create"]
    assert control.stats()["calls"] == 1
    assert control.stats()["bytes_out"] == 0


def test_timeout_after_commit_holds_the_line_until_the_caller_gives_up(
    serving: Serving, session: requests.Session, control: Control
) -> None:
    strike(control, kind="timeout_after_commit", seconds=30)

    with pytest.raises(requests.ReadTimeout):
        session.post(f"{serving.dynamics_url}/things", json={"name": "a"}, timeout=0.3)

    assert [row["name"] for row in control.rows("thing")] == ["a"]


def test_truncate_promises_the_whole_and_sends_half(
    serving: Serving, session: requests.Session, control: Control
) -> None:
    address = f"{serving.dynamics_url}/things"
    session.post(address, json={"name": "a long enough name to be cut"})
    strike(control, kind="truncate", method="GET")

    answer = session.get(address, stream=True)

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        answer.content  # noqa: B018 - reading it is the act
    assert int(answer.headers["Content-Length"]) > 0
    assert session.get(address).status_code == 200


def test_sign_in_is_struck_only_by_a_rule_that_names_it(
    serving: Serving, session: requests.Session, control: Control
) -> None:
    address = f"{serving.dynamics_url}/token"

    control.post("faults", {"rules": [{"kind": "503"}]})
    spared = session.post(address)
    control.post("faults", {"rules": [{"kind": "503", "path": "/token"}]})
    struck = session.post(address)

    assert (spared.status_code, struck.status_code) == (200, 503)
    assert control.stats()["calls"] == 0


def test_a_rule_is_about_its_method_and_path_only() -> None:
    pattern = Rule("500", method="put", path="/api.xro/*/Contacts")
    part = Rule("500", path="contacts(")

    assert pattern.applies_to("PUT", "/api.xro/2.0/Contacts")
    assert not pattern.applies_to("POST", "/api.xro/2.0/Contacts")
    assert not pattern.applies_to("PUT", "/api.xro/2.0/Contacts/1")
    assert part.applies_to("GET", "/api/data/v9.2/Contacts(1)")
    assert not part.applies_to("GET", "/api/data/v9.2/contacts")


def test_the_same_seed_strikes_the_same_calls() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults()
        faults.replace([Rule("500", probability=0.5)], seed=seed)
        return [bool(faults.draw("GET", "/things")) for _ in range(64)]

    assert struck(3) == struck(3)
    assert struck(3) != struck(4)
    assert 10 < sum(struck(3)) < 54


def test_times_counts_strikes_and_a_twin_asks_for_its_own_kinds() -> None:
    faults = Faults()
    faults.replace([Rule("expire_delta", times=2), Rule("500", times=1)], seed=0)

    kernel = [fault.kind for _ in range(3) for fault in faults.draw("GET", "/things")]
    twin = [faults.draw_kind("expire_delta", "GET", "/things") for _ in range(3)]

    assert kernel == ["500"]
    assert [fault is not None for fault in twin] == [True, True, False]
