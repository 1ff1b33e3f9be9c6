"""Open the connector for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dynamics_xero.cli.common import Globals

if TYPE_CHECKING:
    from dynamics_xero.connector import Connector


@contextmanager
def opened(given: Globals) -> Iterator[Connector]:
    """Yield the connector that the settings file describes, and close it."""
    # Not at the top: asking a command for help must not load the database and both clients.
    from dynamics_xero.connector import Connector

    with Connector.from_settings(given.settings(), connection=given.connection) as connector:
        yield connector
