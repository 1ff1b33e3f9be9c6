"""The HTTP under xero-python, within bounds: no redirects, no write twice, size and time caps.

xero-python sleeps and repeats calls by itself, repeats PUTs on dropped connections, and reads
bodies of any size (xero.md section 7, traps 2 to 4).
"""

from __future__ import annotations

from typing import Any

import urllib3
from urllib3 import exceptions as wire

from dynamics_xero.ports import Clock
from dynamics_xero.redial import REDIAL

MAX_BYTES = 64_000_000
CONNECT_S = 5.0
READ_S = 30.0
_CHUNK = 262_144


class BoundedPool:
    """Stand between xero-python and the connection pool it made; one per thread.

    within_s: how long the next call may take from its start to the last byte of its answer.
    received: bytes of the last answer as they travelled, packed.
    """

    def __init__(self, inner: urllib3.PoolManager, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock
        self.within_s = READ_S
        self.received = 0

    def request(self, method: str, url: str, **options: Any) -> urllib3.HTTPResponse:
        """Make one call and read its answer whole. Raises urllib3's errors as they are."""
        ends_at = self._clock.now().timestamp() + self.within_s
        self.received = 0
        options |= {
            "timeout": urllib3.Timeout(connect=CONNECT_S, read=min(READ_S, self.within_s)),
            "retries": REDIAL if method == "GET" else False,
            "redirect": False,
            "preload_content": False,
        }
        try:
            answer = self._inner.request(method, url, **options)
        except wire.MaxRetryError as spent:
            raise spent.reason or spent from None
        try:
            body = self._read(answer, url, ends_at)
        except BaseException:
            answer.close()
            raise
        finally:
            self.received = answer.tell()
        return urllib3.HTTPResponse(
            body=body, headers=answer.headers, status=answer.status, reason=answer.reason
        )

    def _read(self, answer: urllib3.BaseHTTPResponse, url: str, ends_at: float) -> bytes:
        body = bytearray()
        while chunk := answer.read(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_BYTES:
                raise wire.ProtocolError("the answer is larger than any we expect")
            if self._clock.now().timestamp() > ends_at:
                raise wire.ReadTimeoutError(self._inner, url, "the answer takes too long")  # type: ignore[arg-type]  # only kept by the error
        return bytes(body)
