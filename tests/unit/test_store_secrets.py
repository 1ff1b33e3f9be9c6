"""Tokens are sealed and replaced by one process at a time; so are budgets replaced."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert, select, text, update

from dynamics_xero.connector.sign_in import rotate_key
from dynamics_xero.errors import SettingsError
from dynamics_xero.ports import BudgetStore, TokenStore
from dynamics_xero.settings import Settings, load
from dynamics_xero.store.budgets import Budgets
from dynamics_xero.store.keyring import Keyring
from dynamics_xero.store.store import Store
from dynamics_xero.store.tables import token
from dynamics_xero.store.tokens import Tokens
from tests.unit.settings_cases import changed, written
from tests.unit.store_cases import NOON, url

CANARY = "canary-refresh-token"


def new_key() -> str:
    return Fernet.generate_key().decode("ascii")


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
def keys() -> Keyring:
    return Keyring([new_key()])


@pytest.fixture
def tokens(store: Store, keys: Keyring) -> TokenStore:
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


def test_a_token_that_no_key_opens_is_put_aside_for_a_new_one(store: Store) -> None:
    lost, found = new_key(), new_key()
    Tokens(store, Keyring([lost]), StoppedClock()).save("xero:1", CANARY, generation=4)
    tokens = Tokens(store, Keyring([found]), StoppedClock())

    tokens.forget("xero:1")
    tokens.forget("nothing is there")

    assert tokens.load("xero:1") == ("", 5)
    assert tokens.load("nothing is there") is None
    assert not tokens.save("xero:1", "read before", generation=5)


def test_a_new_first_key_seals_and_the_old_one_still_opens(store: Store) -> None:
    old, new = new_key(), new_key()
    Tokens(store, Keyring([old]), StoppedClock()).save("xero:1", "before", generation=1)
    both = Tokens(store, Keyring([new, old]), StoppedClock())
    assert both.load("xero:1") == ("before", 1)

    both.save("xero:1", "after", generation=2)

    assert Tokens(store, Keyring([new]), StoppedClock()).load("xero:1") == ("after", 2)
    with pytest.raises(SettingsError, match="No key opens the stored token xero:1"):
        Tokens(store, Keyring([old]), StoppedClock()).load("xero:1")


def test_r38_resealing_takes_every_token_to_the_first_key_or_none(store: Store) -> None:
    old, new, lost = new_key(), new_key(), new_key()
    before = Tokens(store, Keyring([old]), StoppedClock())
    for number in range(3):
        before.save(f"xero:{number}", f"secret {number}", generation=1)

    assert Tokens(store, Keyring([new, old]), StoppedClock()).reseal() == 3
    after = Tokens(store, Keyring([new]), StoppedClock())
    assert [after.load(f"xero:{number}") for number in range(3)] == [
        (f"secret {number}", 2) for number in range(3)
    ]
    Tokens(store, Keyring([lost]), StoppedClock()).save("xero:9", "sealed apart", generation=1)
    with pytest.raises(SettingsError, match="No key opens the stored token xero:9"):
        Tokens(store, Keyring([old, new]), StoppedClock()).reseal()
    assert after.load("xero:0") == ("secret 0", 2), "none was resealed"


def test_r38_a_process_takes_the_new_key_when_the_old_one_opens_nothing(store: Store) -> None:
    old, new = new_key(), new_key()
    now = [old]
    running = Tokens(store, Keyring([old], reread=lambda: now), StoppedClock())
    running.save("xero:1", "before", generation=1)
    now[:] = [new, old]
    Tokens(store, Keyring(now), StoppedClock()).reseal()
    now[:] = [new]

    assert running.load("xero:1") == ("before", 2)
    assert running.save("xero:1", "after", generation=3)
    assert Tokens(store, Keyring([new]), StoppedClock()).load("xero:1") == ("after", 3)


def test_r38_a_process_seals_by_the_key_that_is_first_by_now(store: Store) -> None:
    old, new = new_key(), new_key()
    now = [old]
    running = Tokens(store, Keyring([old], reread=lambda: now), StoppedClock())
    now[:] = [new, old]

    assert running.save("xero:1", "fetched meanwhile", generation=1)

    only_new = Tokens(store, Keyring([new]), StoppedClock())
    assert only_new.load("xero:1") == ("fetched meanwhile", 1)


def test_a_key_from_the_environment_is_rotated_by_hand(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    file = written(tmp_path, changed(key_file=None))

    def settings(keys: str) -> Settings:
        return load(file, {"DYNAMICS_XERO_KEY": keys})

    with Store.open(str(settings(old).state)) as store:
        Tokens(store, Keyring([old]), StoppedClock()).save("xero:1", "kept", generation=1)
        with pytest.raises(SettingsError, match="DYNAMICS_XERO_KEY"):
            rotate_key(settings(old), drop_old=False)
        assert rotate_key(settings(f"{new},{old}"), drop_old=False) == (1, 2)
        assert Tokens(store, Keyring([new]), StoppedClock()).load("xero:1") == ("kept", 2)


def test_a_key_file_stays_as_it_is_where_the_tokens_cannot_be_resealed(tmp_path: Path) -> None:
    found = load(written(tmp_path, changed()), {})
    with Store.open(str(found.state)) as store:
        Tokens(store, Keyring([new_key()]), StoppedClock()).save("xero:1", "kept", generation=1)
    with pytest.raises(SettingsError, match="No key opens"):
        rotate_key(found, drop_old=False)
    with Store.open(str(found.state)) as store, store.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SettingsError, match="newer"):
        rotate_key(found, drop_old=False)

    assert load(found.path, {}).keys == found.keys


def test_a_key_file_on_a_full_disk_leaves_no_half_of_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = load(written(tmp_path, changed()), {})

    def no_room(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(SettingsError, match="No space left"):
        rotate_key(found, drop_old=False)

    assert not (tmp_path / "key.new").exists()
    assert load(found.path, {}).keys == found.keys


def test_a_key_file_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    found = load(written(tmp_path, changed()), {})
    with Store.open(str(found.state)):
        pass
    (tmp_path / "key.new").mkdir()

    with pytest.raises(SettingsError, match="cannot be written"):
        rotate_key(found, drop_old=False)

    assert load(found.path, {}).keys == found.keys


def test_r35_a_budget_is_replaced_only_as_it_was_read(store: Store) -> None:
    budgets: BudgetStore = Budgets(store)
    assert budgets.load(["xero:1"]) == {}

    assert budgets.update({"xero:1": (None, "60")})
    assert not budgets.update({"xero:1": (None, "60")})
    assert not budgets.update({"xero:1": ("59", "58")})
    assert budgets.update({"xero:1": ("60", "59")})

    assert budgets.load(["xero:1", "xero:2"]) == {"xero:1": "59"}


def test_r35_of_several_budgets_all_are_replaced_or_none(store: Store) -> None:
    budgets = Budgets(store)
    budgets.update({"xero:1": (None, "60"), "app": (None, "100")})

    assert not budgets.update({"xero:1": ("60", "59"), "app": ("98", "97")})
    assert budgets.load(["xero:1", "app"]) == {"xero:1": "60", "app": "100"}
    assert budgets.update({"xero:1": ("60", "59"), "app": ("100", "99")})
    assert budgets.load(["xero:1", "app"]) == {"xero:1": "59", "app": "99"}


def test_r35_threads_that_spend_one_budget_lose_no_call(store: Store) -> None:
    budgets = Budgets(store)
    budgets.update({"xero:1": (None, "0")})

    def spend(_number: int) -> None:
        for _attempt in range(1000):
            before = budgets.load(["xero:1"])["xero:1"]
            if budgets.update({"xero:1": (before, str(int(before) + 1))}):
                return
        raise AssertionError("A thousand others were first.")

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(spend, range(40)))

    assert budgets.load(["xero:1"]) == {"xero:1": "40"}
