"""A provisioned sandbox in a folder of its own, and the command line beside it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from dynamics_xero.cli import main
from dynamics_xero.sandbox.serving import Serving
from tests.sandbox import Control, caller, start

LIMIT_S = 60
ENVIRONMENT = {name: text for name, text in os.environ.items() if "DYNAMICS_XERO_" not in name}


@dataclass(frozen=True)
class Place:
    """Where a sandbox runs, and what people do there."""

    serving: Serving
    session: requests.Session

    @property
    def dynamics(self) -> Control:
        return Control(self.session, self.serving.dynamics_url)

    @property
    def xero(self) -> Control:
        return Control(self.session, self.serving.xero_url)

    def command(self, *arguments: str, code: int = 0) -> str:
        """Run a command with the sandbox's settings; return its stdout.

        In this process, which saves the second that each program of its own takes to start.
        """
        told, talk = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(told), redirect_stderr(talk):
            for name in os.environ.keys() - ENVIRONMENT.keys():
                patch.delenv(name)
            ended = main(["--config", str(self.serving.settings_file), *arguments])
        assert ended == code, told.getvalue() + talk.getvalue()
        return told.getvalue()

    def document(self, *arguments: str, code: int = 0) -> Any:
        """Run a command with --json; return its one document."""
        return json.loads(self.command(*arguments, "--json", code=code))

    def program(self) -> list[str]:
        """Return the command line up to the command."""
        file = str(self.serving.settings_file)
        return [sys.executable, "-m", "dynamics_xero.cli", "--config", file]

    def write_account(self, account_id: str, **columns: object) -> None:
        """Create or change an account as a person."""
        answer = self.session.patch(
            f"{self.serving.dynamics_api_url}/accounts({account_id})",
            json=columns,
            headers={"Authorization": f"Bearer {self.dynamics.token('ada')}"},
            timeout=LIMIT_S,
        )
        assert answer.status_code < 300, answer.text

    def account(self, account_id: str) -> dict[str, object]:
        """Return an account as Dynamics holds it now."""
        rows = self.dynamics.rows("account")
        return next(row for row in rows if row["accountid"] == account_id)

    @contextmanager
    def worker(self, log: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a real Celery worker process while the block runs."""
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [*self.program(), "-v", "worker", *options],
                env=ENVIRONMENT,
                stdout=stream,
                stderr=stream,
                cwd=log.parent,
            )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(LIMIT_S)
            finally:
                process.kill()
                process.wait()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Serve both twins for one test; Dynamics is not provisioned yet."""
    with start(tmp_path / "sandbox") as serving, caller(serving) as session:
        yield Place(serving, session)


@pytest.fixture
def ready(place: Place) -> Place:
    """The same, provisioned."""
    place.command("provision", "apply")
    return place
