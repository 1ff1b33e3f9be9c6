"""Where tests put what lasts no longer than they do."""

from __future__ import annotations

import shutil
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2 << 30


def in_memory() -> Path | None:
    """Return a folder that is no disk, None where there is none with room for all tests.

    A state database waits for the disk at every commit, as it should; thousands of tests need not.
    """
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ENOUGH_BYTES:
        return _MEMORY
    return None
