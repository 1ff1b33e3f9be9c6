"""A tiny receiver of webhooks on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.listener import Handler, listening

LIMIT_S = 10
KEY = "s3cret"
"""What the receivers of tests are subscribed with."""

SIGNATURE = "x-xero-signature"


@dataclass(frozen=True)
class Message:
    """One call as it came in; header names are lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON in the body."""
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def genuine(self) -> bool:
        """Whether the signature is right, where the message carries one."""
        digest = hmac.new(KEY.encode(), self.body, hashlib.sha256).digest()
        wanted = base64.b64encode(digest).decode()
        return hmac.compare_digest(self.headers.get(SIGNATURE, wanted), wanted)

    @property
    def greets(self) -> bool:
        """Whether it only asks for the intent to receive (xero.md 6)."""
        return SIGNATURE in self.headers and self.document["events"] == []


class Receiver:
    """Take messages, answer each with `status`, keep them in order; `open` shut means silence.

    What is signed wrongly is answered 401; an intent to receive is answered and not kept.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.content = b""
        self.open = threading.Event()
        self.open.set()
        self._messages: queue.Queue[Message] = queue.Queue()

    def take(self, message: Message) -> int:
        """Keep a message and return what to answer."""
        if not message.genuine:
            return 401
        if message.greets:
            return 200
        self.open.wait(LIMIT_S)
        self._messages.put(message)
        return self.status

    def next(self) -> Message:
        """Wait for the next message."""
        return self._messages.get(timeout=LIMIT_S)

    def all(self) -> list[Message]:
        """Return what came in and was not asked for yet."""
        found = []
        while not self._messages.empty():
            found.append(self._messages.get_nowait())
        return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive while the block runs."""

    class Reader(Handler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.take(Message(self.path, headers, body)))
            self.send_header("Content-Length", str(len(receiver.content)))
            self.end_headers()
            self.wfile.write(receiver.content)

    with listening(Reader) as url:
        receiver = Receiver(f"{url}/hook")
        try:
            yield receiver
        finally:
            receiver.open.set()
