"""What a renewed sign-in to Xero may lean on: our own credentials, and every token that counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

import pytest

from dynamics_xero.errors import SignInError, UnavailableError
from dynamics_xero.settings import CODE_FLOW
from dynamics_xero.xero.auth import LIFETIME_S
from dynamics_xero.xero.auth_grant import Grant
from dynamics_xero.xero.side import XeroSide
from tests.listener import Handler, listening
from tests.trips.xero_world import World, world

pytestmark = pytest.mark.trip


@pytest.fixture(scope="module")
def xero(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("xero")) as running:
        yield running


def fetched(xero: World) -> int:
    """Return how often a token was asked for."""
    stats = xero.control.get("stats")
    assert isinstance(stats, dict)
    return int(stats["sign_ins"].get("POST /connect/token", {"calls": 0})["calls"])


def test_a_token_that_still_lives_does_not_hide_a_secret_that_is_wrong_by_now(
    xero: World,
) -> None:
    xero.fresh().identify()
    asked = fetched(xero)

    for _ in range(2):
        with pytest.raises(SignInError, match="client_secret"):
            xero.side(client_secret="mistyped").identify()

    assert fetched(xero) == asked + 2
    assert xero.side().identify().name, "who has the right one works on"
    assert fetched(xero) == asked + 2


def consented(xero: World, **changes: str) -> XeroSide:
    """Return a side that people let in, with no access token yet."""
    organisation = xero.serving.organisations[0]
    side = xero.side(flow=CODE_FLOW, **changes)
    side.sign_in.flight.replace(Grant(refresh=("spent", organisation.refresh_token)))
    return side


def test_of_several_refresh_tokens_the_one_that_counts_is_found(xero: World) -> None:
    xero.fresh()

    side = consented(xero)

    assert side.identify().name
    left = side.sign_in.flight.load()
    assert len(left.refresh) == 1
    assert not left.lapsed


class Odd(Handler):
    """A token endpoint whose answers are not as documented."""

    answer: ClassVar[dict[str, object]] = {}

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(self.answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_an_odd_answer_of_the_token_endpoint_costs_no_consent(xero: World) -> None:
    xero.fresh()
    with listening(Odd) as url:
        side = consented(xero, identity_url=url)
        before = side.sign_in.flight.load().refresh
        odd_answers: list[dict[str, object]] = [
            {},
            {"access_token": None},
            {"access_token": 7, "refresh_token": "new"},
        ]
        for Odd.answer in odd_answers:
            with pytest.raises(UnavailableError):
                side.sign_in.access_token()
            assert side.sign_in.flight.load().refresh == before
        Odd.answer = {"access_token": "short", "expires_in": "soon"}
        began = xero.clock.now()

        assert side.sign_in.access_token() == "short"

    grant = side.sign_in.flight.load()
    assert grant.refresh == before, "no new one came, so the old one goes on counting"
    assert abs(grant.seconds_left(began) - LIFETIME_S) < 60
