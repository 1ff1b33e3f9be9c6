"""`conflicts`: what both sides changed differently; `conflicts resolve`: whose value is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.cli.tables import table
from dynamics_xero.model import SideName

HEADS = ("link", "entity", "dynamics_id", "field", "dynamics", "xero", "base", "owner", "since")


@click.group(invoke_without_command=True)
@click.option("--kept", is_flag=True, help="Those left different when first linked, instead.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@global_options
@click.pass_context
def conflicts(context: click.Context, *, kept: bool, limit: int) -> int:
    """List what both sides changed differently, and what asks for another reason."""
    given = context.ensure_object(Globals)
    if context.invoked_subcommand is not None:
        return Exit.FINE
    with opened(given) as connector:
        found = connector.conflicts(kept=kept, limit=limit)
    given.show({"conflicts": found}, lambda: _told(found))
    return Exit.FINE


@conflicts.command()
@click.argument("link", type=int)
@click.argument("field")
@click.option("--take", type=click.Choice([s.value for s in SideName]), required=True)
@global_options
@click.pass_obj
def resolve(given: Globals, *, link: int, field: str, take: str) -> int:
    """Take the value of one side for FIELD of LINK; the next sync carries it out."""
    with opened(given) as connector:
        done = connector.resolve(link, field, SideName(take))
    given.show({"resolved": done}, lambda: f"{field} of link {link}: {take}'s value is taken.")
    return Exit.FINE


def _told(found: Sequence[Mapping[str, object]]) -> str:
    if not found:
        return "No conflicts."
    rows = [[_cell(conflict, head) for head in HEADS] for conflict in found]
    reasons = [f"link {o['link']}: {o['remark']}" for o in found if o["field"] is None]
    return "\n".join([table(HEADS, rows), *reasons])


def _cell(conflict: Mapping[str, object], head: str) -> object:
    value = conflict[head]
    if isinstance(value, Mapping):
        here, there = value["dynamics"], value["xero"]
        return here if here == there else f"{here} | {there}"
    return value
