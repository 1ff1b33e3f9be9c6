"""The global options, which work before and after the subcommand, and what they say."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from dynamics_xero.redact import Redactor, log_to_stderr
from dynamics_xero.settings import Settings, load

CONFIG_VARIABLE = "DYNAMICS_XERO_CONFIG"
DEFAULT_CONFIG = "dynamics-xero.toml"
LAYOUT = "%(asctime)s %(levelname)s %(message)s"

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class Globals:
    """What the global options say; the rightmost one that was given wins."""

    config: Path = field(default_factory=lambda: Path(DEFAULT_CONFIG))
    connection: str | None = None
    as_json: bool = False
    verbosity: int = 0
    redactor: Redactor = field(default_factory=Redactor)

    def settings(self) -> Settings:
        """Read the settings file, and keep its secrets out of every text from now on (R38)."""
        settings = load(self.config)
        self.redactor = Redactor(settings.secrets())
        log_to_stderr(self.redactor, layout=LAYOUT, level=level_of(self.verbosity))
        return settings

    def tell(self, text: str) -> None:
        """Say something to the person: never on stdout, nothing with -q."""
        if self.verbosity >= 0:
            click.echo(text, err=True)

    def show(self, document: object, human: Callable[[], str]) -> None:
        """Print the result: one JSON document with --json, else the text for people."""
        click.echo(
            json.dumps(document, ensure_ascii=False, default=str) if self.as_json else human()
        )


def level_of(verbosity: int) -> int:
    """Return the log's level: warnings, with -v information, with -vv everything of ours."""
    levels = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}
    return levels.get(max(verbosity, -1), logging.DEBUG)


def global_options(command: Command) -> Command:
    """Add the global options to a group or a command."""
    options = _options()
    if not isinstance(command, click.Command):
        options.reverse()  # Click turns the options of a function round once more.
    for option in options:
        command = option(command)
    return command


def _options() -> list[Callable[[Command], Command]]:
    return [
        click.option(
            "--config",
            envvar=CONFIG_VARIABLE,
            metavar="FILE",
            help=f"Settings file (default: {DEFAULT_CONFIG}).",
            callback=_keep(lambda given, value: setattr(given, "config", Path(value))),
            expose_value=False,
        ),
        click.option(
            "--connection",
            metavar="NAME",
            help="Only this connection.",
            callback=_keep(lambda given, value: setattr(given, "connection", value)),
            expose_value=False,
        ),
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            help="Print one JSON document on stdout.",
            callback=_keep(lambda given, value: setattr(given, "as_json", value)),
            expose_value=False,
        ),
        click.option(
            "-q",
            "--quiet",
            count=True,
            help="Say less.",
            callback=_keep(lambda given, value: _louder(given, -value)),
            expose_value=False,
        ),
        click.option(
            "-v",
            "--verbose",
            count=True,
            help="Say more; twice for everything.",
            callback=_keep(lambda given, value: _louder(given, value)),
            expose_value=False,
        ),
    ]


def _keep(
    keep: Callable[[Globals, Any], None],
) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return a callback that keeps a value only where it was given.

    Else the subcommand's default would wipe out what stood before the subcommand. The environment
    counts only at the top, so that it cannot beat an option that stands before the subcommand.
    """

    def callback(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        given = context.ensure_object(Globals)
        source = context.get_parameter_source(parameter.name or "")
        typed = source is ParameterSource.COMMANDLINE
        if typed or (source is ParameterSource.ENVIRONMENT and context.parent is None):
            keep(given, value)

    return callback


def _louder(given: Globals, by: int) -> None:
    given.verbosity += by
