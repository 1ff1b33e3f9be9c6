"""The SQLite files of running twins, put back to what they were: in milliseconds, where to make
it all again would take a good part of a second."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path


class Snapshot:
    """What SQLite files held at one moment."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Remember them as they are now."""
        self._kept: dict[Path, sqlite3.Connection] = {}
        for file in files:
            memory = sqlite3.connect(":memory:", check_same_thread=False)
            with closing(sqlite3.connect(file)) as source:
                source.backup(memory)
            self._kept[file] = memory

    def put_back(self) -> None:
        """Make the files what they were; connections that stand open see it at once."""
        for file, memory in self._kept.items():
            with closing(sqlite3.connect(file)) as target:
                memory.backup(target)

    def close(self) -> None:
        """Give the memory back."""
        for memory in self._kept.values():
            memory.close()
