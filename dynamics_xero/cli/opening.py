"""Open the connector for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dynamics_xero.cli.common import Globals
from dynamics_xero.cli.heap import share_one_heap
from dynamics_xero.cli.outcomes import Exit, StoppedError

if TYPE_CHECKING:
    from dynamics_xero.connector import Connector


@contextmanager
def opened(given: Globals) -> Iterator[Connector]:
    """Yield the connector that the settings file describes, and close it.

    Raises StoppedError when the database cannot do its work, in the middle too.
    """
    # Not at the top: asking a command for help must not load the database and both clients.
    from dynamics_xero.connector import Connector

    share_one_heap()
    with (
        in_plain_words(),
        Connector.from_settings(given.settings(), connection=given.connection) as connector,
    ):
        yield connector


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Tell a database that cannot do its work as what it is, not as a defect of ours."""
    from sqlalchemy.exc import OperationalError

    from dynamics_xero.store.faults import told

    try:
        yield
    except OperationalError as error:
        raise StoppedError(Exit.NOT_REACHED, told(error)) from error
