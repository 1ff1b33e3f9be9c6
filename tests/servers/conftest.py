"""A PostgreSQL for each test process, and a word about what could not be run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from dynamics_xero import store_port
from dynamics_xero.store.store import Store
from dynamics_xero.store.tables import metadata
from tests.servers.combinations import left_out
from tests.servers.postgresql import PostgreSQL, postgresql

# A statement's way to a server and back depends on what else the machine does.
settings.register_profile("servers", deadline=None)
settings.load_profile("servers")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and how to have it."""
    for line in left_out("tests/servers"):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL."""
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(server: PostgreSQL) -> str:
    """The URL of a database at the newest revision."""
    url = server.new_database()
    Store.open(url).close()
    return url


@pytest.fixture
def store(migrated: str) -> Iterator[store_port.Store]:
    """A store with nothing in it, as the unit tests have it on SQLite."""
    engine = create_engine(migrated)
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
    engine.dispose()
    with Store.open(migrated) as store:
        yield store


@pytest.fixture
def tx(store: store_port.Store) -> Iterator[store_port.Transaction]:
    with store.begin() as tx:
        yield tx
