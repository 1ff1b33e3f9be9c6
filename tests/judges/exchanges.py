"""The exchanges that a judge saw: a recording pass-through before it.

The one who calls may swallow a judge's objection, or try again; the record keeps it.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.listener import Handler, listening

CALL_LIMIT_S = 60
IDLE_LIMIT_S = 2
"""Node hangs up after five idle seconds; a call must not meet that."""

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Exchange:
    """One call and its answer. violations: what the judge objected to, each with its path."""

    method: str
    endpoint: str
    status: int
    violations: tuple[str, ...]


def counted(exchanges: Sequence[Exchange]) -> str:
    """Say how many exchanges there were by endpoint and status."""
    counts = Counter((one.endpoint, one.method, one.status) for one in exchanges)
    return ", ".join(
        f"{method} {endpoint} {status}: {count}"
        for (endpoint, method, status), count in sorted(counts.items())
    )


def violations(exchanges: Sequence[Exchange]) -> list[str]:
    """Return every objection with the call it was raised against."""
    return [
        f"{one.method} {one.endpoint} {one.status}: {violation}"
        for one in exchanges
        for violation in one.violations
    ]


@contextmanager
def recorded(judge: str) -> Iterator[tuple[str, list[Exchange]]]:
    """Stand before the judge while the block runs; gives the address and the growing record."""
    record: list[Exchange] = []
    port = urlsplit(judge).port

    class PassOn(Handler):
        """Hand the call to the judge and its answer back, noting both; connections live on."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            self.judged = http.client.HTTPConnection("127.0.0.1", port, timeout=CALL_LIMIT_S)
            self.used = time.monotonic()

        def finish(self) -> None:
            self.judged.close()
            super().finish()

        def ask(self, body: bytes | None) -> http.client.HTTPResponse:
            if time.monotonic() - self.used > IDLE_LIMIT_S:
                self.judged.close()
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in HOP_BY_HOP
            }
            self.judged.request(self.command, self.path, body, headers)
            return self.judged.getresponse()

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
            answer = self.ask(body)
            content = answer.read()
            self.used = time.monotonic()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            record.append(
                Exchange(
                    self.command,
                    _endpoint(self.path),
                    answer.status,
                    _objections(headers, content),
                )
            )
            self.send_response(answer.status)
            for name in headers.keys() - HOP_BY_HOP:
                self.send_header(name, headers[name])
            if answer.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        do_GET = do_PUT = do_POST = do_DELETE = handle_one

    with listening(PassOn) as url:
        yield url, record


def _endpoint(path: str) -> str:
    return UUID.sub("{id}", urlsplit(path).path)


def _objections(headers: Mapping[str, str], content: bytes) -> tuple[str, ...]:
    """Read what Prism says in its own errors.

    What it only warns of is not held against anybody: the file leaves out most refusals, as 401,
    404 and 429 (xero.md section 9).
    """
    if not headers.get("content-type", "").startswith("application/problem+json"):
        return ()
    problem: dict[str, Any] = json.loads(content)
    return tuple(
        f"{'.'.join(map(str, one.get('location', [])))} {one['message']}".strip()
        for one in problem.get("validation") or [{"message": problem.get("detail")}]
    )
