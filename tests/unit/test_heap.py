"""Threads of a command share one heap: what one of them gives back serves the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import ctypes, sys, threading
from dynamics_xero.cli.heap import share_one_heap
share_one_heap()
together = threading.Barrier(4)
def take():
    kept = [bytearray(5000) for _ in range(100)]
    together.wait()
threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.parametrize(("told", "heaps"), [(None, 1), ("3", 3)], ids=["nobody", "a person"])
def test_threads_share_one_heap_unless_somebody_said_otherwise(
    tmp_path: Path, told: str | None, heaps: int
) -> None:
    environment = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
    environment |= {} if told is None else {"MALLOC_ARENA_MAX": told}
    file = tmp_path / "heaps.xml"

    subprocess.run([sys.executable, "-c", PROGRAM, file], env=environment, check=True, timeout=60)

    assert file.read_text("ascii").count("<heap nr=") == heaps
