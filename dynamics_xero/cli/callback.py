"""The page on this machine that a browser comes back to after a consent: one visit, then gone."""

from __future__ import annotations

import hmac
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

PATIENCE_S = 300.0
_VISIT_S = 5.0
_DONE = b"<!doctype html><title>Signed in</title><p>Thank you. You can close this page."


class _Quiet(HTTPServer):
    """A server that keeps a visitor's broken connection to itself."""

    def handle_error(self, *_: object) -> None:
        """Say nothing: whoever has the answer comes again."""


class Callback:
    """Listens on this machine's own address only; close it when done."""

    def __init__(self, port: int, *, state: str) -> None:
        """Take the port. Raises OSError when somebody else has it."""
        self.answer: str | None = None
        outer = self

        class Visit(BaseHTTPRequestHandler):
            """One request of a browser."""

            timeout = _VISIT_S

            def do_GET(self) -> None:  # http.server's name
                """Take the answer to our own request; turn everything else away."""
                fine = outer._is_ours(self.headers.get("Host", ""), self.path)
                if fine:
                    outer.answer = f"http://localhost:{outer.port}{self.path}"
                self.send_response(200 if fine else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(_DONE if fine else b"Not here.")

            def log_message(self, *_: object) -> None:
                """Say nothing: the line would hold the code."""

        self._server = _Quiet(("127.0.0.1", port), Visit)
        self._server.timeout = _VISIT_S
        self._state = state
        self.port = int(self._server.server_address[1])

    def wait(self) -> str | None:
        """Return the address the browser came to, None when nobody came in time."""
        until = time.monotonic() + PATIENCE_S
        while self.answer is None and time.monotonic() < until:
            self._server.handle_request()
        return self.answer

    def close(self) -> None:
        """Give the port back."""
        self._server.server_close()

    def _is_ours(self, host: str, path: str) -> bool:
        """Say whether a visit is the answer we wait for: another page may try to slip one in."""
        parts = urlsplit(path)
        state = parse_qs(parts.query).get("state", [""])[-1]
        return (
            host == f"localhost:{self.port}"
            and parts.path == "/callback"
            and hmac.compare_digest(state.encode(), self._state.encode())
        )
