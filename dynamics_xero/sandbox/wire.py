"""Between ASGI and the twins' values: reading a call, packing an answer, cutting a connection."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from dynamics_xero.sandbox.clock import SandboxClock
from dynamics_xero.sandbox.web import Request, Response

# ASGI's own types: messages are mappings of whatever the message type says.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TRANSPORT = "sandbox.transport"
_GZIP_FROM_BYTES = 512
_GZIP_LEVEL = 4
_BODILESS = (204, 304)


class BadBodyError(ValueError):
    """The body is not what its Content-Encoding says."""


@dataclass(frozen=True)
class Packed:
    """An answer as it goes over the wire."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True)
class Exchange:
    """One call's ASGI ends."""

    scope: Scope
    receive: Receive
    send: Send

    @property
    def client_host(self) -> str:
        """The caller's address."""
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    async def body(self) -> bytes:
        """Return the body as sent, still packed."""
        chunks = []
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(chunks)

    async def answer(self, packed: Packed) -> None:
        """Send a whole answer."""
        await self._start(packed)
        await self.send({"type": "http.response.body", "body": packed.body})

    async def answer_half(self, packed: Packed) -> None:
        """Promise the whole length, send half of it, close."""
        await self._start(packed)
        half = packed.body[: len(packed.body) // 2]
        await self.send({"type": "http.response.body", "body": half, "more_body": True})
        self.scope[TRANSPORT].close()
        await self.wait_for_the_end(None)

    async def hang_up(self) -> None:
        """Close the connection without an answer."""
        self.scope[TRANSPORT].abort()
        await self.wait_for_the_end(None)

    async def wait_for_the_end(self, seconds: float | None) -> None:
        """Return when the connection is gone, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while (await self.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return

    async def _start(self, packed: Packed) -> None:
        await self.send(
            {
                "type": "http.response.start",
                "status": packed.status,
                "headers": packed.headers,
            }
        )


def read_request(scope: Scope, raw: bytes, *, id: str) -> Request:
    """Return the call as the twins want it. Raises BadBodyError."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host") or "localhost"
    return Request(
        method=scope["method"].upper(),
        path=scope["raw_path"].decode("ascii"),
        query=scope["query_string"].decode("ascii"),
        headers=headers,
        body=_unpacked(raw, headers.get("content-encoding", "")),
        base_url=f"{scope['scheme']}://{host}",
        id=id,
    )


def pack(response: Response, request: Request, clock: SandboxClock) -> Packed:
    """Return the answer's bytes, packed when the caller takes gzip; Date is the sandbox's."""
    body, headers = response.body, dict(response.headers)
    if len(body) >= _GZIP_FROM_BYTES and _takes_gzip(request):
        body = gzip.compress(body, _GZIP_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
        headers["Vary"] = "Accept-Encoding"
    headers["Date"] = format_datetime(clock.now(), usegmt=True)
    if response.status not in _BODILESS:
        headers["Content-Length"] = str(len(body))
    return Packed(
        response.status,
        [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        b"" if response.status in _BODILESS else body,
    )


def _takes_gzip(request: Request) -> bool:
    for choice in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, quality = choice.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _unpacked(raw: bytes, encoding: str) -> bytes:
    if encoding.strip().lower() in ("", "identity"):
        return raw
    if encoding.strip().lower() != "gzip":
        raise BadBodyError(f"content encoding {encoding!r} is not known here")
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise BadBodyError("the body is no gzip") from error
