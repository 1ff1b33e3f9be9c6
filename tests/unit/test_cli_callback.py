"""The page a browser comes back to takes the answer to our own request, and nothing else."""

from __future__ import annotations

import http.client
import socket
from threading import Thread

import pytest

from dynamics_xero.cli.callback import Callback

STATE = "the-state-of-this-request"


def visit(port: int, path: str, *, host: str = "") -> int:
    """Visit as a browser that names that host; return the status."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", path, headers={"Host": host or f"localhost:{port}"})
        return line.getresponse().status
    finally:
        line.close()


def test_only_the_answer_to_our_own_request_is_taken(capfd: pytest.CaptureFixture[str]) -> None:
    callback = Callback(0, state=STATE)
    answers: list[str | None] = []
    waiting = Thread(target=lambda: answers.append(callback.wait()))
    waiting.start()
    try:
        ours = f"/callback?code=canary&state={STATE}"
        assert visit(callback.port, "/favicon.ico") == 404
        assert visit(callback.port, "/callback?code=canary") == 404
        assert visit(callback.port, "/callback?code=canary&state=another") == 404
        assert visit(callback.port, f"/elsewhere?code=canary&state={STATE}") == 404
        assert visit(callback.port, ours, host="evil.example") == 404
        assert visit(callback.port, ours, host=f"127.0.0.1:{callback.port}") == 404
        with socket.create_connection(("127.0.0.1", callback.port)) as rude:
            rude.sendall(b"\x16\x03\x01 no http\r\n\r\n")
        assert answers == []
        assert visit(callback.port, ours) == 200
    finally:
        waiting.join(10)
        callback.close()

    assert answers == [f"http://localhost:{callback.port}{ours}"]
    assert "canary" not in "".join(capfd.readouterr())


def test_a_port_that_somebody_has_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        Callback(other.getsockname()[1], state=STATE)
