"""The first load over books full of dirt: nothing wrong, little missed, nothing overwritten."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.sandbox.seed import SeedOptions, seed
from dynamics_xero.settings import FirstRun
from tests.trips.spent import Meter, Spent
from tests.trips.world import Row, World, served

pytestmark = pytest.mark.trip

ACCOUNTS, CONTACTS = 5000, 4000
FIRST, LAST = 101, 120
"""Seeds kept for this test: none of them was looked at while matching was built."""

SEEDS = range(FIRST, LAST + 1) if os.environ.get("DYNAMICS_XERO_LONG") else range(FIRST, FIRST + 1)
ENOUGH = 0.6


@pytest.fixture
def books(tmp_path: Path) -> Iterator[World]:
    """Serve twins of their own, which never say that it is too much for a minute."""
    with served(tmp_path) as world:
        world.xero.post("quota", {"enabled": False})
        world.dynamics.post("quota", {"enabled": False})
        yield world


@pytest.mark.parametrize("number", SEEDS)
def test_r16_r17_r10_a_first_load_over_dirt_links_nothing_wrong_and_overwrites_nothing(
    books: World, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = _seeded(books, number)
    before = {str(row["ContactID"]): row for row in books.all_in_xero()}
    meter = Meter(dynamics=books.dynamics, xero=books.xero)

    with books.connector() as connector, books.hurried(4):
        report = connector.backfill()

    found = {str(row["accountid"]): row.get("xero_id") for row in books.dynamics.rows("account")}
    linked = {account: found[account] for account in found if found[account] in before}
    right = [account for account, contact in truth.items() if linked.get(account) == contact]
    with capsys.disabled():
        print(f"\nseed {number}: recall {len(right) / len(truth):.1%}", end=" ")
    assert {account: x for account, x in linked.items() if truth.get(account) != x} == {}
    assert len(right) >= ENOUGH * len(truth)
    assert report.connections[0].actions["account", "match"] == len(linked)
    assert _overwritten(books, before) == []
    _assert_few(meter.spent())


def _seeded(books: World, number: int) -> Mapping[str, str]:
    """Fill both twins; return which contact is which account's."""
    told = seed(
        SeedOptions(
            accounts=ACCOUNTS,
            xero_contacts=CONTACTS,
            seed=number,
            dirt=True,
            settings_file=books.serving.settings_file,
        )
    )
    assert len(told.truth) == CONTACTS
    return dict(told.truth)


def _assert_few(spent: Spent) -> None:
    """Assert that calls come per batch and page, not per record."""
    assert spent.lookups == 0
    assert spent.xero_writes < ACCOUNTS / 20
    assert spent.xero_reads + spent.dynamics_reads < ACCOUNTS / 50
    assert spent.write_backs < ACCOUNTS / 10


def _overwritten(books: World, before: Mapping[str, Row]) -> list[tuple[str, object, object]]:
    """Return every value that stood in Xero before the load and that our writes changed.

    Fold the ledger: what a write changed counts, though a later one may put it back.
    """
    lost = []
    for entry in books.xero.entries(actor="connector"):
        if entry["id"] in before:
            was, now = dict(_leaves(entry["before"])), dict(_leaves(entry["after"]))
            lost += [(path, value, now.get(path)) for path, value in was.items() if path not in now]
            lost += [
                (path, value, now[path])
                for path, value in was.items()
                if path in now and now[path] != value
            ]
    return lost


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield every filled value with its path; rows of a list are known by their type or place."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name != "UpdatedDateUTC":
                yield from _leaves(item, f"{path}.{name}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            kind = item.get("AddressType") or item.get("PhoneType") or place
            yield from _leaves(item, f"{path}[{kind}]")
    elif value not in (None, ""):
        yield path, value


class Stopped(BaseException):
    """The power went, in the middle of a load."""


def test_a_backfill_that_was_stopped_goes_on_and_says_how_far_it_is(
    world: World, connector: Connector
) -> None:
    seed(SeedOptions(accounts=60, xero_contacts=40, settings_file=world.serving.settings_file))
    told: list[str] = []

    def listen(text: str) -> None:
        told.append(text)
        if "0 of 60 records done" in text:
            raise Stopped

    with pytest.raises(Stopped):
        connector.backfill(progress=listen)
    report = connector.backfill(progress=told.append)

    assert report.failed == []
    assert len(world.all_in_xero()) == 60
    assert report.connections[0].actions["account", "match"] == 40
    assert [text for text in told if "records done" in text] == ["main: 0 of 60 records done"] * 2


def test_r12_a_backfill_before_the_first_plan_only_plans(world: World) -> None:
    seed(SeedOptions(accounts=5, settings_file=world.serving.settings_file))
    with world.connector() as connector:
        connector.provision_apply()
    settings = world.settings("waiting", first_run=FirstRun.PLAN)

    with Connector.from_settings(settings) as connector:
        report = connector.backfill()

    assert report.planned
    assert world.all_in_xero() == []
