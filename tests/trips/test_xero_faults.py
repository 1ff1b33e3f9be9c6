"""The Xero side when Xero, or the road to it, misbehaves."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from dynamics_xero.errors import (
    DynamicsXeroError,
    LostAnswerError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from dynamics_xero.model import ActionKind, Purpose, Write
from tests.listener import Handler, listening
from tests.trips.xero_world import CONTACTS, World, create, created, follow, world

pytestmark = pytest.mark.trip


@pytest.fixture(scope="module")
def xero(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("xero")) as running:
        yield running


@pytest.mark.parametrize("kind", ["500", "503", "html", "drop_answer", "truncate"])
def test_r32_a_read_that_fails_can_be_done_again(xero: World, kind: str) -> None:
    side = xero.fresh()
    created(side, Name="There")
    times = 2 if kind == "drop_answer" else 1  # a read is asked for once more by itself
    xero.faults({"kind": kind, "method": "GET", "path": "/Contacts", "times": times})

    with pytest.raises(UnavailableError):
        side.changes(CONTACTS, None)

    assert len(side.changes(CONTACTS, None).records) == 1


@pytest.mark.parametrize("kind", ["500", "503", "html", "drop_answer", "truncate"])
def test_r22_a_write_without_a_clear_answer_has_an_unknown_outcome(xero: World, kind: str) -> None:
    side = xero.fresh()
    xero.faults({"kind": kind, "method": "PUT", "path": "/Contacts", "times": 1})

    with pytest.raises(LostAnswerError):
        create(side, {"Name": "Perhaps"})


def test_r22_an_answer_that_takes_too_long_is_given_up(xero: World) -> None:
    side = xero.fresh()
    side.identify()
    xero.faults(
        {"kind": "timeout_after_commit", "method": "PUT", "path": "/Contacts", "seconds": 3}
    )
    write = Write(ActionKind.CREATE, "Contact", None, {"Name": "Slow"})

    with pytest.raises(LostAnswerError):
        side.write([write], purpose=Purpose.DATA, key="slow", deadline_s=0.5)

    xero.faults()
    records, _ = follow(side)
    assert [record.values["Name"] for record in records] == ["Slow"]


@pytest.mark.parametrize("kind", ["429_minute", "429_app"])
def test_r35_after_a_refusal_no_call_leaves_before_retry_after(xero: World, kind: str) -> None:
    side = xero.fresh()
    side.identify()
    xero.faults({"kind": kind, "times": 1})

    refused_after = xero.clock.now()
    with pytest.raises(ThrottledError) as caught:
        side.changes(CONTACTS, None)
    page = side.changes(CONTACTS, None)

    waited = page.started_at - refused_after
    assert caught.value.retry_after_s
    assert waited.total_seconds() >= caught.value.retry_after_s


def test_r35_too_many_at_once_is_a_short_wait_without_retry_after(xero: World) -> None:
    side = xero.fresh()
    side.identify()
    xero.faults({"kind": "429_concurrent", "times": 1})

    with pytest.raises(ThrottledError) as caught:
        create(side, {"Name": "N"})

    assert caught.value.code == "concurrent"
    assert 0 < (caught.value.retry_after_s or 0) <= 5


def test_r35_a_day_that_is_used_up_stops_the_side_without_another_call(xero: World) -> None:
    side = xero.fresh()
    side.identify()
    xero.faults({"kind": "429_day", "times": 1, "seconds": 7200})
    with pytest.raises(ThrottledError):
        side.changes(CONTACTS, None)
    before = xero.control.stats()["calls"]

    with pytest.raises(ThrottledError) as caught:
        side.changes(CONTACTS, None)

    assert caught.value.code == "day"
    assert (caught.value.retry_after_s or 0) > 60
    assert xero.control.stats()["calls"] == before


def test_a_token_revoked_in_between_is_replaced_and_the_call_goes_on(xero: World) -> None:
    side = xero.fresh()
    side.identify()
    xero.faults({"kind": "revoke_token", "method": "PUT", "times": 1})

    (answer,) = create(side, {"Name": "N"})

    assert answer.record is not None
    assert len(follow(side)[0]) == 1


def test_r31_a_refusal_of_the_whole_call_is_a_record_error(xero: World) -> None:
    side = xero.fresh()

    with pytest.raises(RejectedError) as caught:
        create(side, {"Name": "N"}, key="k" * 129)

    assert caught.value.status == 400


def test_an_address_where_nobody_listens_was_not_reached(xero: World) -> None:
    side = xero.fresh()
    tenant_id = side.identify().remote_id
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    elsewhere = xero.side(api_url=f"http://127.0.0.1:{port}/api", tenant_id=tenant_id)

    with pytest.raises(UnavailableError):
        create(elsewhere, {"Name": "N"})


class Hostile(Handler):
    """Redirects reads to itself, so that a client that follows shows it."""

    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_r37_a_redirect_is_not_followed(xero: World) -> None:
    xero.fresh()
    seen: list[str] = []
    handler = type("Seen", (Hostile,), {"seen": seen})
    with listening(handler) as url, pytest.raises(DynamicsXeroError) as caught:
        xero.side(api_url=f"{url}/api").changes(CONTACTS, None)

    assert isinstance(caught.value, UnavailableError)
    assert len(seen) == 1
    assert "elsewhere" not in seen[0]


def test_r38_no_error_shows_a_token_or_a_secret(xero: World) -> None:
    side = xero.fresh()
    side.identify()
    token = next(iter(xero.tokens.rows.values()))[0]
    secret = xero.settings.client_secret
    texts = []
    for kind in ("500", "html", "drop_answer", "429_minute"):
        xero.faults({"kind": kind, "times": 2 if kind == "drop_answer" else 1})
        with pytest.raises(DynamicsXeroError) as caught:
            side.changes(CONTACTS, None)
        texts.append(f"{caught.value!r} {caught.value} {caught.value.__cause__!r}")

    assert secret not in " ".join(texts)
    assert token[20:60] not in " ".join(texts)
    assert secret not in repr(xero.settings)
