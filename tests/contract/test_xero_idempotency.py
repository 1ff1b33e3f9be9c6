"""Idempotency-Key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.xero_server import Xero, names

KEY = {"Idempotency-Key": "key-1"}


def put(xero: Xero, name: str, key: str = "key-1") -> tuple[int, str]:
    """PUT one contact under a key."""
    answer = xero.call(
        "PUT", "/Contacts", body={"Contacts": [{"Name": name}]}, headers={"Idempotency-Key": key}
    )
    return answer.status_code, answer.text


def test_the_first_answer_is_replayed(xero: Xero) -> None:
    """xero.md 4, Idempotency-Key: replay the first response."""
    once = put(xero, "A")
    assert once == put(xero, "A")
    assert names(xero.listed()) == ["A"]
    assert len(xero.ledger()) == 1


def test_equal_calls_at_the_same_time_create_once(xero: Xero) -> None:
    """xero.md 4, Idempotency-Key: a concurrent call with the same key gets the same answer."""
    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(lambda _: put(xero, "A"), range(4)))
    assert len(answers) == 1
    assert names(xero.listed()) == ["A"]


def test_a_refusal_is_replayed_too(xero: Xero) -> None:
    """xero.md 4, Idempotency-Key: replay the first response."""
    made = xero.created(Name="A")
    refused = put(xero, "A")
    xero.updated(ContactID=made["ContactID"], Name="B")
    assert put(xero, "A") == refused
    assert put(xero, "A", "key-2")[0] == 200


def test_another_body_under_the_same_key_is_refused(xero: Xero) -> None:
    """xero.md 4, Idempotency-Key: same key + different body: 400 expected."""
    put(xero, "A")
    assert put(xero, "B")[0] == 400
    assert names(xero.listed()) == ["A"]


def test_a_key_belongs_to_method_and_path(xero: Xero) -> None:
    """xero.md 4, Idempotency-Key: scope = (access token, method+path, key)."""
    put(xero, "A")
    answer = xero.call("POST", "/Contacts", body={"Contacts": [{"Name": "B"}]}, headers=KEY)
    assert answer.status_code == 200
    assert sorted(names(xero.listed())) == ["A", "B"]


@pytest.mark.parametrize(
    ("position", "age", "status"),
    [("360", 359, 200), ("360", 361, 400), ("86400", 1700, 200), ("0", 0, 400)],
)
def test_how_long_a_key_lives_is_a_switch(
    running_xero: Xero, position: str, age: int, status: int
) -> None:
    """xero.md 4, Idempotency-Key: 6 minutes in one report, 24 hours in another."""
    xero = running_xero.fresh(idempotency_ttl_s=position)
    put(xero, "A")
    xero.control("POST", "clock", {"advance_s": age})
    assert put(xero, "A")[0] == status


def test_a_day_long_key_outlives_its_token_with_the_client(running_xero: Xero) -> None:
    """xero.md 4, Idempotency-Key: the other scope, the other retention."""
    xero = running_xero.fresh(idempotency_ttl_s="86400", idempotency_scope="client")
    once = put(xero, "A")
    xero.control("POST", "clock", {"advance_s": 3600})
    xero.sign_in()
    assert put(xero, "A") == once


@pytest.mark.parametrize(("position", "status"), [("access_token", 400), ("client", 200)])
def test_whether_keys_are_lost_on_refresh_is_a_switch(
    running_xero: Xero, position: str, status: int
) -> None:
    """xero.md 4, Idempotency-Key: keys scoped to the access token by default."""
    xero = running_xero.fresh(idempotency_scope=position)
    put(xero, "A")
    xero.sign_in()
    # Lost: the call is carried out again, and the name is found taken.
    assert put(xero, "A")[0] == status


@pytest.mark.parametrize(("key", "status"), [("k" * 128, 200), ("k" * 129, 400), ("", 400)])
def test_a_key_has_1_to_128_characters(xero: Xero, key: str, status: int) -> None:
    """xero.md 4, Idempotency-Key: <= 128 characters, non-empty."""
    assert put(xero, "A", key)[0] == status
