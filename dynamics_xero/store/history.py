"""What was done to each link, and why (R40)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, insert, or_, select

from dynamics_xero.model import Status
from dynamics_xero.rows import HistoryRow
from dynamics_xero.store import codec
from dynamics_xero.store.engine import chunks
from dynamics_xero.store.statements import Prepared
from dynamics_xero.store.tables import history

_ADD = Prepared(
    lambda _dialect: insert(history), columns=[c.name for c in history.c if not c.primary_key]
)


class History:
    """Appends and reads outcomes within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[HistoryRow]) -> None:
        """Append outcomes."""
        _ADD.run_many(self._connection, map(_columns, rows))

    def told(self, link_ids: Iterable[int], action: str) -> set[int]:
        """Return those of the links of which an action is told."""
        found: set[int] = set()
        for some in chunks(link_ids):
            query = select(history.c.link_id).where(
                history.c.link_id.in_(some), history.c.action == action
            )
            found.update(self._connection.scalars(query))
        return found

    def of_record(self, record_id: str, limit: int) -> list[HistoryRow]:
        """Return the newest outcomes of a Dynamics or Xero id, newest first."""
        query = (
            select(history)
            .where(or_(history.c.dynamics_id == record_id, history.c.xero_id == record_id))
            .order_by(history.c.id.desc())
            .limit(limit)
        )
        return [
            HistoryRow(
                connection=row.connection,
                entity=row.entity,
                dynamics_id=row.dynamics_id,
                at=row.at,
                run_id=row.run_id,
                action=row.action,
                status=Status(row.status),
                link_id=row.link_id,
                xero_id=row.xero_id,
                remark=row.remark,
                changes=codec.decode_changes(row.changes_json),
                dynamics_version=row.dynamics_version,
                xero_version=row.xero_version,
                request_id=row.request_id,
                code=row.code,
            )
            for row in self._connection.execute(query)
        ]


def _columns(row: HistoryRow) -> dict[str, object]:
    return {
        "connection": row.connection,
        "entity": row.entity,
        "link_id": row.link_id,
        "dynamics_id": row.dynamics_id,
        "xero_id": row.xero_id,
        "at": row.at,
        "run_id": row.run_id,
        "action": row.action,
        "status": row.status.value,
        "remark": row.remark,
        "changes_json": codec.encode_changes(row.changes),
        "dynamics_version": row.dynamics_version,
        "xero_version": row.xero_version,
        "request_id": row.request_id,
        "code": row.code,
    }
