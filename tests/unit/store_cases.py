"""Values and stores for the tests of the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dynamics_xero import store_port
from dynamics_xero.model import Base, Link, LinkOutcome, Record, RecordState, Status, Values
from dynamics_xero.rows import RecordRow
from dynamics_xero.store.store import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON = NOON + timedelta(seconds=1)
LATER = NOON + timedelta(minutes=1)


def url(home: Path) -> str:
    """Return the URL of the database in a test's folder."""
    return f"sqlite:///{home / 'state.db'}"


@contextmanager
def opened(home: Path) -> Iterator[store_port.Store]:
    """Open a store as the steps know it; mypy compares it with its port here."""
    with Store.open(url(home)) as store:
        yield store


def record(
    row_id: str,
    *,
    values: Values | None = None,
    state: RecordState = RecordState.LIVE,
    parent_id: str | None = None,
) -> Record:
    """Return an account."""
    shown = {"name": f"Account {row_id}"} if values is None else values
    return Record("account", row_id, 7, shown, state=state, parent_id=parent_id)


def row(seen: Record, *keys: tuple[str, str]) -> RecordRow:
    """Return a record about to be stored."""
    return RecordRow(seen, f"keys of {seen.id}", keys)


def links(tx: store_port.Transaction, *ids: str) -> list[Link]:
    """Insert account links and return them in the order given."""
    tx.links.ensure("main", "account", ids)
    found = tx.links.by_dynamics("main", "account", ids)
    return [found[dynamics_id] for dynamics_id in ids]


def outcome(
    link: Link,
    status: Status = Status.SYNCED,
    *,
    remark: str | None = None,
    base: Base | None = None,
    carried: bool = False,
    verified: bool = False,
    gone: bool = False,
) -> LinkOutcome:
    """Return how a link stands."""
    return LinkOutcome(
        link.id,
        link.entity,
        link.dynamics_id,
        status,
        remark=remark,
        base=base or {},
        carried=carried,
        verified=verified,
        gone=gone,
    )


def save(
    tx: store_port.Transaction,
    *outcomes: LinkOutcome,
    now: datetime = NOON,
    loaded: dict[int, int] | None = None,
    xero_ids: dict[int, str] | None = None,
    run_id: str = "run-1",
) -> dict[str, int]:
    """Store outcomes."""
    return tx.links.save(
        "main", outcomes, run_id=run_id, now=now, loaded=loaded or {}, xero_ids=xero_ids or {}
    )
