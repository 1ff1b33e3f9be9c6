"""What the guards hold back, for people: shown, asked about, and let pass (R19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from dynamics_xero.connector.desk import Desk
from dynamics_xero.errors import SettingsError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.rows import GuardKind, GuardRow
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.breaker import FAILURES
from dynamics_xero.sync.guards import approve, watches

ASKS = (
    "{}: {} {} would be archived or removed in Xero, more than usual at once; they wait. If that "
    "was meant, run `dynamics-xero guards approve {}`."
)


class Stance(StrEnum):
    """How a guard stands.

    waits: it holds something until a person agrees. approved: a person did, and it goes out.
    counting: it has counted something, and holds nothing. resting: nothing is sent for a while.
    """

    WAITS = "waits"
    APPROVED = "approved"
    COUNTING = "counting"
    RESTING = "resting"


def asks(
    tx: Transaction, connection: str, mappings: Sequence[type[EntityMapping]]
) -> tuple[str, ...]:
    """Return what a person is asked to look at."""
    return tuple(
        ASKS.format(connection, guard["held"], guard["entity"], guard["entity"])
        for guard in standing(tx, connection, mappings)
        if guard["state"] == Stance.WAITS
    )


def standing(
    tx: Transaction, connection: str, mappings: Sequence[type[EntityMapping]]
) -> list[dict[str, object]]:
    """Return every guard of a connection that has something to say."""
    held = tx.guards.held(connection)
    waiting = {w.entity: held.get((w.holder, w.hold), 0) for w in watches(mappings)}
    rows = tx.guards.all(connection)
    known = {row.entity for row in rows if row.kind is GuardKind.MASS_DELETE}
    found = [_told(row, waiting.get(row.entity, 0)) for row in rows]
    bare = [name for name, number in waiting.items() if number and name not in known]
    return found + [_bare(connection, name, waiting[name]) for name in bare]


def _told(row: GuardRow, waiting: int) -> dict[str, object]:
    held = waiting if row.kind is GuardKind.MASS_DELETE else 0
    return {
        "connection": row.connection,
        "entity": row.entity,
        "guard": row.kind.value,
        "state": _state(row, held),
        "count": row.count,
        "held": held,
        "since": row.since.isoformat(),
        "until": row.until.isoformat() if row.until else None,
    }


def _state(row: GuardRow, held: int) -> Stance:
    if row.kind is not GuardKind.MASS_DELETE:
        return Stance.RESTING if row.count >= FAILURES else Stance.COUNTING
    if not held:
        return Stance.COUNTING
    return Stance.APPROVED if row.approved_at is not None else Stance.WAITS


def _bare(connection: str, entity: str, held: int) -> dict[str, object]:
    """What a cycle held that has ended since."""
    return {
        "connection": connection,
        "entity": entity,
        "guard": GuardKind.MASS_DELETE.value,
        "state": Stance.WAITS,
        "count": 0,
        "held": held,
        "since": None,
        "until": None,
    }


def guards(desk: Desk) -> list[dict[str, object]]:
    """Return every guard of the chosen connections that has something to say."""
    with desk.shop.store.read() as tx:
        return [guard for one in desk for guard in standing(tx, one.name, desk.shop.mappings)]


def let_pass(desk: Desk, entity: str) -> int:
    """Let the removals that are held of an entity pass; returns how many links that concerns.

    Raises SettingsError when there is no such entity, or nothing of it is held.
    """
    desk.known(entity)
    now = desk.shop.clock.now()
    freed = sum(_approve(desk, one.name, entity, now) for one in desk)
    if not freed:
        raise SettingsError(f"Nothing of {entity} waits for a person.")
    return freed


def _approve(desk: Desk, connection: str, entity: str, now: datetime) -> int:
    mine = [watch for watch in watches(desk.shop.mappings) if watch.entity == entity]
    with desk.shop.store.begin() as tx:
        held = tx.guards.held(connection)
        waiting = [watch for watch in mine if (watch.holder, watch.hold) in held]
        return sum(approve(tx, connection, watch, now=now) for watch in waiting)
