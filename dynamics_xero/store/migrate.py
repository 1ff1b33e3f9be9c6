"""Brings a database to the newest revision, under a lock, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from dynamics_xero.errors import SettingsError
from dynamics_xero.store.engine import lock_for_migration

SCRIPTS = Path(__file__).parent / "migrations"


def to_head(connection: Connection) -> None:
    """Run the migrations that the database lacks.

    Raises SettingsError for a revision that this version does not know: a newer one wrote it.
    """
    lock_for_migration(connection)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise SettingsError(
            f"The database is at revision {current}, which this version does not know: a newer"
            " dynamics-xero has written it. Install that version again."
        )
    command.upgrade(config, "head")
