"""A plain HTTP server on loopback, for answers that neither twin would ever give."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers calls, and logs none."""

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet: a caller that hangs up is no news, and any other fault its test's."""


@contextmanager
def listening(handler: type[Handler], *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve while the block runs; give where, without a slash at its end."""
    with _Server(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            origin = "http://127.0.0.1" if tls is None else "https://localhost"
            yield f"{origin}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
