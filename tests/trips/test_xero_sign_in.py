"""The Xero side signs in: which organisation, which token, which setting to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest

from dynamics_xero.errors import SignInError, UnavailableError, WrongEndpointError
from dynamics_xero.xero.auth_endpoint import ANSWER_S, MAX_BYTES
from dynamics_xero.xero.auth_grant import pack, unpack
from dynamics_xero.xero.side import XeroSide
from tests.listener import Handler, listening
from tests.trips.xero_world import CONTACTS, NOBODY, World, world

pytestmark = pytest.mark.trip


@pytest.fixture(scope="module")
def xero(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("xero")) as running:
        yield running


def test_r33_a_custom_connection_finds_its_one_organisation(xero: World) -> None:
    side = xero.fresh()

    facts = side.identify()

    assert facts.remote_id == xero.serving.organisations[0].tenant_id
    assert facts.key == f"xero:{facts.remote_id}"
    assert facts.currency
    assert facts.short_code


def test_r33_another_tenant_than_the_settings_name_is_refused(xero: World) -> None:
    xero.fresh()

    with pytest.raises(WrongEndpointError):
        xero.side(tenant_id=NOBODY).identify()


def test_a_wrong_secret_names_the_setting_and_never_shows_it(xero: World) -> None:
    xero.fresh()

    with pytest.raises(SignInError) as caught:
        xero.side(client_secret="canary-secret").identify()

    assert caught.value.code == "invalid_client"
    assert "client_secret" in str(caught.value)
    assert "canary" not in repr(caught.value) + str(caught.value)


def test_an_app_of_the_old_scopes_signs_in_too(xero: World) -> None:
    side = xero.fresh(scope_model="broad")

    assert side.identify().name


def test_an_untrusted_certificate_is_a_matter_of_settings(xero: World) -> None:
    xero.fresh()

    with pytest.raises(SignInError) as caught:
        xero.side(ca_file=None).identify()

    assert "ca_file" in str(caught.value)


def test_an_accounting_address_of_its_own_asks_the_sign_in_for_the_organisation(
    xero: World,
) -> None:
    side = xero.fresh()

    proxied = xero.side(api_url=f"{xero.serving.xero_api_url}/../2.0")

    assert proxied.identify().remote_id == side.identify().remote_id


def test_one_token_serves_all_threads_and_the_next_process(xero: World) -> None:
    side = xero.fresh()
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: side.read(CONTACTS, [NOBODY]), range(5)))
    before = dict(xero.tokens.rows)

    xero.side().identify()

    assert next(iter(before.values()))[1] == 2, "begun and landed, once"
    assert xero.tokens.rows == before


def test_a_token_is_renewed_before_it_ends(xero: World) -> None:
    side = xero.fresh()
    side.identify()

    xero.clock.offset += timedelta(seconds=1741)
    side.identify()

    assert next(iter(xero.tokens.rows.values()))[1] == 4


def test_a_token_that_xero_no_longer_takes_is_replaced_once(xero: World) -> None:
    side = xero.fresh()
    side.identify()
    ((name, (held, generation)),) = xero.tokens.rows.items()
    xero.tokens.rows[name] = (pack(replace(unpack(held), access="garbled")), generation + 1)

    assert xero.side().identify().name
    assert xero.tokens.rows[name][1] == generation + 3


def test_nothing_is_asked_of_xero_before_the_first_call(xero: World) -> None:
    xero.fresh()

    side = XeroSide(xero.settings, xero.clock, xero.tokens, xero.budgets)

    assert side.calls.counts() == {"read": 0, "write": 0, "write_back": 0}
    assert xero.tokens.rows == {}


def test_a_token_answer_that_is_lost_is_asked_for_again_at_once(xero: World) -> None:
    side = xero.fresh()
    xero.faults({"kind": "drop_answer", "path": "/connect/token", "times": 1})

    assert side.identify().name


@pytest.mark.parametrize("kind", ["500", "503", "html", "truncate", "drop_answer"])
def test_a_sign_in_that_fails_is_told_and_tried_again_later(xero: World, kind: str) -> None:
    side = xero.fresh()
    xero.faults({"kind": kind, "path": "/connect/token", "times": 2})
    with pytest.raises(UnavailableError):
        side.identify()
    xero.faults()

    assert side.identify().name


class Astray(Handler):
    """A sign-in that redirects, or that has too much to say."""

    how: ClassVar[str] = ""
    asked: ClassVar[list[str]] = []
    then: ClassVar[Callable[[], object]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        body = b"x" * (MAX_BYTES + 1 if self.how == "too much" else 1)
        self.send_response(302 if self.how == "redirect" else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body[:-1])
            type(self).then()
            self.wfile.write(body[-1:])


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("redirect", "as it should"),
        ("too much", "more than it should"),
        ("too slow", "too long"),
        ("no json", "as it should"),
    ],
)
def test_r37_a_sign_in_that_redirects_or_rambles_is_given_up(
    xero: World, how: str, told: str
) -> None:
    xero.fresh()
    Astray.how = how
    Astray.asked.clear()
    Astray.then = lambda: xero.clock.sleep(2 * ANSWER_S) if how == "too slow" else None
    with listening(Astray) as url, pytest.raises(UnavailableError, match=told):
        xero.side(identity_url=url).identify()

    assert Astray.asked == ["POST /connect/token"]


def test_a_token_that_is_refused_is_fetched_once_more_and_no_oftener(xero: World) -> None:
    side = xero.fresh()
    side.identify()
    before = fetched(xero)
    xero.faults({"kind": "revoke_token", "path": "/Contacts"})

    for _ in range(2):
        with pytest.raises(SignInError, match="not even a new one"):
            side.changes(CONTACTS, None)
    xero.faults()

    assert fetched(xero) == before + 2, "once for each call that was asked for"
    assert side.changes(CONTACTS, None).records == ()


def fetched(xero: World) -> int:
    """Return how often a token was asked for."""
    stats = xero.control.get("stats")
    assert isinstance(stats, dict)
    return int(stats["sign_ins"]["POST /connect/token"]["calls"])
