"""The ledger: one entry per record written, in the same transaction as the record itself.

It is the oracle of the tests, independent of every table the connector keeps.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping

from dynamics_xero.sandbox.clock import SandboxClock
from dynamics_xero.sandbox.database import Database

ACTIONS = (
    "create",
    "update",
    "archive",
    "restore",
    "void",
    "delete",
    "transition",
    "allocate",
)

_TABLE = """
CREATE TABLE IF NOT EXISTS sandbox_ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, request TEXT NOT NULL,
    actor TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, resource TEXT NOT NULL,
    id TEXT NOT NULL, action TEXT NOT NULL, changed INTEGER NOT NULL, fields TEXT NOT NULL,
    before TEXT, after TEXT)
"""
_COLUMNS = (
    "seq, at, request, actor, method, path, resource, id, action, changed, fields, before, after"
)


class Ledger:
    """Append-only list of accepted writes."""

    def __init__(
        self, database: Database, clock: SandboxClock, ignore: Collection[str] = ()
    ) -> None:
        """Keep the ledger in `database`; `ignore` names the bookkeeping fields of its records."""
        self._database = database
        self._clock = clock
        self.ignore = frozenset(ignore)
        with database.write() as tx:
            tx.execute(_TABLE)
            tx.execute(
                "CREATE INDEX IF NOT EXISTS sandbox_ledger_actor ON sandbox_ledger (actor, seq)"
            )

    def record(
        self,
        tx: sqlite3.Connection,
        *,
        request: str,
        actor: str,
        method: str,
        path: str,
        resource: str,
        id: str,
        action: str,
        before: Mapping[str, object] | None,
        after: Mapping[str, object] | None,
    ) -> None:
        """Append one entry; its `fields` are the names whose values differ."""
        if action not in ACTIONS:
            raise ValueError(f"unknown ledger action {action!r}")
        fields = changed_fields(before or {}, after or {}, self.ignore)
        tx.execute(
            f"INSERT INTO sandbox_ledger ({_COLUMNS}) VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - constants
            (
                self._clock.now().isoformat(),
                request,
                actor,
                method,
                path,
                resource,
                id,
                action,
                int(bool(fields)),
                json.dumps(fields),
                _dump(before),
                _dump(after),
            ),
        )

    def entries(
        self, *, after: int = 0, actor: str | None = None, limit: int = 1000
    ) -> tuple[list[dict[str, object]], int]:
        """Return entries behind `after`, and the number to ask with next.

        A short answer moves the bookmark to the ledger's end, past other actors' entries.
        """
        condition, arguments = "seq > ?", [after]
        query_arguments: list[object] = list(arguments)
        if actor is not None:
            condition += " AND actor = ?"
            query_arguments.append(actor)
        with self._database.read() as tx:
            rows = tx.execute(
                f"SELECT {_COLUMNS} FROM sandbox_ledger WHERE {condition} ORDER BY seq LIMIT ?",  # noqa: S608 - constants
                (*query_arguments, limit),
            ).fetchall()
            last = tx.execute("SELECT COALESCE(MAX(seq), 0) FROM sandbox_ledger").fetchone()[0]
        entries = [_entry(row) for row in rows]
        if len(entries) == limit:
            return entries, int(rows[-1]["seq"])
        return entries, max(after, int(last))

    def last(self) -> int:
        """Return the number of the newest entry, 0 for an empty ledger."""
        with self._database.read() as tx:
            newest = tx.execute("SELECT COALESCE(MAX(seq), 0) FROM sandbox_ledger").fetchone()
        return int(newest[0])

    def clear(self, tx: sqlite3.Connection) -> None:
        """Forget every entry; the numbers go on, so that a bookmark never points backwards."""
        tx.execute("DELETE FROM sandbox_ledger")


def changed_fields(
    before: Mapping[str, object], after: Mapping[str, object], ignore: Collection[str]
) -> list[str]:
    """Return the sorted names whose values differ, absent and none being the same."""
    names = (before.keys() | after.keys()) - set(ignore)
    return sorted(name for name in names if before.get(name) != after.get(name))


def _dump(values: Mapping[str, object] | None) -> str | None:
    return None if values is None else json.dumps(values, ensure_ascii=False, default=str)


def _entry(row: sqlite3.Row) -> dict[str, object]:
    entry = dict(row)
    entry["changed"] = bool(entry["changed"])
    entry["fields"] = json.loads(row["fields"])
    for image in ("before", "after"):
        entry[image] = None if row[image] is None else json.loads(row[image])
    return entry
