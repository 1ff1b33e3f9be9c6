"""Exit codes: the one place that turns errors into them (contract.md section 3)."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import IntEnum

import click

from dynamics_xero.cli.common import Globals
from dynamics_xero.errors import (
    DynamicsXeroError,
    FatalError,
    RetryableError,
    SettingsError,
    SignInError,
)
from dynamics_xero.redact import account
from dynamics_xero.sandbox.tool_errors import ToolError


class Exit(IntEnum):
    """What the shell is told."""

    FINE = 0
    RECORDS_FAILED = 1
    USAGE = 2
    NOT_REACHED = 3
    ASKS_A_PERSON = 4


class StoppedError(Exception):
    """A command cannot go on, for a reason of its own rather than the library's."""

    def __init__(self, code: Exit, text: str) -> None:
        super().__init__(text)
        self.code = code


def code_of(error: DynamicsXeroError) -> Exit:
    """Return the exit code of an error that ended a command."""
    if isinstance(error, SettingsError):
        return Exit.USAGE
    if isinstance(error, SignInError | RetryableError):
        return Exit.NOT_REACHED
    if isinstance(error, FatalError):
        return Exit.ASKS_A_PERSON
    return Exit.RECORDS_FAILED


def run(command: click.Command, arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code; what went wrong is told once, without a traceback.

    Only a defect keeps its traceback, since whoever reports it needs that.
    """
    typed = list(sys.argv[1:] if arguments is None else arguments)
    # Known before the options are parsed: a misspelt one is told in JSON as well.
    given = Globals(as_json="--json" in typed)
    try:
        result = command.main(
            args=typed,
            prog_name="dynamics-xero",
            standalone_mode=False,
            obj=given,
        )
    except click.ClickException as error:
        # Click's own codes say 1 for an unreadable file; in the contract that is a usage error.
        return _told(given, Exit.USAGE, (error.format_message(),), hint=_usage(error))
    except click.Abort:
        return _told(given, Exit.RECORDS_FAILED, ("Stopped.",))
    except StoppedError as error:
        return _told(given, error.code, (str(error),))
    except ToolError as error:
        return _told(given, Exit(error.exit_code), (str(error),))
    except DynamicsXeroError as error:
        problems = error.problems if isinstance(error, SettingsError) else (str(error),)
        return _told(given, code_of(error), problems)
    except Exception as error:
        # The outermost edge: Python's own traceback would not pass the filter (R38).
        return _told(given, Exit.RECORDS_FAILED, (account(error),))
    return int(result) if isinstance(result, int) else Exit.FINE


def _usage(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    whole_help = isinstance(error, click.exceptions.NoArgsIsHelpError)
    return f"{context.get_usage()}\n" if context and not whole_help else ""


def _told(given: Globals, code: Exit, problems: Sequence[str], hint: str = "") -> int:
    plain = [given.redactor.text(problem) for problem in problems]
    if given.as_json:
        document = {"error": {"exit_code": int(code), "problems": plain}}
        click.echo(json.dumps(document, ensure_ascii=False))
    click.echo(hint + "\n".join(plain), err=True)
    return code
