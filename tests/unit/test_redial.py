"""Connections that were closed meanwhile: reads ask again, writes never do (R21, R22)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

import pytest
import requests
import urllib3
from urllib3.exceptions import HTTPError

from dynamics_xero.dynamics.transport import open_session
from dynamics_xero.xero.wire import BoundedPool
from tests.memory import SteppedClock

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Call = Callable[[str, str], object]


@dataclass
class Line:
    """A server that hangs up, without a word, on all calls of a connection behind the first few.

    answered: how many those are, by connection. heard: connection and verb of each call.
    """

    answered: tuple[int, ...]
    heard: list[tuple[int, str]] = field(default_factory=list)
    at_hand: socket.socket | None = None

    def serve(self, listening: socket.socket) -> None:
        """Take one connection after the other until the socket is closed."""
        for number in range(len(self.answered)):
            try:
                connection, _address = listening.accept()
            except OSError:
                return
            with connection:
                self.at_hand = connection
                self._talk(connection, number)

    def _talk(self, connection: socket.socket, number: int) -> None:
        for left in range(self.answered[number], -1, -1):
            call = b""
            while b"\r\n\r\n" not in call:
                more = connection.recv(65_536)
                if not more:
                    return
                call += more
            self.heard.append((number, call.partition(b" ")[0].decode()))
            if left:
                connection.sendall(ANSWER)


@contextmanager
def line(*answered: int) -> Iterator[tuple[Line, str]]:
    """Serve; gives the server and its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        server = Line(answered)
        thread = threading.Thread(target=server.serve, args=(listening,))
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):  # closed already
                if server.at_hand is not None:
                    server.at_hand.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture(params=["dynamics", "xero"])
def call(request: pytest.FixtureRequest) -> Iterator[Call]:
    """Return how each side makes a call."""
    if request.param == "dynamics":
        with open_session(ca_file=None, proxy=None) as session:
            yield lambda verb, url: session.request(verb, url).content
        return
    with urllib3.PoolManager(maxsize=1) as pools:
        bounded = BoundedPool(pools, SteppedClock())
        yield lambda verb, url: bounded.request(verb, url).data


FAULTS = (requests.exceptions.ConnectionError, HTTPError)


def test_r22_a_read_on_a_line_that_was_closed_meanwhile_is_asked_again(call: Call) -> None:
    with line(1, 1) as (server, url):
        assert [call("GET", url), call("GET", url)] == [b"ok", b"ok"]

    assert server.heard == [(0, "GET"), (0, "GET"), (1, "GET")]


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH"])
def test_r22_a_write_on_such_a_line_is_never_sent_twice(call: Call, verb: str) -> None:
    with line(1, 1) as (server, url):
        call("GET", url)
        with pytest.raises(FAULTS):
            call(verb, url)

    assert server.heard == [(0, "GET"), (0, verb)]


def test_r37_a_read_that_nobody_answers_is_given_up_after_the_second_time(call: Call) -> None:
    with line(0, 0, 1) as (server, url), pytest.raises(FAULTS):
        call("GET", url)

    assert server.heard == [(0, "GET"), (1, "GET")]
