"""Dead letters: links that need a person, also those whose Remark nobody can see in Dynamics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.desk import Desk
from dynamics_xero.connector.plan_items import named
from dynamics_xero.errors import SettingsError
from dynamics_xero.model import Link, RecordState, SideName

HELPING = 500

Letter = dict[str, Any]


def dead_letters(desk: Desk, *, entity: str | None, limit: int) -> list[Letter]:
    """Return the links that failed, conflict, are blocked, or were skipped for a reason.

    Each frees itself once what it failed on changes; asks no remote.
    """
    desk.known(entity)
    found: list[Letter] = []
    for one in desk:
        for links in _helpings(desk, one, entity):
            found += _told(desk, one, links)
            if len(found) >= limit:
                return found[:limit]
    return found


def replay(
    desk: Desk, *, link_ids: Sequence[int] = (), entity: str | None = None, every: bool = False
) -> list[int]:
    """Mark dead letters due, so that the next sync tries them again; returns their links.

    Raises SettingsError when a link is none, or nothing was named.
    """
    desk.known(entity)
    if not (link_ids or entity or every):
        raise SettingsError("Say which: links by number, --entity E, or --all.")
    wanted = set(link_ids)
    replayed = []
    for one in desk:
        for links in _helpings(desk, one, entity):
            mine = [link for link in links if not wanted or link.id in wanted]
            with desk.shop.store.begin() as tx:
                # A part travels inside its parent, so it is the parent that is tried again.
                roots = {link.parent_id or link.id for link in mine}
                tx.links.wake(sorted(roots), now=desk.shop.clock.now())
            replayed += [link.id for link in mine]
    if missing := sorted(wanted - set(replayed)):
        raise SettingsError(f"No dead letters: {', '.join(map(str, missing))}.")
    return replayed


def _helpings(desk: Desk, one: Connection, entity: str | None) -> Iterator[list[Link]]:
    after = 0
    while True:
        with desk.shop.store.read() as tx:
            links = tx.reviews.troubled(one.name, after=after, limit=HELPING, entity=entity)
        if not links:
            return
        yield links
        after = links[-1].id


def _told(desk: Desk, one: Connection, links: Sequence[Link]) -> Iterator[Letter]:
    with desk.shop.store.read() as tx:
        since = tx.reviews.since(link.id for link in links)
    hidden = _hidden(desk, one, links)
    for link in links:
        yield {
            **named(link),
            "parent": link.parent_id,
            "status": link.status.value,
            "remark": link.remark,
            "since": _text(since.get(link.id)),
            "attempts": link.attempts,
            "shown_in_dynamics": link.id not in hidden,
        }


def _hidden(desk: Desk, one: Connection, links: Sequence[Link]) -> set[int]:
    """Return the links whose Dynamics row is deleted: their Remark stands here alone."""
    tables = {mapping.name: mapping.dynamics for mapping in desk.shop.mappings}
    by_table: dict[str, dict[str, int]] = {}
    for link in links:
        by_table.setdefault(tables.get(link.entity, ""), {})[link.dynamics_id] = link.id
    hidden: set[int] = set()
    with desk.shop.store.read() as tx:
        row = tx.endpoints.connection(one.name)
        endpoint = row.dynamics_key if row else SideName.DYNAMICS.value
        for table, ids in by_table.items():
            stored = tx.records.get(endpoint, table, ids)
            there = {i for i, s in stored.items() if s.record.state is not RecordState.DELETED}
            hidden.update(link_id for row_id, link_id in ids.items() if row_id not in there)
    return hidden


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
