"""multipart/mixed taken apart and put together, tolerant in what it takes (section 3, $batch)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from urllib.parse import quote

from dynamics_xero.sandbox.dynamics import errors
from dynamics_xero.sandbox.web import Response

_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)"?', re.IGNORECASE)
_REQUEST_LINE = re.compile(r"([A-Z]+) (.+?)(?: HTTP/\d\.\d)?$")
_REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    412: "Precondition Failed",
}


@dataclass(frozen=True)
class Part:
    """One operation: its request line, headers and body; `content_id` may be empty."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    content_id: str = ""


@dataclass(frozen=True)
class ChangeSet:
    """Operations that stand or fall together."""

    parts: tuple[Part, ...]


def parse_batch(content_type: str, body: bytes) -> list[Part | ChangeSet]:
    """Return the operations of a batch. Raises ODataError where it is malformed."""
    return [_item(headers, content) for headers, content in _split(content_type, body)]


def _split(content_type: str, body: bytes) -> list[tuple[dict[str, str], bytes]]:
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise errors.bad_request("The batch request needs a multipart boundary.")
    delimiter = f"--{match[1]}".encode()
    # Clients end lines with CRLF or with LF alone; line ends inside bodies are JSON whitespace.
    lines = body.split(b"\n")
    parts: list[tuple[dict[str, str], bytes]] = []
    current: list[bytes] | None = None
    for line in lines:
        stripped = line.rstrip()
        if stripped in (delimiter, delimiter + b"--"):
            if current is not None:
                parts.append(_headers_and_body(current))
            current = []
            if stripped != delimiter:
                return parts
        elif current is not None:
            current.append(line)
    raise errors.bad_request("The batch request's closing boundary is missing.")


def _headers_and_body(lines: list[bytes]) -> tuple[dict[str, str], bytes]:
    headers: dict[str, str] = {}
    for index, line in enumerate(lines):
        text = line.rstrip(b"\r").decode("utf-8", "replace")
        if not text:
            return headers, b"\n".join(lines[index + 1 :])
        name, _, value = text.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers, b""


def _item(headers: dict[str, str], content: bytes) -> Part | ChangeSet:
    content_type = headers.get("content-type", "")
    if content_type.startswith("multipart/mixed"):
        parts = tuple(_part(inner, body) for inner, body in _split(content_type, content))
        _check_content_ids([part.content_id for part in parts])
        return ChangeSet(parts)
    return _part(headers, content)


def _check_content_ids(content_ids: list[str]) -> None:
    """Refuse a changeset whose operations do not each have an id of their own (section 3)."""
    if not all(content_ids):
        raise errors.bad_request("Every operation of a change set needs a Content-ID.")
    twice = [content_id for content_id, count in Counter(content_ids).items() if count > 1]
    if twice:
        raise errors.bad_request(
            f"The content ID '{twice[0]}' was found more than once in the same change set."
        )


def _part(headers: dict[str, str], content: bytes) -> Part:
    if not headers.get("content-type", "").startswith("application/http"):
        raise errors.bad_request(
            "The content type of a batch part must be 'application/http' or 'multipart/mixed'."
        )
    first, _, rest = content.lstrip(b"\r\n").partition(b"\n")
    match = _REQUEST_LINE.match(first.rstrip(b"\r").decode("utf-8", "replace"))
    if match is None:
        raise errors.bad_request(f"The request line '{first!r}' is malformed.")
    inner, body = _headers_and_body(rest.split(b"\n"))
    url = quote(match[2], safe="%/:=&?~#+!$,;'@()*[]")
    return Part(
        match[1], url, inner, body.strip(), headers.get("content-id") or inner.get("content-id", "")
    )


def render_part(boundary: str, answer: Response, content_id: str = "") -> bytes:
    """Return one answered operation behind its delimiter."""
    head = [f"--{boundary}", "Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id:
        head.append(f"Content-ID: {content_id}")
    status = f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Error')}"
    lines = [*head, "", status, *(f"{k}: {v}" for k, v in answer.headers.items()), "", ""]
    return "\r\n".join(lines).encode() + answer.body + b"\r\n"


def render_change_set(boundary: str, inner: str, parts: list[bytes]) -> bytes:
    """Return an answered changeset behind its delimiter."""
    head = f"--{boundary}\r\nContent-Type: multipart/mixed; boundary={inner}\r\n\r\n"
    return head.encode() + b"".join(parts) + f"--{inner}--\r\n".encode()


def closing(boundary: str) -> bytes:
    """Return the end of a multipart body."""
    return f"--{boundary}--\r\n".encode()
