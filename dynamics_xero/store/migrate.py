"""Brings a database to the newest revision, under a lock, in one transaction."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from dynamics_xero.errors import SettingsError
from dynamics_xero.store.engine import lock_for_migration

SCRIPTS = Path(__file__).parent / "migrations"
MARKED = "alembic_version"


def to_head(connection: Connection) -> None:
    """Run the migrations that the database lacks.

    Raises SettingsError for a revision that this version does not know: a newer one wrote it.
    """
    lock_for_migration(connection)
    known = revisions()
    current = _revision(connection)
    if current == known[-1]:
        return
    if current is not None and current not in known:
        raise SettingsError(
            f"The database is at revision {current}, which this version does not know: a newer"
            " dynamics-xero has written it. Install that version again."
        )
    _upgrade(connection)


def revisions() -> list[str]:
    """Return the revisions in their order: the file of each begins with its number."""
    return sorted(file.name.partition("_")[0] for file in SCRIPTS.glob("versions/[0-9]*.py"))


def _revision(connection: Connection) -> str | None:
    """Return what the database is marked with, None for one without tables."""
    if not inspect(connection).has_table(MARKED):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {MARKED}"))  # noqa: S608  # our constant
    return found


def _upgrade(connection: Connection) -> None:
    # Here and not above: Alembic takes 11 MB, and a database is new or old only once.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
