"""What every benchmark stands on: twins in their own process, commands, rounds, machine facts."""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import requests

from dynamics_xero.settings import Settings, load
from tests.sandbox import Control

PROGRAM = (sys.executable, "-m", "dynamics_xero.cli")
"""The command as a module, so that a copy of the tree measures itself."""

LIFTED = 1_000_000
"""Calls a minute and a day that no run reaches: where calls are counted, not waited for."""

AGE = timedelta(hours=4)
"""How long the rows of a first load have been there."""

PACKAGES = ("xero-python", "requests", "SQLAlchemy", "marshmallow", "urllib3", "msal")


@dataclass(frozen=True)
class Twins:
    """Both twins, served by a process of their own."""

    facts: Mapping[str, Any]
    dynamics: Control
    xero: Control
    home: Path

    @property
    def settings_file(self) -> str:
        """The file that every command takes."""
        return str(self.facts["settings_file"])

    def settings(self, state: str) -> Settings:
        """Return the settings with a database of that name, on the machine's own time.

        The sandbox's clock is asked over HTTPS four times a second; that would be measured too.
        """
        read = load(Path(self.settings_file))
        return replace(read, state=f"sqlite:///{self.home / state}", clock_url=None)

    def lift_limits(self) -> None:
        """Let nobody wait for Xero's quota."""
        self.xero.post("quota", {"minute": LIFTED, "day": LIFTED, "app_minute": LIFTED})

    def command(self, *words: str) -> None:
        """Run a command on these twins; its output is not wanted."""
        whole = [*PROGRAM, *words, "--config", self.settings_file]
        subprocess.run(whole, check=True, stdout=subprocess.DEVNULL)

    def filled(self, accounts: int, seed: int) -> None:
        """Empty both twins, then seed and provision them anew.

        The rows are some hours old, as those of an ordinary first load are: what somebody writes
        while it begins, the catch-up reads a second time.
        """
        for control in (self.dynamics, self.xero):
            control.post("reset")
        self._set_clock(datetime.now(UTC) - AGE)
        self.command("sandbox", "seed", "--accounts", str(accounts), "--seed", str(seed))
        self._set_clock(datetime.now(UTC))
        self.command("provision", "apply")

    def _set_clock(self, now: datetime) -> None:
        self.dynamics.post("clock", {"set": now.isoformat()})


@contextmanager
def served(home: Path, *, seed: int) -> Iterator[Twins]:
    """Run the twins in a process of their own while the block runs."""
    command = [*PROGRAM, "sandbox", "serve", "--home", str(home), "--seed", str(seed)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
        requests.Session() as session,
    ):
        try:
            assert process.stdout is not None
            facts = json.loads(process.stdout.readline())
            session.trust_env, session.verify = False, facts["ca_file"]
            dynamics = Control(session, facts["dynamics_url"])
            yield Twins(facts, dynamics, Control(session, facts["xero_url"]), home)
        finally:
            process.terminate()


def options(text: str, **defaults: int) -> argparse.Namespace:
    """Read the command line; defaults: option -> its ordinary value, each one a whole number."""
    parser = argparse.ArgumentParser(description=text)
    for name, value in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    return parser.parse_args()


def cpu_seconds(work: Callable[[], object]) -> float:
    """Do the work and return the CPU seconds of all threads of this process."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median and quartiles."""
    if len(values) == 1:
        return {"median": values[0], "low": values[0], "high": values[0]}
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": middle, "low": low, "high": high}


def rounded(values: Mapping[str, float], digits: int = 3) -> dict[str, float]:
    """Return the figures as they are printed."""
    return {name: round(value, digits) for name, value in values.items()}


def versions() -> dict[str, str]:
    """Return what the figures were taken with."""
    found = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **found}


def machine() -> dict[str, object]:
    """Return what the figures depend on, and how busy it was just then."""
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
        "load": [round(one, 1) for one in os.getloadavg()],
    }


def tell(result: Mapping[str, object]) -> None:
    """Print a benchmark's result as one line of JSON."""
    print(json.dumps(result))


def run(name: str, *words: str) -> dict[str, Any]:
    """Run a benchmark in a process of its own; returns what its last line says.

    Ending with 1 it says that it missed a bar; anything else but 0 is an error.
    """
    command = [sys.executable, "-m", f"tests.bench.{name}", *words]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    lines = ended.stdout.splitlines()
    if ended.returncode not in (0, 1) or not lines:
        raise SystemExit(f"{name} ended with {ended.returncode} and no figures.")
    told: dict[str, Any] = json.loads(lines[-1])
    return told


def side_by_side(name: str, scenarios: Sequence[str], *words: str) -> dict[str, dict[str, Any]]:
    """Run a benchmark once for each scenario, two at a time; returns what each said of its own.

    For virtual time only, where it does not matter how busy the machine is.
    """
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda one: run(name, *words, "--only", one), scenarios))
    return {one: each["scenarios"][one] for one, each in zip(scenarios, told, strict=True)}
