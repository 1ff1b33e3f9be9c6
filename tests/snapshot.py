"""SQLite files put back to what they were, in milliseconds."""

from __future__ import annotations

import sqlite3
import weakref
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
            weakref.finalize(self, memory.close)
            self._kept[file] = memory

    def put_back(self) -> None:
        """Make the files what they were; connections that stand open see it at once."""
        for file, memory in self._kept.items():
            with closing(sqlite3.connect(file)) as target:
                memory.backup(target)
