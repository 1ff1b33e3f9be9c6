"""`dead-letters`: links that need a person; `dead-letters replay`: try them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.cli.tables import table

HEADS = ("link", "entity", "dynamics_id", "status", "since", "remark")


@click.group("dead-letters", invoke_without_command=True)
@click.option("--entity", metavar="E", help="Only this entity.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@global_options
@click.pass_context
def dead_letters(context: click.Context, *, entity: str | None, limit: int) -> int:
    """List records that need a person, with their Remark."""
    given = context.ensure_object(Globals)
    if context.invoked_subcommand is not None:
        return Exit.FINE
    with opened(given) as connector:
        found = connector.dead_letters(entity=entity, limit=limit)
    given.show({"dead_letters": found}, lambda: _told(found))
    return Exit.FINE


@dead_letters.command()
@click.argument("links", nargs=-1, type=int, metavar="[LINK...]")
@click.option("--entity", metavar="E", help="Those of this entity.")
@click.option("--all", "every", is_flag=True, help="All of them.")
@global_options
@click.pass_obj
def replay(given: Globals, *, links: tuple[int, ...], entity: str | None, every: bool) -> int:
    """Try them again with the next sync; each also frees itself once its record changes."""
    with opened(given) as connector:
        done = connector.replay(links, entity=entity, every=every)
    given.show({"replayed": done}, lambda: f"{len(done)} will be tried again by the next sync.")
    return Exit.FINE


def _told(found: Sequence[Mapping[str, object]]) -> str:
    if not found:
        return "No dead letters."
    return table(HEADS, [[letter[head] for head in HEADS] for letter in found])
