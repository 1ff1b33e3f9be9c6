"""The tables as queries see them; the migrations make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time, stored as whole microseconds: exact and sortable in every dialect."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # given
        """Return the stored number."""
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # given
        """Return the time."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


RowId = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column of its own INTEGER type."""

metadata = MetaData()

endpoint = Table(
    "endpoint",
    metadata,
    Column("key", Text, primary_key=True),
    Column("side", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("short_code", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("pinned_at", Instant, nullable=False),
)

connection = Table(
    "connection",
    metadata,
    Column("name", Text, primary_key=True),
    Column("dynamics_key", Text, nullable=False),
    Column("xero_key", Text, nullable=False),
    Column("approved_at", Instant),
)

record = Table(
    "record",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("values_json", Text, nullable=False),
    Column("parts_json", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("parent_id", Text),
    Column("modified_at", Instant),
    Column("merged_into", Text),
    Column("answered_at", Instant),
    Column("generation", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("stamps_json", Text),
    Index("record_parent", "endpoint", "resource", "parent_id"),
    Index("record_generation", "endpoint", "resource", "generation"),
)

record_key = Table(
    "record_key",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Index("record_key_record", "endpoint", "resource", "record_id"),
    sqlite_with_rowid=False,  # the key is the row: it need not be stored twice
)

cursor = Table(
    "cursor",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("cursor", Text),
    Column("columns_digest", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("read_at", Instant),
    Column("started_at", Instant),
)

link = Table(
    "link",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("connection", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("dynamics_id", Text, nullable=False),
    Column("xero_id", Text),
    Column("parent_id", BigInteger),
    Column("base_json", Text, nullable=False, server_default="{}"),
    Column("status", Text, nullable=False, server_default="Not synced"),
    Column("remark", Text),
    Column("life", Text, nullable=False, server_default="linked"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("starts", Integer, nullable=False, server_default="0"),
    Column("last_synced_at", Instant),
    Column("marked", Integer, nullable=False, server_default="0"),
    Column("due_at", Instant),
    Column("next_at", Instant),
    Column("request_id", Text),
    Column("write_back_at", Instant),
    Column("seen_run", Text),
    Column("acted_run", Text),
    Column("winner_id", BigInteger),
    Column("hold", Text),
    UniqueConstraint("connection", "entity", "dynamics_id", name="link_dynamics"),
    sqlite_autoincrement=True,  # history names links by id: an id is never given twice
)
Index("link_status", link.c.connection, link.c.status)

request = Table(
    "request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("sent_at", Instant),
    Column("deadline", Instant, nullable=False),
    Column("members_json", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Index("request_connection", "connection", "deadline"),
)

history = Table(
    "history",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("connection", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("link_id", BigInteger),
    Column("dynamics_id", Text, nullable=False),
    Column("xero_id", Text),
    Column("at", Instant, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("remark", Text),
    Column("changes_json", Text, nullable=False),
    Column("dynamics_version", BigInteger),
    Column("xero_version", BigInteger),
    Column("request_id", Text),
    Column("code", Text, nullable=False),
    Index("history_link", "link_id"),
    Index("history_run", "run_id"),
    Index("history_dynamics", "dynamics_id"),
    Index("history_xero", "xero_id"),
)

run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("until", Instant, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("name", Text, primary_key=True),
    Column("secret", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("saved_at", Instant, nullable=False),
)

budget = Table(
    "budget",
    metadata,
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),
)

choice = Table(
    "choice",
    metadata,
    Column("link_id", BigInteger, primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    Column("take", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

rejection = Table(
    "rejection",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("dynamics_id", Text, primary_key=True),
    Column("xero_id", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

guard = Table(
    "guard",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Column("approved_at", Instant),
)

fingerprint = Table(
    "fingerprint",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
