"""The Dynamics side when the environment, the network or the sign-in fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.errors import (
    DynamicsXeroError,
    LostAnswerError,
    SignInError,
    ThrottledError,
    UnavailableError,
)
from dynamics_xero.model import ActionKind, Answer, Purpose, Write
from dynamics_xero.settings import DynamicsSettings, Secret
from tests.trips.dynamics_world import ACCOUNTS, World, follow, world

pytestmark = pytest.mark.trip


def send(side: DynamicsSide, row_id: str, *, deadline_s: float = 60) -> Answer:
    write = Write(ActionKind.UPDATE, "account", row_id, {"xero_remark": "Synced"})
    return side.write([write], purpose=Purpose.WRITE_BACK, key="k", deadline_s=deadline_s)[0]


READ_FAULTS = [
    ("429_minute", ThrottledError), ("429_concurrent", ThrottledError), ("500", UnavailableError),
    ("503", UnavailableError), ("html", UnavailableError), ("drop_answer", UnavailableError),
    ("truncate", UnavailableError), ("remove_privilege", SignInError),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "kind"), READ_FAULTS)
def test_r32_a_read_that_fails_says_what_to_do_next(
    env: World, fault: str, kind: type[DynamicsXeroError]
) -> None:
    side = env.fresh()
    env.add_accounts(20)
    times = 2 if fault == "drop_answer" else 1  # a read is asked for once more by itself
    env.faults({"kind": fault, "times": times, "path": "accounts"})

    with pytest.raises(kind) as caught:
        side.changes(ACCOUNTS, None)

    assert type(caught.value) is kind
    assert len(follow(side, ACCOUNTS)[0]) >= 20


WRITE_FAULTS = [
    ("429_minute", ThrottledError, False), ("503", UnavailableError, False),
    ("500", LostAnswerError, False), ("drop_answer", LostAnswerError, True),
    ("truncate", LostAnswerError, True),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "kind", "taken"), WRITE_FAULTS)
def test_r22_a_write_without_an_answer_is_told_from_one_that_was_not_taken(
    env: World, fault: str, kind: type[DynamicsXeroError], *, taken: bool
) -> None:
    side = env.fresh()
    row_id = env.add("accounts", name="One")
    env.faults({"kind": fault, "times": 1, "path": "$batch"})

    with pytest.raises(kind) as caught:
        send(side, row_id)

    assert type(caught.value) is kind
    row = next(row for row in env.control.rows("account") if row["accountid"] == row_id)
    assert (row.get("xero_remark") == "Synced") is taken
    assert send(side, row_id).error is None


def test_r22_a_write_waits_no_longer_than_its_deadline(env: World) -> None:
    side = env.fresh()
    row_id = env.add("accounts", name="One")
    env.faults({"kind": "timeout_after_commit", "times": 1, "path": "$batch", "seconds": 20})
    began = time.monotonic()

    with pytest.raises(LostAnswerError):
        send(side, row_id, deadline_s=1)

    assert time.monotonic() - began < 10


def test_r32_the_wait_that_dynamics_asks_for_is_passed_on(env: World) -> None:
    side = env.fresh()
    env.faults({"kind": "429_minute", "times": 1, "seconds": 17})

    with pytest.raises(ThrottledError) as caught:
        side.changes(ACCOUNTS, None)

    assert caught.value.retry_after_s == 17
    assert caught.value.code == "0x80072322"
    assert caught.value.request_id


def test_a_revoked_token_is_replaced_once_without_anyone_noticing(env: World) -> None:
    side = env.fresh()
    row_id = env.add("accounts", name="One")
    side.changes(ACCOUNTS, None)

    env.faults({"kind": "revoke_token", "times": 1})
    assert send(side, row_id).error is None

    env.faults({"kind": "revoke_token"})
    with pytest.raises(SignInError, match="does not accept the token"):
        send(side, row_id)


def test_r39_a_token_is_renewed_by_our_clock_before_it_expires(env: World) -> None:
    side = env.fresh()
    side.changes(ACCOUNTS, None)
    before = env.control.stats()["calls"]

    env.control.post("clock", {"advance_s": 3700})
    env.clock.offset += timedelta(seconds=3700)
    side.changes(ACCOUNTS, None)

    assert env.control.stats()["calls"] == before + 1, "no call was refused for its token"


WRONG: list[tuple[Callable[[DynamicsSettings], DynamicsSettings], str]] = [
    (lambda settings: replace(settings, client_secret=Secret("canary-5c1d")), "client_secret"),
    (lambda settings: replace(settings, client_id="nobody"), "client_id"),
    (lambda settings: replace(settings, authority=settings.authority[:-1]), "authority"),
    (lambda settings: replace(settings, authority="https://localhost"), "authority"),
    (lambda settings: replace(settings, authority="http://localhost/x"), "authority"),
    (lambda settings: replace(settings, ca_file=None), "ca_file"),
]


@pytest.mark.parametrize(("wrong", "setting"), WRONG)
def test_a_sign_in_that_fails_names_the_setting_to_mend(
    env: World, wrong: Callable[[DynamicsSettings], DynamicsSettings], setting: str
) -> None:
    settings = wrong(env.settings)

    with pytest.raises(SignInError, match=setting) as caught:
        DynamicsSide(settings, env.clock).identify()

    assert settings.client_secret not in str(caught.value)


def test_a_url_of_another_resource_is_named(env: World) -> None:
    settings = replace(env.settings, url=env.settings.url.replace("localhost", "127.0.0.2"))

    with pytest.raises(SignInError, match="url"):
        DynamicsSide(settings, env.clock).identify()


def test_a_sign_in_address_where_nobody_listens_is_unavailable(env: World) -> None:
    settings = replace(env.settings, authority="https://localhost:1/tenant")

    with pytest.raises(UnavailableError):
        DynamicsSide(settings, env.clock).identify()


def test_r22_a_write_that_could_not_leave_was_not_taken(tmp_path: Path) -> None:
    with world(tmp_path) as stopped:
        side = stopped.fresh()

    with pytest.raises(UnavailableError, match="cannot be reached"):
        send(side, "6f1a9d0c-0000-4000-8000-000000000001")


def test_a_sign_in_service_that_is_down_is_no_fault_of_the_settings(env: World) -> None:
    for fault in ("500", "503", "drop_answer"):
        env.faults({"kind": fault, "path": "/oauth2/v2.0/token"})
        with pytest.raises(UnavailableError):
            env.side().identify()

        env.faults({"kind": fault, "path": "/.well-known/openid-configuration"})
        with pytest.raises(UnavailableError):
            env.side().identify()


def test_r38_the_secret_is_not_in_the_settings_text(env: World) -> None:
    assert env.settings.client_secret not in repr(env.settings)


def test_the_environment_of_the_process_changes_nothing(
    env: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "/nonexistent" if "BUNDLE" in name else "http://localhost:1")

    assert env.side().identify().name
