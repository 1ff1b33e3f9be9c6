"""The index of parents holds parts alone: SQLite walked it for all links that are none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COLUMNS = ["connection", "parent_id"]


def upgrade() -> None:
    """Make it anew, of parts alone."""
    inside = sa.text("parent_id IS NOT NULL")
    op.drop_index("link_parent", "link")
    op.create_index("link_parent", "link", COLUMNS, sqlite_where=inside, postgresql_where=inside)


def downgrade() -> None:
    """Make it of all links again."""
    op.drop_index("link_parent", "link")
    op.create_index("link_parent", "link", COLUMNS)
