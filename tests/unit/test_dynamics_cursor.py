"""The bookmark of a table's feed, without a server."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_xero.dynamics.cursor import Cursor, Stage, open_cursor
from dynamics_xero.dynamics.pin import Pin
from dynamics_xero.errors import CursorExpiredError, UnavailableError

PIN = Pin("https://contoso.crm4.dynamics.com")
ACCOUNTS = f"{PIN.api_url}/accounts"
SELECT = ("accountid", "name")


def reopen(text: str | None, select: tuple[str, ...] = SELECT) -> Cursor:
    return open_cursor(text, select, pin=PIN, entity_set="accounts")


def test_a_cursor_survives_its_text() -> None:
    cursor = reopen(None).follow(f"{ACCOUNTS}?$skiptoken=2")

    assert reopen(cursor.to_text()) == cursor


def test_the_delta_link_is_used_where_no_further_page_waits() -> None:
    delta = f"{ACCOUNTS}?$select=name&$deltatoken=919042%2108%2f22%2f2017%2008%3a10%3a44"
    cursor = reopen(None).enter(Stage.DELTA, delta=delta, complete=True)

    assert cursor.link == delta
    assert cursor.version == 919042
    assert cursor.follow(f"{ACCOUNTS}?$skiptoken=2").link == f"{ACCOUNTS}?$skiptoken=2"


def test_a_first_page_has_no_link_of_the_remote() -> None:
    assert reopen(None).link is None
    assert reopen(None).enter(Stage.CATCH_UP, delta=ACCOUNTS, complete=False).link is None
    assert reopen(None).version == 0


def test_r4_a_changed_select_list_begins_again() -> None:
    text = reopen(None).follow(f"{ACCOUNTS}?$skiptoken=2").to_text()

    with pytest.raises(CursorExpiredError):
        reopen(text, ("accountid", "fax", "name"))


@pytest.mark.parametrize("link", ["https://evil.example/api/data/v9.2/accounts", 5, "accounts"])
@pytest.mark.parametrize("name", ["url", "delta"])
def test_r37_a_bookmark_changed_where_it_is_kept_is_not_followed(link: object, name: str) -> None:
    facts = json.loads(reopen(None).to_text())

    with pytest.raises(CursorExpiredError):
        reopen(json.dumps({**facts, name: link}))


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "null", "{}", '{"stage": "delta"}', '{"stage": 1}']
)
def test_a_bookmark_that_cannot_be_read_begins_again(text: str) -> None:
    with pytest.raises(CursorExpiredError):
        reopen(text)


@given(before=st.integers(min_value=0, max_value=40), length=st.integers(min_value=1, max_value=40))
def test_r37_links_that_lead_in_a_circle_stop(before: int, length: int) -> None:
    places = [*range(before), *[before + step % length for step in range(10 * (before + length))]]

    followed = count_followed(places)

    assert before <= followed <= 4 * (before + length)


def count_followed(places: list[int]) -> int:
    cursor = reopen(None)
    for followed, place in enumerate(places):
        try:
            cursor = cursor.follow(f"{ACCOUNTS}?$skiptoken={place}")
        except UnavailableError:
            return followed
    raise AssertionError("the circle was not found")


def test_links_that_lead_on_are_followed_over_many_pages() -> None:
    cursor = reopen(None)

    for page in range(5000):
        cursor = cursor.follow(f"{ACCOUNTS}?$skiptoken={page}")

    assert cursor.pages == 5000
    assert len(cursor.to_text()) < 500
