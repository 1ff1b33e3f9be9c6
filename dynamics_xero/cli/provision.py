"""`provision`: the columns and change tracking that Dynamics needs."""

from __future__ import annotations

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.outcomes import Exit


@click.group()
@global_options
def provision() -> None:
    """Plan or add the columns in Dynamics."""


@provision.command()
@global_options
@click.pass_obj
def plan(given: Globals) -> int:
    """Show what is missing in Dynamics; change nothing."""
    with opened(given) as connector:
        _tell(given, connector.provision_plan(), applied=False)
    return Exit.FINE


@provision.command()
@global_options
@click.pass_obj
def apply(given: Globals) -> int:
    """Add what is missing in Dynamics."""
    with opened(given) as connector:
        _tell(given, connector.provision_apply(), applied=True)
    return Exit.FINE


def _tell(given: Globals, steps: list[str], *, applied: bool) -> None:
    done = "done" if applied else "to do"
    given.show(
        {"applied": applied, "steps": steps},
        lambda: "\n".join(f"{done}: {step}" for step in steps) or "nothing to do",
    )
