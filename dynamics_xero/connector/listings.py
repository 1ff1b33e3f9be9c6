"""Rows of the store as the plain JSON that `status`, `links` and `history` print."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from dynamics_xero.model import Link, Status, Value
from dynamics_xero.rows import HistoryRow
from dynamics_xero.store_port import Transaction


def status(tx: Transaction, connection: str, *, now: datetime) -> dict[str, object]:
    """Return how many links stand how, and what is waiting."""
    entities: dict[str, dict[str, int]] = {}
    for (entity, state), count in tx.runs.standing(connection).items():
        entities.setdefault(entity, {})[state.value] = count
    row = tx.endpoints.connection(connection)
    next_at = tx.links.next_due_at(connection)
    write_backs, oldest = tx.links.write_back_state(connection)
    return {
        "dynamics": row.dynamics_key if row else None,
        "xero": row.xero_key if row else None,
        "entities": entities,
        "due": next_at is not None and next_at <= now,
        "next_due_at": _text(next_at),
        "write_backs_due": write_backs,
        "oldest_write_back_at": _text(oldest),
        "calls_without_answer": len(tx.requests.opened(connection)),
    }


def link(row: Link) -> dict[str, object]:
    """Return one link."""
    return {
        "id": row.id,
        "connection": row.connection,
        "entity": row.entity,
        "dynamics_id": row.dynamics_id,
        "xero_id": row.xero_id,
        "life": row.life.value,
        "status": row.status.value,
        "remark": row.remark,
        "last_synced_at": _text(row.last_synced_at),
    }


def history(row: HistoryRow) -> dict[str, object]:
    """Return one outcome with what it changed and why (R40)."""
    return {
        "at": _text(row.at),
        "connection": row.connection,
        "entity": row.entity,
        "dynamics_id": row.dynamics_id,
        "xero_id": row.xero_id,
        "action": row.action,
        "status": row.status.value if isinstance(row.status, Status) else row.status,
        "remark": row.remark,
        "changes": {
            name: {
                "before": plain(c.before),
                "after": plain(c.after),
                "rule": c.rule,
                "base": base(c.base),
            }
            for name, c in row.changes.items()
        },
        "dynamics_version": row.dynamics_version,
        "xero_version": row.xero_version,
        "request": row.request_id,
        "code": row.code,
    }


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant is not None else None


def base(halves: tuple[Value, Value] | None) -> dict[str, object] | None:
    """Return what both sides showed when they were last settled; None for never."""
    if halves is None:
        return None
    return {"dynamics": plain(halves[0]), "xero": plain(halves[1])}


def plain(value: Value) -> object:
    """Return a value as JSON has it; amounts stay exact, as texts."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
