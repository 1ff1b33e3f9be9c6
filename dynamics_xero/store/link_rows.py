"""The statements on links that are put together once, and how a row becomes a Link.

Every page and every answer needs most of them, and to put one together costs more than a row does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import BindParameter, Integer, bindparam, case, func, literal_column, select, update

from dynamics_xero.model import Hold, Life, Link, SideName, Status
from dynamics_xero.store import codec
from dynamics_xero.store.engine import chunks, leaving
from dynamics_xero.store.statements import OneOf, Prepared, prepared
from dynamics_xero.store.tables import Instant, link

SETTLE = prepared(
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
        hold=bindparam("b_hold"),
    )
)
"""One statement, so that a mark made meanwhile by another process is not lost."""

PAIR = prepared(
    update(link)
    .where(link.c.id == bindparam("b_id"))
    .values(
        xero_id=bindparam("b_xero_id"),
        write_back_at=func.coalesce(link.c.write_back_at, link.c.due_at),
    )
)
"""The new id is to be written back, whatever the outcome that follows changes besides."""

REMEMBER = prepared(
    update(link).where(link.c.id == bindparam("b_id")).values(base_json=bindparam("b_base"))
)

WRITTEN = prepared(
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
    link.c.hold,
)


_OF = (link.c.connection == bindparam("b_connection"), link.c.entity == bindparam("b_entity"))
_NOW: BindParameter[Any] = bindparam("b_now", type_=Instant)
_CHOSEN = {
    SideName.DYNAMICS: (*_OF, OneOf(link.c.dynamics_id, "listed")),
    # Parts may share their ids.
    SideName.XERO: (*_OF, OneOf(link.c.xero_id, "listed"), link.c.parent_id.is_(None)),
}
DUE = {
    "marked": link.c.marked + 1,
    "due_at": func.coalesce(link.c.due_at, _NOW),
    "next_at": None,
}
_MARK_DUE = {
    side: update(link).where(*chosen, link.c.life != Life.SEVERED.value).values(DUE)
    for side, chosen in _CHOSEN.items()
}
MARK_DUE = {side: prepared(marking) for side, marking in _MARK_DUE.items()}
MARK_DUE_ONLY = {
    side: prepared(marking.where(OneOf(link.c.status, "b_only")))
    for side, marking in _MARK_DUE.items()
}
MARK_SEEN = {
    side: prepared(
        update(link)
        .where(*chosen, link.c.seen_run.is_distinct_from(bindparam("b_run")))
        .values(seen_run=bindparam("b_run"))
    )
    for side, chosen in _CHOSEN.items()
}
MARK_WRITE_BACK = prepared(
    update(link)
    .where(*_CHOSEN[SideName.DYNAMICS])
    .values(write_back_at=func.coalesce(link.c.write_back_at, _NOW))
)
FIND = {
    side: prepared(select(*COLUMNS).where(*chosen).order_by(link.c.id))
    for side, chosen in _CHOSEN.items()
}
BY_ID = prepared(select(*COLUMNS).where(OneOf(link.c.id, "listed")).order_by(link.c.id))
WRITE_BACKS = prepared(
    select(*(literal_column("'{}'") if c is link.c.base_json else c for c in COLUMNS))
    .where(link.c.connection == bindparam("b_connection"), link.c.write_back_at.is_not(None))
    .order_by(link.c.write_back_at, link.c.id)
    .limit(bindparam("b_limit", type_=Integer))
)
PARTS_OF = prepared(
    select(*COLUMNS).where(*_OF, OneOf(link.c.parent_id, "listed")).order_by(link.c.id)
)
STANDING_AT = prepared(
    select(link.c.id)
    .where(link.c.connection == bindparam("b_connection"), OneOf(link.c.status, "b_statuses"))
    .limit(1)
)
ENSURE = Prepared(
    lambda dialect: leaving(dialect, link), columns=("connection", "entity", "dynamics_id")
)
_BY_ID = update(link).where(OneOf(link.c.id, "listed"))
WAKE = prepared(_BY_ID.values(DUE))
BEGIN = prepared(_BY_ID.values(starts=link.c.starts + 1))
SURVIVE = prepared(_BY_ID.values(starts=0))
RETRY_LATER = prepared(
    _BY_ID.values(
        next_at=bindparam("b_next_at"),
        attempts=link.c.attempts + bindparam("b_up", type_=Integer),
        request_id=None,
    )
)
SET_REQUEST = prepared(_BY_ID.values(request_id=bindparam("b_request")))


def of(connection: str, entity: str) -> tuple[Any, Any]:
    """Return the conditions that choose one entity of a connection."""
    return link.c.connection == connection, link.c.entity == entity


def named(
    dynamics_ids: Iterable[str], xero_ids: Iterable[str]
) -> Iterator[tuple[SideName, list[str]]]:
    """Yield each IN list with the side whose ids it holds."""
    for side, ids in ((SideName.DYNAMICS, dynamics_ids), (SideName.XERO, xero_ids)):
        for some in chunks(ids):
            yield side, some


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
        hold,
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
        hold=None if hold is None else Hold(hold),
    )
