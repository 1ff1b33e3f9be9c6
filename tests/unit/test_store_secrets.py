"""Tokens are sealed and replaced by one process at a time; so are budgets replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import insert, select, update

from dynamics_xero.errors import SettingsError
from dynamics_xero.ports import BudgetStore, TokenStore
from dynamics_xero.store.budgets import Budgets
from dynamics_xero.store.store import Store
from dynamics_xero.store.tables import token
from dynamics_xero.store.tokens import Tokens
from tests.unit.store_cases import NOON, url

CANARY = "canary-refresh-token"


class StoppedClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOON

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"Nobody waits here, least of all {seconds} s.")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(url(tmp_path)) as store:
        yield store


@pytest.fixture
def keys() -> MultiFernet:
    return MultiFernet([Fernet(Fernet.generate_key())])


@pytest.fixture
def tokens(store: Store, keys: MultiFernet) -> TokenStore:
    return Tokens(store, keys, StoppedClock())


def test_a_token_comes_back_with_its_generation(tokens: TokenStore) -> None:
    assert tokens.load("xero:1") is None

    assert tokens.save("xero:1", "first", generation=1)
    assert tokens.save("xero:1", "second", generation=2)

    assert tokens.load("xero:1") == ("second", 2)
    assert tokens.load("xero:2") is None


def test_of_two_processes_that_renew_a_token_the_first_counts(tokens: TokenStore) -> None:
    assert tokens.save("xero:1", "first", generation=1)
    assert tokens.save("xero:1", "theirs", generation=2)

    assert not tokens.save("xero:1", "ours", generation=2)
    assert tokens.load("xero:1") == ("theirs", 2)


def test_r38_a_token_stands_nowhere_in_the_database_files(
    tokens: TokenStore, store: Store, tmp_path: Path
) -> None:
    tokens.save("xero:1", CANARY, generation=1)

    def found() -> bool:
        files = [file for file in tmp_path.iterdir() if file.name.startswith("state.db")]
        assert files
        return any(CANARY.encode() in file.read_bytes() for file in files)

    assert not found()
    store.close()
    assert not found()


def test_r38_a_token_under_another_name_does_not_open(tokens: TokenStore, store: Store) -> None:
    tokens.save("xero:1", CANARY, generation=1)
    with store.connect() as connection:
        secret = connection.scalar(select(token.c.secret))
        stolen = {"name": "xero:2", "secret": secret, "generation": 1, "saved_at": NOON}
        connection.execute(insert(token), stolen)

    with pytest.raises(SettingsError, match="sealed for xero:1") as caught:
        tokens.load("xero:2")

    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("spoil", [lambda _text: "nonsense", lambda text: text[:-4] + "AAAA"])
def test_r38_a_token_that_was_changed_does_not_open(
    tokens: TokenStore, store: Store, spoil: Callable[[str], str]
) -> None:
    tokens.save("xero:1", CANARY, generation=1)
    with store.connect() as connection:
        sealed = str(connection.scalar(select(token.c.secret)))
        connection.execute(update(token).values(secret=spoil(sealed)))

    with pytest.raises(SettingsError, match="No key opens"):
        tokens.load("xero:1")


def test_a_new_first_key_seals_and_the_old_one_still_opens(store: Store) -> None:
    old, new = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())
    Tokens(store, MultiFernet([old]), StoppedClock()).save("xero:1", "before", generation=1)
    both = Tokens(store, MultiFernet([new, old]), StoppedClock())
    assert both.load("xero:1") == ("before", 1)

    both.save("xero:1", "after", generation=2)

    assert Tokens(store, MultiFernet([new]), StoppedClock()).load("xero:1") == ("after", 2)
    with pytest.raises(SettingsError, match="No key opens the stored token xero:1"):
        Tokens(store, MultiFernet([old]), StoppedClock()).load("xero:1")


def test_r35_a_budget_is_replaced_only_as_it_was_read(store: Store) -> None:
    budgets: BudgetStore = Budgets(store)
    assert budgets.load("xero:1") is None

    assert budgets.update("xero:1", None, "60")
    assert not budgets.update("xero:1", None, "60")
    assert not budgets.update("xero:1", "59", "58")
    assert budgets.update("xero:1", "60", "59")

    assert budgets.load("xero:1") == "59"
    assert budgets.load("xero:2") is None


def test_r35_threads_that_spend_one_budget_lose_no_call(store: Store) -> None:
    budgets = Budgets(store)
    budgets.update("xero:1", None, "0")

    def spend(_number: int) -> None:
        for _attempt in range(1000):
            before = budgets.load("xero:1")
            assert before is not None
            if budgets.update("xero:1", before, str(int(before) + 1)):
                return
        raise AssertionError("A thousand others were first.")

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(spend, range(40)))

    assert budgets.load("xero:1") == "40"
