"""The $batch form: requests packed into one multipart call, answers unpacked in the same order.

Dataverse takes at most 1,000 operations, carries them out one after another and answers in their
order; with continue-on-error each part has its own status (dataverse.md section 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from email.message import Message

from dynamics_xero.values import dataclass

MAX_PARTS = 1000

# JSON without line breaks cannot hold a delimiter line, so the boundary need not be random.
_BOUNDARY = "batch_dynamics_xero"

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")

CONTENT_TYPE = f'multipart/mixed; boundary="{_BOUNDARY}"'


@dataclass(frozen=True, slots=True)
class Part:
    """One operation; body is JSON on a single line."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class PartReply:
    """The answer to one operation; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class BrokenBatchError(ValueError):
    """The answer is not the multipart that was asked for, or not whole."""


def pack(parts: Iterable[Part]) -> bytes:
    """Return the body of one $batch call."""
    packed = [_pack_part(part) for part in parts]
    if len(packed) > MAX_PARTS:
        raise ValueError(f"a $batch holds {MAX_PARTS} operations, not {len(packed)}")
    return b"".join([*packed, f"--{_BOUNDARY}--\r\n".encode()])


def _pack_part(part: Part) -> bytes:
    head = [
        f"--{_BOUNDARY}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        f"{part.method} {part.url} HTTP/1.1",
    ]
    head += [f"{name}: {value}" for name, value in part.headers.items()]
    if part.body is not None:
        head.append("Content-Type: application/json")
    return "\r\n".join([*head, "", ""]).encode() + (part.body or b"") + b"\r\n"


def unpack(content_type: str, body: bytes, *, expected: int) -> list[PartReply]:
    """Return the answers of a batch sent with continue-on-error.

    Raises BrokenBatchError when it is cut off or holds another number of answers.
    """
    boundary = _read_boundary(content_type)
    # Begun by what never changes, the pattern is sought as fast as a plain text.
    mark = rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|$)"
    pieces = re.split(mark, b"\n" + body)
    # Splitting leaves: preamble, closing mark, piece, closing mark, piece, ...
    marks, contents = pieces[1::2], pieces[2::2]
    if not marks or marks[-1] is None:
        raise BrokenBatchError("the answer ends before its last part")
    replies = [_read_part(content) for content in contents[: marks.index(b"--")]]
    if len(replies) != expected:
        raise BrokenBatchError(f"{expected} operations sent, {len(replies)} answers came")
    return replies


def _read_boundary(content_type: str) -> bytes:
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_maintype() != "multipart" or not isinstance(boundary, str):
        raise BrokenBatchError("the answer is no multipart")
    return boundary.encode()


def _read_part(content: bytes) -> PartReply:
    """Read one answer; what its part says of itself, before it begins, is passed over."""
    _, inner = _divide(content.removesuffix(b"\r").lstrip(b"\r\n"))
    head, payload = _divide(inner.lstrip(b"\r\n"))
    status_line, *lines = head.decode("utf-8", "replace").splitlines() or [""]
    words = status_line.split(None, 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        raise BrokenBatchError("a part has no status line")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return PartReply(int(words[1]), headers, payload)


def _divide(content: bytes) -> tuple[bytes, bytes]:
    """Divide head from body."""
    gap = _BLANK_LINE.search(content)
    return (content[: gap.start()], content[gap.end() :]) if gap else (content, b"")
