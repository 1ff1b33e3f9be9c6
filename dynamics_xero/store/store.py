"""The store: opens the database, brings it up to date, and hands out transactions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError

from dynamics_xero.errors import SettingsError, UnavailableError
from dynamics_xero.store.engine import READS, open_engine
from dynamics_xero.store.faults import passes, told
from dynamics_xero.store.migrate import to_head
from dynamics_xero.store.transaction import Transaction


class Store:
    """A database at its newest revision; threads may share it, each with its own transactions.

    Where only one can write at a time, threads take turns here: at SQLite's own lock they would
    sleep longer and longer, and be passed over by whoever comes while they do.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        alone = engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[object] = threading.Lock() if alone else nullcontext()

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database and migrate it to the newest revision.

        Raises SettingsError when it cannot be opened, or when a newer version wrote it, and
        UnavailableError when its disk is full or its server has nothing left.
        """
        engine = _engine(url)
        try:
            with engine.begin() as connection:
                to_head(connection)
        except DBAPIError as error:
            engine.dispose()
            shown = engine.url.render_as_string(hide_password=True)
            text = (
                f"The database {shown} cannot be opened: {error.orig}. {told(error)} `state` in "
                "the settings names it."
            )
            raise (UnavailableError if passes(error) else SettingsError)(text) from error
        except SettingsError:
            engine.dispose()
            raise
        return cls(engine)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open a transaction for tables that stand outside of `Transaction`."""
        with self._turn, self._engine.begin() as connection:
            yield connection

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """Open a transaction of the same kind that only reads."""
        with self._engine.connect().execution_options(**{READS: True}) as connection:
            yield connection

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction: committed at the end of the block, rolled back by an exception."""
        with self.connect() as connection:
            yield Transaction(connection)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that only reads: it waits for no writer and no writer for it."""
        with self.look() as connection:
            yield Transaction(connection)

    def close(self) -> None:
        """Close every idle connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def _engine(url: str) -> Engine:
    """Return the engine; the text of a faulty URL is not repeated, a password may be in it."""
    try:
        return open_engine(url)
    except (ArgumentError, ImportError) as error:
        kind = type(error).__name__
        raise SettingsError(
            "The database URL cannot be used: give sqlite:///FILE, or postgresql+psycopg://... with"
            f" psycopg installed ({kind})."
        ) from None
