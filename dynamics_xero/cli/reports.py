"""`status`, `history`: what the store knows; no remote is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.cli.tables import outline


@click.command()
@global_options
@click.pass_obj
def status(given: Globals) -> int:
    """Show how the connections stand."""
    with opened(given) as connector:
        document = connector.status()
    given.show(document, lambda: outline(document))
    return Exit.FINE


@click.command()
@click.argument("record_id", metavar="ID")
@global_options
@click.pass_obj
def history(given: Globals, *, record_id: str) -> int:
    """Show what was done to one record, by its Dynamics or Xero id, and why."""
    with opened(given) as connector:
        found = connector.history(record_id)
    given.show({"history": found}, lambda: _story(found))
    return Exit.FINE


NOTHING_DONE = (
    "Nothing was done to a record with this id. "
    "`dynamics-xero links` lists the ids of those that are known."
)


def _story(found: Sequence[Mapping[str, object]]) -> str:
    return "\n".join(map(_chapter, found)) or NOTHING_DONE


def _chapter(outcome: Mapping[str, object]) -> str:
    """Return one outcome: a line with what was done, and one per field it changed."""
    told = [str(outcome[name]) for name in ("at", "entity", "action", "status", "remark")]
    changes = outcome["changes"]
    lines = [
        f"    {name}: {change['before']} -> {change['after']} ({change['rule']})"
        for name, change in (changes.items() if isinstance(changes, Mapping) else ())
    ]
    return "\n".join(["  ".join(text for text in told if text != "None"), *lines])
