"""`check`: is everything in place that a sync needs?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.util import find_spec

import click

from dynamics_xero.cli.common import CONFIG_VARIABLE, Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.cli.tables import table
from dynamics_xero.errors import SettingsError
from dynamics_xero.settings import Settings

BROKER_TIMEOUT_S = 30
DRIVER_FIX = 'pip install redis; or write broker = "embedded"'


@dataclass(frozen=True)
class Line:
    """One thing that was looked at. state: OK, WARN or FAIL; fix: what to do about it."""

    name: str
    state: str
    text: str
    fix: str = ""


@click.command()
@global_options
@click.pass_obj
def check(given: Globals) -> int:
    """Check settings, key, database, both sign-ins, columns, change tracking and broker."""
    lines, code = _looked_at(given)
    given.show(
        {"checks": [asdict(line) for line in lines]},
        lambda: table(
            ("state", "what", "found", "what to do"),
            [(line.state, line.name, line.text, line.fix) for line in lines],
        ),
    )
    return code


def _looked_at(given: Globals) -> tuple[list[Line], Exit]:
    try:
        given.settings()
    except SettingsError as error:
        fix = "Mend the settings file."
        return [Line("settings", "FAIL", text, fix) for text in error.problems], Exit.USAGE
    lines = [Line("settings", "OK", str(given.config.absolute()))]
    with opened(given) as connector:
        lines += [Line(line.name, line.state, line.text, line.fix) for line in connector.check()]
    lines.append(broker(given))
    return lines, _code(lines)


def _code(lines: list[Line]) -> Exit:
    failed = [line.name for line in lines if line.state == "FAIL"]
    if not failed:
        return Exit.FINE
    reached = not any("sign-in" in name or name == "broker" for name in failed)
    return Exit.ASKS_A_PERSON if reached else Exit.NOT_REACHED


def lacks_driver(settings: Settings) -> bool:
    """Say whether the broker is one whose driver does not come with the package."""
    return settings.broker.startswith("redis") and find_spec("redis") is None


def broker(given: Globals) -> Line:
    """Ask the broker in a process of its own: this one never imports Celery."""
    if lacks_driver(given.settings()):
        return Line("broker", "FAIL", "its Python driver is not installed", DRIVER_FIX)
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "worker.check"],
            env={**os.environ, CONFIG_VARIABLE: str(given.config.absolute())},
            capture_output=True,
            text=True,
            timeout=BROKER_TIMEOUT_S,
            check=False,
        )
        return Line(**json.loads(answer.stdout.splitlines()[-1]))
    except (subprocess.TimeoutExpired, IndexError, ValueError, TypeError):
        return Line("broker", "FAIL", "does not answer", "Is it running, and is its URL right?")
