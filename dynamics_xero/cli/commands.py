"""The commands by name. A command's module is loaded when it is asked for, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from dynamics_xero.cli.common import global_options


class LazyGroup(click.Group):
    """A group that knows its commands' names and one-line helps without loading them."""

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str]], **kwargs: Any) -> None:
        """lazy: name -> ("module:attribute", one line of help)."""
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table, which is the order of use."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command."""
        if cmd_name not in self._lazy:
            return None
        module, _, attribute = self._lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._lazy.items()])


_HERE = "dynamics_xero.cli"

commands = global_options(
    LazyGroup(
        name="dynamics-xero",
        help="Keeps Microsoft Dynamics 365 Sales and Xero in step.",
        no_args_is_help=True,
        lazy={
            "init": (f"{_HERE}.init:init", "Write a commented settings file and a key."),
            "check": (f"{_HERE}.check:check", "Check settings, sign-ins, columns and broker."),
            "auth": (f"{_HERE}.auth:auth", "Sign in, or change the key of the stored tokens."),
            "provision": (f"{_HERE}.provision:provision", "Plan or add the columns in Dynamics."),
            "sync": (f"{_HERE}.sync:sync", "Bring both sides in step."),
            "plan": (f"{_HERE}.plan:plan", "Show what a sync would do now, and its price."),
            "apply": (f"{_HERE}.plan:apply", "Carry out a plan, exactly."),
            "status": (f"{_HERE}.reports:status", "Show how the connections stand."),
            "backfill": (f"{_HERE}.backfill:backfill", "Load what has no partner yet."),
            "links": (f"{_HERE}.links:links", "List linked records, or say what belongs together."),
            "history": (f"{_HERE}.reports:history", "Show what was done to one record, and why."),
            "conflicts": (f"{_HERE}.conflicts:conflicts", "List conflicts, and resolve them."),
            "dead-letters": (
                f"{_HERE}.dead_letters:dead_letters",
                "List records that need a person, and try them again.",
            ),
            "guards": (f"{_HERE}.guards:guards", "Show what is held back, and let it pass."),
            "reconcile": (f"{_HERE}.reconcile:reconcile", "Compare both sides whole."),
            "worker": (f"{_HERE}.worker:worker", "Work until stopped, by Celery."),
            "sandbox": (
                f"{_HERE}.sandbox:sandbox",
                "Run local twins of both systems, and fill them.",
            ),
            "demo": (f"{_HERE}.demo:demo", "Show the whole thing on this machine."),
        },
    )
)
