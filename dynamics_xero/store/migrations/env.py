"""Runs the migrations on the connection, and in the transaction, that `migrate` opened."""

from __future__ import annotations

from alembic import context

import dynamics_xero.store.partial_indexes  # noqa: F401  # else metadata lacks them
from dynamics_xero.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite's is transactional too, once BEGIN is ours
)
with context.begin_transaction():
    context.run_migrations()
