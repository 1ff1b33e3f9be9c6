"""A server as a process of its own: started on a free port of this machine, stopped by its id."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
START_LIMIT_S = 60
STOP_LIMIT_S = 20
INHERITED = ("PATH", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Launch:
    """How to start one server.

    home: its folder, where its log goes too. account: the user to become, None = stay. stop: the
    signal that ends it in order.
    """

    command: Sequence[str | Path]
    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    account: pwd.struct_passwd | None = None
    stop: signal.Signals = signal.SIGTERM
    given: str = ""

    @property
    def user(self) -> int | None:
        """Return the id to become, None = stay."""
        return self.account and self.account.pw_uid

    @property
    def group(self) -> int | None:
        """Return the group that goes with it."""
        return self.account and self.account.pw_gid

    @property
    def groups(self) -> list[int] | None:
        """Return the other groups: none of root's are kept."""
        return None if self.account is None else []


def free_port() -> int:
    """Return a port nobody listens on right now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Say whether somebody takes connections there."""
    with socket.socket() as caller:
        caller.settimeout(1)
        return caller.connect_ex((HOST, port)) == 0


@contextmanager
def folder(account: pwd.struct_passwd | None = None) -> Iterator[Path]:
    """Give a private folder that belongs to the account; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="dynamics-xero-") as name:
        if account is not None:
            os.chown(name, account.pw_uid, account.pw_gid)
        yield Path(name)


def run(launch: Launch) -> None:
    """Run a command to its end. Raises AssertionError with what it said when it failed."""
    done = subprocess.run(
        launch.command,
        stdin=subprocess.DEVNULL,
        env=_environment(launch),
        capture_output=True,
        text=True,
        timeout=START_LIMIT_S,
        check=False,
        cwd=launch.home,
        user=launch.user,
        group=launch.group,
        extra_groups=launch.groups,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running(launch: Launch, is_ready: Callable[[], bool]) -> Iterator[int]:
    """Run a server while the block runs, once it is ready; gives its process id."""
    log = launch.home / f"{Path(launch.command[0]).name}.log"
    with log.open("wb") as stream, tempfile.TemporaryFile() as given:
        given.write(launch.given.encode())
        given.seek(0)
        process = subprocess.Popen(
            launch.command,
            env=_environment(launch),
            stdin=given,
            stdout=stream,
            stderr=stream,
            cwd=launch.home,
            start_new_session=True,  # Ctrl-C is for the tests, which then stop it in order
            user=launch.user,
            group=launch.group,
            extra_groups=launch.groups,
        )
    try:
        _wait(process, is_ready, log)
        yield process.pid
    finally:
        process.send_signal(launch.stop)
        try:
            process.wait(STOP_LIMIT_S)
        finally:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path) -> None:
    limit = time.monotonic() + START_LIMIT_S
    while not is_ready():
        assert process.poll() is None, f"it ended by itself:\n{log.read_text('utf-8', 'replace')}"
        assert time.monotonic() < limit, f"it takes too long:\n{log.read_text('utf-8', 'replace')}"
        time.sleep(0.05)


def _environment(launch: Launch) -> dict[str, str]:
    """Return a small environment: what the tester's holds must not steer a server."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, "HOME": str(launch.home), **launch.environment}
