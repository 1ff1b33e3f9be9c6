"""`check`: is everything in place that a sync needs? One failing line never hides the others."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from tempfile import TemporaryDirectory

import click

from dynamics_xero.cli.common import CONFIG_VARIABLE, Globals, global_options
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.cli.tables import table
from dynamics_xero.errors import SettingsError
from dynamics_xero.settings import Settings

BROKER_TIMEOUT_S = 30
BROKER_FIX = "start it, or correct broker in the settings; then: dynamics-xero check"
DRIVER_FIX = 'pip install redis; or write broker = "embedded"'
SETTINGS_FIX = "correct the settings file, then: dynamics-xero check"

OK, FAIL = "OK", "FAIL"

_COMMAND = re.compile(r"Run: (?P<run>.+)$|`(?P<quoted>dynamics-xero [^`]+)`")


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
    """Check settings, key, database, broker, and what both sides let us do."""
    lines: list[Line] = []
    codes: set[Exit] = set()
    for line, code in _looked_at(given):
        lines.append(replace(line, text=given.redactor.text(line.text)))
        if line.state == FAIL:
            codes.add(code)
    given.show(
        {"checks": [asdict(line) for line in lines]},
        lambda: table(
            ("state", "what", "found", "what to do"),
            [(line.state, line.name, line.text, line.fix) for line in lines],
        ),
    )
    return _worst(codes)


def _worst(codes: Iterable[Exit]) -> Exit:
    """Return what has to be mended first: settings, then what is not reached, then the rest."""
    found = set(codes)
    order = (Exit.USAGE, Exit.NOT_REACHED, Exit.RECORDS_FAILED)
    return next((code for code in order if code in found), Exit.FINE)


def _looked_at(given: Globals) -> Iterator[tuple[Line, Exit]]:
    try:
        settings = given.settings()
    except SettingsError as error:
        yield from _settings_faults(error)
        return
    yield Line("settings", OK, str(given.config.absolute())), Exit.USAGE
    yield from _connector_lines(given, settings)
    yield broker(given), Exit.NOT_REACHED


def _settings_faults(error: SettingsError) -> Iterator[tuple[Line, Exit]]:
    for text in error.problems:
        named = _COMMAND.search(text)
        fix = (named["run"] or named["quoted"]) if named else SETTINGS_FIX
        yield Line("settings", FAIL, text, fix), Exit.USAGE


def _connector_lines(given: Globals, settings: Settings) -> Iterator[tuple[Line, Exit]]:
    """Look through the connector; on a database of its own where the real one does not open."""
    # Not at the top: asking for help must not load the database and both clients.
    from dynamics_xero.connector import Connector
    from dynamics_xero.connector.checking import About, CheckLine, check_database

    codes = {About.SETTINGS: Exit.USAGE, About.REACH: Exit.NOT_REACHED}

    def told(line: CheckLine) -> tuple[Line, Exit]:
        code = codes.get(line.about, Exit.RECORDS_FAILED)
        return Line(line.name, line.state, line.text, line.fix), code

    database = check_database(str(settings.state))
    yield told(database)
    opens = database.state == OK
    with TemporaryDirectory() as folder:
        usable = settings if opens else replace(settings, state=f"sqlite:///{folder}/state.db")
        try:
            connector = Connector.from_settings(usable, connection=given.connection)
        except SettingsError as error:
            yield from _settings_faults(error)
            return
        with connector:
            yield from map(told, connector.check(remembers=opens))


def lacks_driver(settings: Settings) -> bool:
    """Say whether the broker is one whose driver does not come with the package."""
    return settings.broker.startswith("redis") and find_spec("redis") is None


def broker(given: Globals) -> Line:
    """Ask the broker in a process of its own: this one never imports Celery."""
    if lacks_driver(given.settings()):
        return Line("broker", FAIL, "its Python driver is not installed", DRIVER_FIX)
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
        return Line("broker", FAIL, "does not answer", BROKER_FIX)
