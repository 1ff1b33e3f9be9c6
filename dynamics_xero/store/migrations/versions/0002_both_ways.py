"""What two-way work and its people need: choices, rejections, guards, fingerprints, stamps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables of the second release, and three columns."""
    op.add_column("record", sa.Column("stamps_json", sa.Text))
    op.add_column("link", sa.Column("winner_id", sa.BigInteger))
    op.create_index(
        "link_winner",
        "link",
        ["winner_id"],
        sqlite_where=sa.text("winner_id IS NOT NULL"),
        postgresql_where=sa.text("winner_id IS NOT NULL"),
    )
    op.add_column("connection", sa.Column("approved_at", sa.BigInteger))
    op.create_table(
        "choice",
        sa.Column("link_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("take", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "rejection",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("entity", sa.Text, primary_key=True),
        sa.Column("dynamics_id", sa.Text, primary_key=True),
        sa.Column("xero_id", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "guard",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("entity", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("approved_at", sa.BigInteger),
    )
    op.create_table(
        "fingerprint",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("entity", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_index("link_winner", "link")
    for table in ("fingerprint", "guard", "rejection", "choice"):
        op.drop_table(table)
    for table, column in (
        ("connection", "approved_at"),
        ("link", "winner_id"),
        ("record", "stamps_json"),
    ):
        with op.batch_alter_table(table) as altered:
            altered.drop_column(column)
