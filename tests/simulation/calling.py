"""How people call the public APIs: thousands of times, so without what a session does for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

LIMIT_S = 30


@dataclass(frozen=True)
class Told:
    """What a remote answered."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """Say whether it did what it was asked for."""
        return self.status < 300

    @property
    def text(self) -> str:
        """Return the body as it came."""
        return self.body.decode()

    def json(self) -> Any:
        """Return the body's value, an empty document for nothing."""
        return json.loads(self.body) if self.body else {}


class Caller:
    """Calls with a person's own headers; connections are kept."""

    def __init__(self, ca_file: Path) -> None:
        """ca_file: whom to trust."""
        self._pool = urllib3.PoolManager(ca_certs=str(ca_file), retries=False)

    def call(self, method: str, url: str, body: object, headers: Mapping[str, str]) -> Told:
        """Make one call; a body travels as JSON."""
        answer = self._pool.request(
            method,
            url,
            body=None if body is None else json.dumps(body),
            headers={**headers, "Content-Type": "application/json"},
            timeout=LIMIT_S,
        )
        return Told(answer.status, answer.data)

    def close(self) -> None:
        """Let the connections go."""
        self._pool.clear()
