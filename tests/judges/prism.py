"""Prism as a judge that stands between: it checks every call and answer against a document."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.judges.install import node

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".tools/node_modules/@stoplight/prism-cli/dist/index.js"
START_LIMIT_S = 120
"""Prism needs seven seconds of a processor to read the document; others may be using it."""

LISTENING = re.compile(r"Prism is listening on (http://127\.0\.0\.1:\d+)")


@contextmanager
def prism(document: Path, upstream: str, log: Path) -> Iterator[str]:
    """Run `prism proxy --errors` before the upstream while the block runs; gives its address.

    A violation is then answered by Prism itself: 422 for a call, 500 for an answer.
    """
    if not PROGRAM.is_file():
        raise FileNotFoundError("Prism is not installed; run: make judges")
    options = ["--errors", "--host", "127.0.0.1", "--port", "0", "--verboseLevel", "info"]
    command = [str(node()), str(PROGRAM), "proxy", *options, str(document), upstream]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    give_up = time.monotonic() + START_LIMIT_S
    while time.monotonic() < give_up and process.poll() is None:
        found = LISTENING.search(log.read_text(encoding="utf-8"))
        if found is not None:
            return found[1]
        time.sleep(0.2)
    raise RuntimeError(f"Prism does not listen:\n{log.read_text(encoding='utf-8')[-2000:]}")
