"""A sandbox and workers, each a process group of its own, on any broker and database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.kills.state import State
from tests.sandbox import Control
from tests.servers.combinations import Addresses
from tests.waiting import until
from tests.worker.conftest import ENVIRONMENT

PROGRAM = [sys.executable, "-m", "dynamics_xero.cli"]
LIMITS = {"BATCH": "10", "CALL_S": "3", "DEADLINE_S": "5"}
"""A call may take 3 s once it has left, and no effect later than 5 s after it was written down."""

ANSWERS_S = (0.3, 1.0)
NO_QUOTA = {"minute": 1_000_000, "day": 1_000_000, "app_minute": 1_000_000}
COMMAND_LIMIT_S = 180
POLL_S = 0.2
TOLD = 5_000


@dataclass(frozen=True)
class Scene:
    """Both twins, and the means to start and kill a worker."""

    xero: Control
    dynamics: Control
    settings_file: str
    environment: dict[str, str]
    state: State
    folder: Path

    def command(self, *arguments: str) -> None:
        """Run a command of ours to its end."""
        done = subprocess.run(
            [*PROGRAM, "--config", self.settings_file, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    @contextmanager
    def worker(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker that leads a process group; the whole group is killed at the end."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*PROGRAM, "--config", self.settings_file, "-v", "worker"],
                env=self.environment,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def seed(self, accounts: int, *, contacts_each: int) -> None:
        """Make our columns in Dynamics, and accounts."""
        self.command("provision", "apply")
        each = ("--contacts-per-account", str(contacts_each))
        self.command("sandbox", "seed", "--accounts", str(accounts), *each)

    def slow_down(self) -> None:
        """Let Xero answer slowly and without limits."""
        least, most = ANSWERS_S
        slow = {"kind": "slow", "seconds": least, "up_to_seconds": most}
        self.xero.post("faults", {"seed": 1, "rules": [slow]})
        self.xero.post("quota", NO_QUOTA)

    def until(self, what: str, look: Callable[[], bool], *, limit_s: float) -> None:
        """Wait until something is seen; fail after limit_s with what the workers said last."""
        until(what, look, limit_s=limit_s, pause_s=POLL_S, told=lambda: self.logs()[-TOLD:])

    def logs(self) -> str:
        """Return what all workers said, the latest at the end."""
        files = sorted(self.folder.glob("*.log"), key=lambda file: file.stat().st_mtime)
        return "\n".join(f"== {file.name}\n{file.read_text('utf-8')}" for file in files)


class Arrivals:
    """Counts the contacts that stand in the Xero twin's ledger; reads each entry once."""

    def __init__(self, xero: Control) -> None:
        self._xero = xero
        self._after = 0
        self.count = 0

    def look(self) -> int:
        """Return how many contacts were created until now."""
        entries = self._xero.entries(actor="connector", after=self._after)
        for entry in entries:
            self._after = max(self._after, int(str(entry["seq"])))
            self.count += entry["action"] == "create"
        return self.count


@contextmanager
def staged(folder: Path, addresses: Addresses) -> Iterator[Scene]:
    """Run a sandbox in a process group that no kill of the worker's reaches."""
    command = [*PROGRAM, "sandbox", "serve", "--home", str(folder / "sandbox"), "--seed", "1"]
    with (folder / "sandbox.err").open("wb") as log:
        process = subprocess.Popen(
            command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        overrides = {f"DYNAMICS_XERO_LIMITS__{name}": value for name, value in LIMITS.items()}
        overrides |= {
            "DYNAMICS_XERO_STATE": addresses.state,
            "DYNAMICS_XERO_BROKER": addresses.broker,
        }
        with requests.Session() as session, State(addresses.state) as state:
            session.trust_env = False
            session.verify = told["ca_file"]
            scene = Scene(
                xero=Control(session, told["xero_url"]),
                dynamics=Control(session, told["dynamics_url"]),
                settings_file=told["settings_file"],
                environment={**ENVIRONMENT, **overrides},
                state=state,
                folder=folder,
            )
            yield scene
    finally:
        process.terminate()
        try:
            process.wait(COMMAND_LIMIT_S)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
