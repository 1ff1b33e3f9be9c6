"""`plan` and `apply`: read what would be done, then have exactly that done."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.cli.sync import describe
from dynamics_xero.cli.tables import table

if TYPE_CHECKING:
    from dynamics_xero.connector.plans import Plan

WIDEST = 60
"""Characters of one cell; the file has the whole value."""


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep it in a file.")
@click.option("--entity", metavar="E", help="Only this entity.")
@global_options
@click.pass_obj
def plan(given: Globals, *, out: Path | None, entity: str | None) -> int:
    """Show what a sync would do now, and what it would cost in calls. Writes nothing."""
    with tempfile.TemporaryDirectory() as folder, opened(given) as connector:
        file = out if out or not given.as_json else Path(folder) / "plan.json"
        made = connector.plan(entity, out=file, progress=given.tell)
        if given.as_json and file:
            with file.open(encoding="utf-8") as stream:
                shutil.copyfileobj(stream, sys.stdout)
        else:
            click.echo(told(made))
    if out:
        given.tell(f"Written to {out}. Carry it out with: dynamics-xero apply {out}")
    return Exit.FINE


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@global_options
@click.pass_obj
def apply(given: Globals, *, file: Path) -> int:
    """Carry out the plan in FILE: exactly its actions; what moved since is skipped and listed."""
    with opened(given) as connector:
        applied = connector.apply(file, progress=given.tell)
    document = applied.as_json()
    given.show(document, lambda: "\n\n".join((describe(document), skipped(applied.skipped))))
    return Exit.RECORDS_FAILED if applied.skipped or applied.report.failed else Exit.FINE


def told(made: Plan) -> str:
    """Return a plan for people: what it comes to, and its first actions."""
    blocks = [_comes_to(name, facts) for name, facts in made.summary.items()]
    if made.first:
        heads = ("entity", "action", "in", "Dynamics id", "changes")
        blocks.append(table(heads, [_row(one) for one in made.first]))
    left = made.total - len(made.first)
    if left:
        blocks.append(f"... and {left} more; --out FILE keeps them all")
    return "\n\n".join(blocks)


def _comes_to(name: str, facts: Mapping[str, Any]) -> str:
    rows = [
        (entity, action.removesuffix("_in_dynamics"), _place(action), number)
        for entity, actions in facts["entities"].items()
        for action, number in sorted(actions.items())
    ]
    calls = ", ".join(
        f"{side} {kind.replace('_', '-')} {number}"
        for side, kinds in facts["calls"].items()
        for kind, number in kinds.items()
    )
    if not rows:
        return f"{name}: nothing to do"
    return f"{name}: calls: {calls}\n{table(('entity', 'action', 'in', 'records'), rows)}"


def _place(action: str) -> str:
    return "dynamics" if action.endswith("_in_dynamics") else "xero"


def _row(one: Mapping[str, Any]) -> tuple[object, ...]:
    action = f"match, {one['action']}" if one["match"] else one["action"]
    return one["entity"], action, one["side"], one["dynamics_id"], _changes(one)


def _changes(one: Mapping[str, Any]) -> str:
    fields = [f"{n}: {_short(c['before'])} -> {_short(c['after'])}" for n, c in _moved(one)]
    people = [f"{part['action']} {part['entity']}" for part in one["parts"]]
    remark = [one["remark"]] if one["remark"] else []
    return "; ".join([*fields, *people, *remark])


def _moved(one: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    fields: Mapping[str, Mapping[str, Any]] = one["fields"]
    return fields.items()


def _short(value: object) -> str:
    text = "(empty)" if value is None else str(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def skipped(found: Iterable[Mapping[str, Any]]) -> str:
    """Return the actions of a plan that were left."""
    rows = [(o["entity"], o["dynamics_id"], o["action"], o["reason"]) for o in found]
    if not rows:
        return "Every action of the plan was carried out."
    return table(("skipped", "Dynamics id", "action", "why"), rows)
