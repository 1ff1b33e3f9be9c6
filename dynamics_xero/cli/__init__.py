"""The command `dynamics-xero`."""

from __future__ import annotations

from collections.abc import Sequence

from dynamics_xero.cli.commands import commands
from dynamics_xero.cli.outcomes import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; arguments None = the process's own."""
    return run(commands, arguments)
