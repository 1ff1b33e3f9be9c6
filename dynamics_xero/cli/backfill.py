"""`backfill`: the first load, told as it goes."""

from __future__ import annotations

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.sync import code_of, describe


@click.command()
@click.option("--entity", metavar="E", help="Only this entity.")
@global_options
@click.pass_obj
def backfill(given: Globals, *, entity: str | None) -> int:
    """Load what has no partner yet: match, link, fill, make. Stopped or killed, it goes on."""
    with opened(given) as connector:
        report = connector.backfill(entity, progress=given.tell)
    given.show(report.as_json(), lambda: describe(report.as_json()))
    return code_of(report)
