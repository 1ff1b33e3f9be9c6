"""`guards`: what is held back to be on the safe side; `guards approve`: let it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.cli.tables import table

HEADS = ("connection", "entity", "guard", "state", "count", "held", "since", "until")


@click.group(invoke_without_command=True)
@global_options
@click.pass_context
def guards(context: click.Context) -> int:
    """List what is held back until a person agrees, or until a remote answers again."""
    given = context.ensure_object(Globals)
    if context.invoked_subcommand is not None:
        return Exit.FINE
    with opened(given) as connector:
        found = connector.guards()
    given.show({"guards": found}, lambda: _told(found))
    waits = any(guard["state"] == "waits" for guard in found)
    return Exit.ASKS_A_PERSON if waits else Exit.FINE


@guards.command()
@click.argument("entity", metavar="ENTITY")
@global_options
@click.pass_obj
def approve(given: Globals, *, entity: str) -> int:
    """Let the removals that are held of an entity pass; the next sync carries them out."""
    with opened(given) as connector:
        freed = connector.approve(entity)
    given.show(
        {"approved": {"entity": entity, "links": freed}},
        lambda: f"{freed} will go out with the next sync.",
    )
    return Exit.FINE


def _told(found: Sequence[Mapping[str, object]]) -> str:
    if not found:
        return "Nothing is held back."
    return table(HEADS, [[guard[head] for head in HEADS] for guard in found])
