"""The first tables: mirror, links, requests, history, and what workers share.

Times are whole microseconds since 1970 (UTC).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table of the first release."""
    _endpoints()
    _mirror()
    _links()
    _work()
    _shared()


def downgrade() -> None:
    """Drop everything."""
    for table in (
        "budget",
        "token",
        "lease",
        "run",
        "history",
        "request",
        "link",
        "cursor",
        "record_key",
        "record",
        "connection",
        "endpoint",
    ):
        op.drop_table(table)


def _endpoints() -> None:
    op.create_table(
        "endpoint",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("remote_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("short_code", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("pinned_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "connection",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("dynamics_key", sa.Text, nullable=False),
        sa.Column("xero_key", sa.Text, nullable=False),
    )


def _mirror() -> None:
    op.create_table(
        "record",
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("values_json", sa.Text, nullable=False),
        sa.Column("parts_json", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Text),
        sa.Column("modified_at", sa.BigInteger),
        sa.Column("merged_into", sa.Text),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_index("record_parent", "record", ["endpoint", "resource", "parent_id"])
    op.create_index("record_generation", "record", ["endpoint", "resource", "generation"])
    op.create_table(
        "record_key",
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("record_id", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("record_key_record", "record_key", ["endpoint", "resource", "record_id"])
    op.create_table(
        "cursor",
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("cursor", sa.Text),
        sa.Column("columns_digest", sa.Text, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("read_at", sa.BigInteger),
        sa.Column("started_at", sa.BigInteger),
    )


def _links() -> None:
    op.create_table(
        "link",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("dynamics_id", sa.Text, nullable=False),
        sa.Column("xero_id", sa.Text),
        sa.Column("parent_id", sa.BigInteger),
        sa.Column("base_json", sa.Text, nullable=False, server_default="{}"),
        sa.Column("status", sa.Text, nullable=False, server_default="Not synced"),
        sa.Column("remark", sa.Text),
        sa.Column("life", sa.Text, nullable=False, server_default="linked"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("starts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_synced_at", sa.BigInteger),
        sa.Column("marked", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("next_at", sa.BigInteger),
        sa.Column("request_id", sa.Text),
        sa.Column("write_back_at", sa.BigInteger),
        sa.Column("seen_run", sa.Text),
        sa.Column("acted_run", sa.Text),
        sa.UniqueConstraint("connection", "entity", "dynamics_id", name="link_dynamics"),
        sqlite_autoincrement=True,
    )
    _partial("link_xero", ["connection", "entity", "xero_id"], _PAIRED, unique=True)
    _partial("link_due", ["connection", "entity", "due_at"], "due_at IS NOT NULL")
    _partial("link_write_back", ["connection", "write_back_at"], "write_back_at IS NOT NULL")
    op.create_index("link_parent", "link", ["connection", "parent_id"])
    op.create_index("link_status", "link", ["connection", "status"])


_PAIRED = "xero_id IS NOT NULL AND parent_id IS NULL"


def _partial(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    """Make an index on the few rows that a query wants."""
    where = sa.text(condition)
    op.create_index(
        name, "link", columns, unique=unique, sqlite_where=where, postgresql_where=where
    )


def _work() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("deadline", sa.BigInteger, nullable=False),
        sa.Column("members_json", sa.Text, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
    )
    op.create_index("request_connection", "request", ["connection", "deadline"])
    op.create_table(
        "history",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("link_id", sa.BigInteger),
        sa.Column("dynamics_id", sa.Text, nullable=False),
        sa.Column("xero_id", sa.Text),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("remark", sa.Text),
        sa.Column("changes_json", sa.Text, nullable=False),
        sa.Column("dynamics_version", sa.BigInteger),
        sa.Column("xero_version", sa.BigInteger),
        sa.Column("request_id", sa.Text),
        sa.Column("code", sa.Text, nullable=False),
    )
    op.create_index("history_link", "history", ["link_id"])
    op.create_index("history_run", "history", ["run_id"])
    op.create_index("history_dynamics", "history", ["dynamics_id"])
    op.create_index("history_xero", "history", ["xero_id"])
    op.create_table(
        "run",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )


def _shared() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "token",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "budget",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
    )
