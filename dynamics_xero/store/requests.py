"""Remote calls that have been written down and not been answered yet (R21, R22)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from dynamics_xero.rows import RequestRow
from dynamics_xero.store import codec
from dynamics_xero.store.statements import prepared
from dynamics_xero.store.tables import request

_THIS = request.c.id == bindparam("b_id")
_SENT = prepared(update(request).where(_THIS).values(sent_at=bindparam("b_at")))
_CLOSE = prepared(delete(request).where(_THIS))


class Requests:
    """Reads and writes open requests within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, rows: Sequence[RequestRow]) -> None:
        """Write calls down before they leave."""
        if rows:
            self._connection.execute(insert(request), [_columns(row) for row in rows])

    def sent(self, request_id: str, at: datetime) -> bool:
        """Note when a call left; False when it is no longer written down, and must not."""
        return _SENT.run(self._connection, {"b_id": request_id, "b_at": at}) == 1

    def close(self, request_id: str) -> None:
        """Forget a call: its outcome is stored, or it is known not to have been taken."""
        _CLOSE.run(self._connection, {"b_id": request_id})

    def opened(self, connection: str) -> list[RequestRow]:
        """Return the connection's open calls, the earliest deadline first."""
        query = (
            select(request)
            .where(request.c.connection == connection)
            .order_by(request.c.deadline, request.c.id)
        )
        return [
            RequestRow(
                id=row.id,
                connection=row.connection,
                endpoint=row.endpoint,
                resource=row.resource,
                action=row.action,
                key=row.key,
                deadline=row.deadline,
                members=codec.decode_many(row.members_json),
                fence=row.fence,
                sent_at=row.sent_at,
            )
            for row in self._connection.execute(query)
        ]


def _columns(row: RequestRow) -> dict[str, object]:
    return {
        "id": row.id,
        "connection": row.connection,
        "endpoint": row.endpoint,
        "resource": row.resource,
        "action": row.action,
        "key": row.key,
        "deadline": row.deadline,
        "members_json": codec.encode_many(row.members),
        "fence": row.fence,
        "sent_at": row.sent_at,
    }
