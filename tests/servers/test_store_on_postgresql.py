"""The store's own tests once more, on PostgreSQL, and what only a server can show."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import make_url

from dynamics_xero.errors import SettingsError
from dynamics_xero.store.store import Store
from tests.servers.postgresql import PostgreSQL

UNIT = Path(__file__).resolve().parents[1] / "unit"


def _of_any_store() -> Iterator[tuple[str, Callable[..., None]]]:
    """Return the unit tests that take a store from a fixture and know nothing of its file."""
    for file in sorted(UNIT.glob("test_store_*.py")):
        subject = file.stem.removeprefix("test_store_")
        found = vars(import_module(f"tests.unit.{file.stem}"))
        tests = {name: value for name, value in found.items() if name.startswith("test_")}
        for name, test in tests.items():
            if (wanted := _fixtures(test)) and wanted <= {"store", "tx"}:
                yield f"{name}_{subject}", test


def _fixtures(test: Callable[..., None]) -> set[str]:
    """Return what a test asks for beside its own parameters."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    given = {name for mark in marks for name in _names(mark.args[0])}
    return set(inspect.signature(test).parameters) - given


def _names(argument: str | Sequence[str]) -> list[str]:
    if isinstance(argument, str):
        return [name.strip() for name in argument.split(",")]
    return list(argument)


SHARED = dict(_of_any_store())
globals().update(SHARED)


def test_the_stores_tests_were_found() -> None:
    assert len(SHARED) > 30


def test_processes_that_open_a_new_database_at_once_migrate_it_once(server: PostgreSQL) -> None:
    url = server.new_database()

    def look(_number: int) -> bool:
        with Store.open(url) as store, store.read() as tx:
            return tx.links.next_due_at("main") is None

    with ThreadPoolExecutor(4) as pool:
        empty = list(pool.map(look, range(4)))

    assert empty == [True] * 4


def test_r38_an_error_names_the_database_without_its_password(server: PostgreSQL) -> None:
    url = make_url(server.new_database()).set(database="nowhere", password="canary-password")

    with pytest.raises(SettingsError, match="nowhere") as caught:
        Store.open(url.render_as_string(hide_password=False))

    assert "canary-password" not in str(caught.value)
