"""The body of a $batch and its answer, as a client sees them (dataverse.md section 3)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BOUNDARY = "batch_sandbox_tools"
_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3})", re.MULTILINE)


@dataclass(frozen=True)
class Operation:
    """One write of a batch; `origin` says where the record comes from, for error messages."""

    method: str
    url: str
    values: Mapping[str, object]
    origin: str
    if_match: str | None = None


def batch_body(operations: Sequence[Operation]) -> bytes:
    """Return the body of a batch without changesets: each part stands for itself."""
    lines: list[str] = []
    for operation in operations:
        lines += [
            f"--{BOUNDARY}",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            "",
            f"{operation.method} {operation.url} HTTP/1.1",
            "Content-Type: application/json",
        ]
        if operation.if_match is not None:
            lines.append(f"If-Match: {operation.if_match}")
        lines += ["", json.dumps(operation.values, ensure_ascii=False)]
    lines += [f"--{BOUNDARY}--", ""]
    return "\r\n".join(lines).encode()


def part_statuses(body: bytes) -> list[int]:
    """Return the status of each part of an answer, in order."""
    return [int(found) for found in _STATUS.findall(body)]


def error_message(body: bytes) -> str:
    """Return the first OData error's message in a body, else the body's beginning."""
    start = body.find(b'{"error"')
    if start >= 0:
        value, _ = json.JSONDecoder().raw_decode(body[start:].decode("utf-8", "replace"))
        return str(value["error"].get("message"))
    return body[:300].decode("utf-8", "replace")
