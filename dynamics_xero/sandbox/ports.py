"""Loopback ports with an ASGI application behind each, in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from dynamics_xero.sandbox.kernel import Kernel
from dynamics_xero.sandbox.wire import TRANSPORT

HOST = "127.0.0.1"
_KEEP_ALIVE_S = 300
_LAST_CALLS_S, _SHUTDOWN_LIMIT_S = 0.5, 5
_HEADER_BYTES = 256 * 1024


class _Connection(H11Protocol):
    """A connection that the application may cut, which ASGI itself has no word for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        application = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope[TRANSPORT] = transport
            await application(scope, receive, send)

        self.app = with_transport

    def shutdown(self) -> None:
        """Cut an idle connection: over TLS a polite close would wait for the caller's answer."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
        else:
            super().shutdown()


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to whoever owns the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Give calls under way a moment, then cut what is left."""
        ending = asyncio.create_task(super().shutdown(sockets))
        await asyncio.wait([ending], timeout=_LAST_CALLS_S)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await ending


@dataclass(frozen=True)
class Port:
    """One listening socket; `server_file` of None means plain HTTP."""

    listener: socket.socket
    kernel: Kernel
    server_file: Path | None

    def server(self) -> uvicorn.Server:
        """Return the server for it."""
        config = uvicorn.Config(
            cast(Any, self.kernel),  # uvicorn's event types are narrower than our mappings
            http=_Connection,
            ws="none",
            loop="asyncio",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_SHUTDOWN_LIMIT_S,
            h11_max_incomplete_event_size=_HEADER_BYTES,
            ssl_certfile=self.server_file,
            ssl_keyfile=self.server_file,
        )
        return _Server(config)


def listen(wanted: int, *, preferred: int = 0) -> socket.socket:
    """Bind a loopback port: `wanted`, else `preferred` if it is free, else any.

    Raises OSError when a wanted port is taken.
    """
    if wanted:
        return _bind(wanted)
    if preferred:
        with contextlib.suppress(OSError):
            return _bind(preferred)
    return _bind(0)


def _bind(port: int) -> socket.socket:
    # The protocol is named because asyncio sets TCP_NODELAY only where it is; without it every
    # answer of two segments waits 40 ms for the caller's delayed ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


async def serve_ports(ports: Sequence[Port], stop: asyncio.Event, *, ready: asyncio.Event) -> None:
    """Serve until `stop`; `ready` is set once every port answers."""
    servers = [port.server() for port in ports]
    tasks = [
        asyncio.create_task(server.serve(sockets=[port.listener]))
        for server, port in zip(servers, ports, strict=True)
    ]
    waiting = asyncio.create_task(stop.wait())
    while not all(server.started for server in servers) and not any(t.done() for t in tasks):
        await asyncio.sleep(0.01)
    ready.set()
    # A server that ends by itself has failed: then everything stops and its error is raised.
    await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*tasks)
