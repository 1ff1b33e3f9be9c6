"""A store of its own for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dynamics_xero.store_port import Store, Transaction
from tests.unit.store_cases import opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as store:
        yield store


@pytest.fixture
def tx(store: Store) -> Iterator[Transaction]:
    with store.begin() as tx:
        yield tx
