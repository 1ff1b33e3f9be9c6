"""Requests and responses as the twins see them, apart from any server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Request:
    """One call as it came in; `path` is raw, header names are lower case, `body` is unpacked."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    id: str = ""

    def params(self) -> list[tuple[str, str]]:
        """Return the decoded query pairs in their order."""
        return parse_qsl(self.query, keep_blank_values=True)

    def json(self) -> object:
        """Return the body's value. Raises ValueError when it is no JSON in UTF-8."""
        return json.loads(self.body.decode("utf-8"))

    def bearer(self) -> str | None:
        """Return the bearer token of the Authorization header, if it carries one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None


@dataclass
class Response:
    """One answer, with what the counters need to know about it.

    `endpoint` is the label in the counters, ids replaced; empty = an identity call, not counted.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""
    write: bool = False
    rows_read: int = 0
    rows_written: int = 0
    parts: int = 0
    actor: str = ""


def json_bytes(value: object) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def json_response(value: object, status: int = 200) -> Response:
    """Answer with a JSON body."""
    return Response(status, json_bytes(value), {"Content-Type": "application/json; charset=utf-8"})
