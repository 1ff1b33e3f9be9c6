"""What stopped a link gets a column of its own, in place of the wording of its Remark."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MANY_RECORDS = "Many records went at once, %"
MANY_PEOPLE = "Many people went at once, %"
CIRCLE = "%goes to and fro between%"


def upgrade() -> None:
    """Add the column, and fill it for links that are stopped now."""
    op.add_column("link", sa.Column("hold", sa.Text))
    link = sa.table("link", *(sa.column(name, sa.Text) for name in ("hold", "status", "remark")))
    for hold, status, remark in (
        ("removals", "Blocked", MANY_RECORDS),
        ("people", "Blocked", MANY_PEOPLE),
        ("loop", "Conflict", CIRCLE),
    ):
        op.execute(
            link.update()
            .where(link.c.status == status, link.c.remark.like(remark))
            .values(hold=hold)
        )
    op.create_index(
        "link_hold",
        "link",
        ["connection", "hold"],
        sqlite_where=sa.text("hold IS NOT NULL"),
        postgresql_where=sa.text("hold IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("link_hold", "link")
    with op.batch_alter_table("link") as altered:
        altered.drop_column("hold")
