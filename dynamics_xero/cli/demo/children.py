"""The processes of the demo: started here, stopped here, nothing else is touched."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from dynamics_xero.cli.outcomes import Exit, StoppedError

STOP_WITHIN_S = 20
LAST_LINES = 15


class Children:
    """Child processes with a log file each; leaving the block stops them, last one first."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(list(self._running.values())):
            process.terminate()
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def start(self, name: str, arguments: Sequence[str]) -> subprocess.Popen[str]:
        """Start a process; its stderr goes to NAME.log in the demo's folder.

        It gets a session of its own, so that Ctrl-C reaches the demo alone, which then stops its
        children in order.
        """
        with self._log(name).open("w", encoding="utf-8") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                list(arguments),
                cwd=self._home,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._running[name] = process
        return process

    def check(self) -> None:
        """Raise StoppedError with the end of its log when a child has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                text = f"The {name} ended with code {process.returncode}.\n{self.last_words(name)}"
                raise StoppedError(Exit.RECORDS_FAILED, text)

    def watch(self) -> None:
        """Wait for ever, or until a child ends by itself."""
        while True:
            self.check()
            time.sleep(0.5)

    def last_words(self, name: str) -> str:
        """Return the end of a child's log."""
        lines = self._log(name).read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-LAST_LINES:])

    def _log(self, name: str) -> Path:
        return self._home / f"{name}.log"


def _environment() -> dict[str, str]:
    """Return our own environment without settings: the demo's file says everything."""
    return {name: value for name, value in os.environ.items() if "DYNAMICS_XERO_" not in name}
