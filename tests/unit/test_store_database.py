"""The database is made, kept at its newest revision, and shared without waiting for readers."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import dynamics_xero.store.partial_indexes  # noqa: F401  # else metadata lacks them
from dynamics_xero.errors import SettingsError
from dynamics_xero.model import Hold
from dynamics_xero.store.migrate import SCRIPTS, revisions
from dynamics_xero.store.store import Store
from dynamics_xero.store.tables import metadata
from tests.unit.store_cases import NOON, links, opened, record, row, url


def test_the_migrations_make_the_tables_that_queries_expect(tmp_path: Path) -> None:
    with Store.open(url(tmp_path)) as store, store.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})

        assert compare_metadata(context, metadata) == []


def test_the_files_of_the_migrations_are_named_after_their_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    scripts = ScriptDirectory.from_config(config).walk_revisions()

    assert revisions() == [script.revision for script in reversed(list(scripts))]


def test_r19_links_that_are_stopped_stay_so_when_the_database_is_upgraded(tmp_path: Path) -> None:
    with Store.open(url(tmp_path)) as store, store.connect() as connection:
        older = Config()
        older.set_main_option("script_location", str(SCRIPTS))
        older.attributes["connection"] = connection
        command.downgrade(older, "0002")
        told = {
            "a": ("Blocked", "Many records went at once, so the connector asks first."),
            "b": ("Blocked", "Many people went at once, so the connector asks first."),
            "c": ("Conflict", "Main phone goes to and fro between “1” and “2”: find out why."),
            "d": ("Failed", "Many records went at once, somebody wrote."),
        }
        for name, (status, remark) in told.items():
            connection.execute(
                text(
                    "INSERT INTO link (connection, entity, dynamics_id, status, remark)"
                    " VALUES ('main', 'account', :name, :status, :remark)"
                ),
                {"name": name, "status": status, "remark": remark},
            )
        connection.commit()

    with opened(tmp_path) as migrated, migrated.read() as tx:
        found = tx.links.by_dynamics("main", "account", told)
        held = [found[name].hold for name in told]

    assert held == [Hold.REMOVALS, Hold.PEOPLE, Hold.LOOP, None]


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as store, store.begin() as tx:
        tx.records.put("e", [row(record("a"))], generation=1, answered_at=NOON)

    with opened(tmp_path) as store, store.read() as tx:
        assert list(tx.records.get("e", "account", ["a"])) == ["a"]


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with Store.open(url(tmp_path)) as store, store.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SettingsError, match="revision 9999") as caught:
        Store.open(url(tmp_path))

    assert "newer dynamics-xero" in str(caught.value)


def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere/state\.db cannot be opened"):
        Store.open(url(tmp_path / "nowhere"))


@pytest.mark.parametrize("address", ["oracle-of+delphi://ada:canary@localhost/db", "canary"])
def test_r38_a_database_that_is_no_database_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(SettingsError, match="cannot be used") as caught:
        Store.open(address)

    assert "canary" not in str(caught.value)


def test_processes_that_start_together_make_the_database_once(tmp_path: Path) -> None:
    code = f"from dynamics_xero.store.store import Store; Store.open({url(tmp_path)!r}).close()"
    started = [
        subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(3)
    ]

    endings = [process.communicate(timeout=60)[1].decode() for process in started]

    assert [process.returncode for process in started] == [0, 0, 0], endings
    with opened(tmp_path) as store, store.begin() as tx:
        assert len(links(tx, "a")) == 1


def test_a_reader_waits_for_no_writer_and_sees_what_was_committed(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        with store.begin() as writer:
            links(writer, "a")
            with store.read() as reader:
                assert reader.links.by_dynamics("main", "account", ["a"]) == {}

        with store.read() as reader:
            assert list(reader.links.by_dynamics("main", "account", ["a"])) == ["a"]


def test_what_a_reader_writes_is_not_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        with store.read() as reader:
            links(reader, "a")

        with store.read() as reader:
            assert reader.links.by_dynamics("main", "account", ["a"]) == {}


def test_threads_write_one_after_the_other(tmp_path: Path) -> None:
    ids = [f"{n:02}" for n in range(40)]
    with opened(tmp_path) as store:

        def mark(dynamics_id: str) -> None:
            with store.begin() as tx:
                links(tx, dynamics_id, "shared")
                tx.links.mark_due("main", "account", dynamics_ids=["shared"], now=NOON)

        with ThreadPoolExecutor(5) as pool:
            list(pool.map(mark, ids))

        with store.read() as tx:
            found = tx.links.by_dynamics("main", "account", [*ids, "shared"])
    assert len(found) == 41
    assert found["shared"].marked == 40


def test_threads_take_turns_rather_than_wait_at_the_lock(tmp_path: Path) -> None:
    impatient = create_engine(url(tmp_path), connect_args={"timeout": 0})
    with opened(tmp_path), Store(impatient) as store:

        def mark(dynamics_id: str) -> None:
            with store.begin() as tx:
                links(tx, dynamics_id)

        ids = [f"{n:03}" for n in range(200)]
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(mark, ids))

        with store.read() as tx:
            assert len(tx.links.by_dynamics("main", "account", ids)) == 200


def test_a_store_survives_a_cut_of_power_by_its_settings(tmp_path: Path) -> None:
    with Store.open(url(tmp_path)) as store, store.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        ]

    assert pragmas == ["wal", 2, 30_000, 1]  # 2 = FULL


def test_only_its_owner_reads_the_database(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'state.db'}") as store, store.begin() as tx:
        tx.links.ensure("main", "account", ["a"])
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert set(modes.values()) == {0o600}
