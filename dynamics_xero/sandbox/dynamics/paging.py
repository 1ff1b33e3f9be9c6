"""Paging cookies and keysets: where the next page starts (dataverse.md section 2, Queries)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from dynamics_xero.sandbox.dynamics import errors

_COOKIE = re.compile(
    r'<cookie pagenumber="(\d+)" pagingcookie="([^"]*)" istracking="(True|False)" />'
)


@dataclass(frozen=True)
class Cookie:
    """The place behind a page; `state` belongs to the reader that wrote it."""

    page: int
    state: dict[str, object] = field(default_factory=dict)
    tracking: bool = False

    def text(self) -> str:
        """Return the $skiptoken's value; its inner cookie is encoded twice, as on the server."""
        inner = quote(quote(json.dumps(self.state), safe=""), safe="")
        return (
            f'<cookie pagenumber="{self.page}" pagingcookie="{inner}" '
            f'istracking="{self.tracking}" />'
        )


def read_cookie(text: str) -> Cookie:
    """Return the cookie of a $skiptoken. Raises ODataError for one this server never wrote."""
    match = _COOKIE.fullmatch(text.strip())
    if match is None:
        raise errors.bad_request("Malformed XML in the Paging Cookie", "0x80060888")
    try:
        state = json.loads(unquote(unquote(match[2])))
    except ValueError as fault:
        raise errors.bad_request("Malformed XML in the Paging Cookie", "0x80060888") from fault
    return Cookie(int(match[1]), state, match[3] == "True")


def behind(terms: Sequence[tuple[str, bool]], last: Sequence[object]) -> tuple[str, list[object]]:
    """Return the condition for rows after `last` in the order of `terms`; nulls come first."""
    if not terms:
        return "0", []
    (expression, descending), value = terms[0], last[0]
    rest, rest_values = behind(terms[1:], last[1:])
    if value is None:
        same = f"{expression} IS NULL AND ({rest})"
        if descending:
            return same, rest_values
        return f"{expression} IS NOT NULL OR ({same})", rest_values
    if descending:
        further = f"{expression} < ? OR {expression} IS NULL"
        return f"{further} OR ({expression} = ? AND ({rest}))", [value, value, *rest_values]
    # The first test alone lets SQLite walk an index instead of sorting the table.
    condition = f"{expression} >= ? AND ({expression} > ? OR ({rest}))"
    return condition, [value, value, *rest_values]
