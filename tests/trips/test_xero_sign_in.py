"""The Xero side signs in: which organisation, which token, which setting to mend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from dynamics_xero.errors import SignInError, WrongEndpointError
from dynamics_xero.xero.side import XeroSide
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

    assert next(iter(before.values()))[1] == 1
    assert xero.tokens.rows == before


def test_a_token_is_renewed_before_it_ends(xero: World) -> None:
    side = xero.fresh()
    side.identify()

    xero.clock.offset += timedelta(seconds=1741)
    side.identify()

    assert next(iter(xero.tokens.rows.values()))[1] == 2


def test_a_token_that_xero_no_longer_takes_is_replaced_once(xero: World) -> None:
    side = xero.fresh()
    side.identify()
    ((name, (_, generation)),) = xero.tokens.rows.items()
    ends = (xero.clock.now() + timedelta(hours=1)).isoformat()
    xero.tokens.rows[name] = (
        json.dumps({"access_token": "garbled", "expires_at": ends}),
        generation + 1,
    )

    assert xero.side().identify().name
    assert xero.tokens.rows[name][1] == generation + 2


def test_nothing_is_asked_of_xero_before_the_first_call(xero: World) -> None:
    xero.fresh()

    side = XeroSide(xero.settings, xero.clock, xero.tokens, xero.budgets)

    assert side.calls.counts() == {"read": 0, "write": 0, "write_back": 0}
    assert xero.tokens.rows == {}
