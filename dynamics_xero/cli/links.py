"""`links`: what is linked to what, and a person's word on it. Asks no remote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.cli.tables import table
from dynamics_xero.model import Link, Status

if TYPE_CHECKING:
    from dynamics_xero.sync.suggest import Evidence, Suggestion

NEXT = "The next sync carries what follows from it."


@click.group(invoke_without_command=True)
@click.option("--entity", metavar="E", help="Only this entity.")
@click.option("--status", type=click.Choice([s.value for s in Status]), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@global_options
@click.pass_context
def links(context: click.Context, *, entity: str | None, status: str | None, limit: int) -> int:
    """List linked records with their status and remark, or say what belongs together."""
    if context.invoked_subcommand is not None:
        return Exit.FINE
    given = context.ensure_object(Globals)
    wanted = Status(status) if status else None
    with opened(given) as connector:
        found = connector.links(entity=entity, status=wanted, limit=limit)
    heads = list(found[0]) if found else []
    rows = [[row.get(head) for head in heads] for row in found]
    given.show({"links": found}, lambda: table(heads, rows) if found else "No links.")
    return Exit.FINE


@links.command()
@click.option("--entity", metavar="E", help="Only this entity.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@global_options
@click.pass_obj
def suggest(given: Globals, *, entity: str | None, limit: int) -> int:
    """List pairs that may belong together, with what speaks for and against each."""
    from dynamics_xero.connector import linking

    with opened(given) as connector:
        found = linking.suggestions(connector.desk, entity=entity, limit=limit)
    given.show({"suggestions": [_plain(one) for one in found]}, lambda: _told(found))
    return Exit.FINE


@links.command()
@click.argument("dynamics_id")
@click.argument("xero_id")
@global_options
@click.pass_obj
def accept(given: Globals, *, dynamics_id: str, xero_id: str) -> int:
    """Link two records: they are the same thing."""
    from dynamics_xero.connector import linking

    with opened(given) as connector:
        link = linking.accept(connector.desk, dynamics_id, xero_id)
    return _done(given, link, f"Linked {dynamics_id} to {xero_id}. {NEXT}")


@links.command()
@click.argument("dynamics_id")
@click.argument("xero_id")
@global_options
@click.pass_obj
def reject(given: Globals, *, dynamics_id: str, xero_id: str) -> int:
    """Say that two records are not the same thing: never matched, never suggested again."""
    from dynamics_xero.connector import linking

    with opened(given) as connector:
        link = linking.reject(connector.desk, dynamics_id, xero_id)
    return _done(given, link, f"Noted that {dynamics_id} is not {xero_id}. {NEXT}")


@links.command()
@click.argument("link_id", metavar="ID")
@global_options
@click.pass_obj
def sever(given: Globals, *, link_id: str) -> int:
    """Take a link out of the sync. ID: its number, or the id of one of its records."""
    from dynamics_xero.connector import linking

    with opened(given) as connector:
        link = linking.sever(connector.desk, link_id)
    return _done(given, link, f"Severed link {link.id}. Nothing is carried until it is relinked.")


@links.command()
@click.argument("link_id", metavar="ID")
@click.option("--xero", "xero_id", metavar="XERO_ID", help="With another Xero record.")
@global_options
@click.pass_obj
def relink(given: Globals, *, link_id: str, xero_id: str | None) -> int:
    """Take a severed link into the sync again."""
    from dynamics_xero.connector import linking

    with opened(given) as connector:
        link = linking.relink(connector.desk, link_id, xero_id)
    return _done(given, link, f"Link {link.id} takes part again. {NEXT}")


def _done(given: Globals, link: Link, text: str) -> int:
    from dynamics_xero.connector import listings

    given.show({"link": listings.link(link)}, lambda: text)
    return Exit.FINE


def _plain(one: Suggestion) -> dict[str, object]:
    return {
        "connection": one.link.connection,
        "entity": one.link.entity,
        "link": one.link.id,
        "dynamics_id": one.link.dynamics_id,
        "xero_id": one.xero_id,
        "evidence": [
            {"key": e.label, "dynamics": e.dynamics, "xero": e.xero, "agrees": e.agrees}
            for e in one.evidence
        ],
    }


def _told(found: list[Suggestion]) -> str:
    if not found:
        return "Nothing to suggest."
    return "\n".join(
        "\n".join(
            [f"{one.link.entity} {one.link.dynamics_id} {one.xero_id}", *map(_line, one.evidence)]
        )
        for one in found
    )


def _line(one: Evidence) -> str:
    verdict = {True: "agrees", False: "differs", None: "one side is empty"}[one.agrees]
    return f"    {one.label}: {verdict}: {one.dynamics or '-'} | {one.xero or '-'}"
