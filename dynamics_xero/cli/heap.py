"""How the C library gives memory to our threads."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

ARENAS = "MALLOC_ARENA_MAX"
"""The variable by which glibc is told so from outside."""

_M_ARENA_MAX = -8
"""mallopt(3), from glibc's malloc.h."""


def share_one_heap() -> None:
    """Let glibc serve all threads from one heap; any other C library stays as it is.

    By itself it gives each thread another one, and each keeps what the largest page or batch
    of its threads took: 12 MB in a first load. Python's own lock lets one of them at it at a time
    anyway. What a person has set stands.
    """
    if ARENAS in os.environ:
        return
    with suppress(OSError, AttributeError, TypeError):  # not glibc
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
