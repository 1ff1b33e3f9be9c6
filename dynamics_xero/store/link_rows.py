"""The statements on links that are written once, and how a row becomes a Link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, case, func, update

from dynamics_xero.model import Life, Link, Status
from dynamics_xero.store import codec
from dynamics_xero.store.engine import chunks
from dynamics_xero.store.tables import Instant, link

SETTLE = (
    update(link)
    .where(link.c.id == bindparam("b_id"))
    .values(
        xero_id=bindparam("b_xero_id"),
        parent_id=bindparam("b_parent_id"),
        base_json=bindparam("b_base"),
        status=bindparam("b_status"),
        remark=bindparam("b_remark"),
        attempts=bindparam("b_attempts"),
        last_synced_at=bindparam("b_last_synced_at"),
        due_at=case((link.c.marked == bindparam("b_loaded"), None), else_=link.c.due_at),
        next_at=None,
        request_id=None,
        write_back_at=func.coalesce(
            link.c.write_back_at, bindparam("b_write_back_at", type_=Instant)
        ),
        acted_run=func.coalesce(bindparam("b_acted_run"), link.c.acted_run),
        life=bindparam("b_life"),
        winner_id=bindparam("b_winner_id"),
    )
)
"""One statement, so that a mark made meanwhile by another process is not lost."""

PAIR = (
    update(link)
    .where(link.c.id == bindparam("b_id"))
    .values(
        xero_id=bindparam("b_xero_id"),
        write_back_at=func.coalesce(link.c.write_back_at, link.c.due_at),
    )
)
"""The new id is to be written back, whatever the outcome that follows changes besides."""

WRITTEN = (
    update(link)
    .where(
        link.c.id == bindparam("b_id"),
        link.c.status == bindparam("b_status"),
        link.c.remark.is_not_distinct_from(bindparam("b_remark")),
        link.c.xero_id.is_not_distinct_from(bindparam("b_xero_id")),
        link.c.last_synced_at.is_not_distinct_from(bindparam("b_last_synced_at", type_=Instant)),
    )
    .values(write_back_at=None)
)


COLUMNS = (
    link.c.id,
    link.c.connection,
    link.c.entity,
    link.c.dynamics_id,
    link.c.xero_id,
    link.c.parent_id,
    link.c.base_json,
    link.c.status,
    link.c.remark,
    link.c.life,
    link.c.attempts,
    link.c.starts,
    link.c.last_synced_at,
    link.c.marked,
    link.c.winner_id,
)


def of(connection: str, entity: str) -> tuple[Any, Any]:
    """Return the conditions that choose one entity of a connection."""
    return link.c.connection == connection, link.c.entity == entity


def paired(xero_ids: Sequence[str]) -> tuple[Any, Any]:
    """Return the conditions that choose by Xero id; parts may share their ids."""
    return link.c.xero_id.in_(xero_ids), link.c.parent_id.is_(None)


def named(dynamics_ids: Iterable[str], xero_ids: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    """Return one condition per IN list."""
    for some in chunks(dynamics_ids):
        yield (link.c.dynamics_id.in_(some),)
    for some in chunks(xero_ids):
        yield paired(some)


def to_link(row: Sequence[Any]) -> Link:
    """Return a row of COLUMNS as a value; unpacked, since every step reads thousands."""
    (
        link_id,
        connection,
        entity,
        dynamics_id,
        xero_id,
        parent_id,
        base_json,
        status,
        remark,
        life,
        attempts,
        starts,
        last_synced_at,
        marked,
        winner_id,
    ) = row
    return Link(
        id=link_id,
        connection=connection,
        entity=entity,
        dynamics_id=dynamics_id,
        xero_id=xero_id,
        parent_id=parent_id,
        base=codec.decode_base(base_json),
        status=Status(status),
        remark=remark,
        life=Life(life),
        attempts=attempts,
        starts=starts,
        last_synced_at=last_synced_at,
        marked=marked,
        winner_id=winner_id,
    )
