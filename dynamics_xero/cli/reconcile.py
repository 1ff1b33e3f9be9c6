"""`reconcile`: compare both sides whole, whatever the feeds have told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.sync import code_of, describe
from dynamics_xero.cli.tables import table

HEADS = ("entity", "dynamics_id", "field", "dynamics", "xero")


@click.command()
@global_options
@click.pass_obj
def reconcile(given: Globals) -> int:
    """Read both sides whole and compare every pair. An interrupted one is resumed."""
    with opened(given) as connector:
        done = connector.reconcile(progress=given.tell)
    document = done.as_json()
    given.show(document, lambda: _told(document))
    return code_of(done.report)


def _told(document: Mapping[str, Any]) -> str:
    lines = [
        f"{name}: {done['links']} pairs compared, {done['found']} needed something"
        for name, done in document["compared"].items()
    ]
    blocks = [*lines, describe(document)]
    if document["drift"]:
        rows = [[one[head] for head in HEADS] for one in document["drift"]]
        blocks.append(
            f"Edited where only the other side counts, and left so:\n{table(HEADS, rows)}"
        )
    return "\n\n".join(blocks)
