"""Lists of resources so small that no database need index them: where and order in memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing

from dynamics_xero.sandbox.web import Response
from dynamics_xero.sandbox.xero import envelope, where
from dynamics_xero.sandbox.xero.call import Call
from dynamics_xero.sandbox.xero.where import Condition, Field, Kind

Form = Mapping[str, object]


def listed(
    call: Call, resource: str, forms: Sequence[Form], kinds: Mapping[str, Kind], *, of: str
) -> Response:
    """Answer a list call under its `where` and `order`; times among the forms are milliseconds."""
    fields = {
        name.lower(): Field(f"json_extract(value, '$.{name}')", kind)
        for name, kind in kinds.items()
    }
    asked = envelope.parameters(call.request)
    text = asked.get("where")
    condition = where.parse(text, fields, of) if text else Condition("1")
    order = where.ordered(asked["order"], fields, of) if asked.get("order") else ("key",)
    elements = [envelope.text_of(forms[number]) for number in _chosen(forms, condition, order)]
    response = envelope.answer(call.endpoint, resource, elements)
    response.rows_read = len(elements)
    return response


def _chosen(forms: Sequence[Form], condition: Condition, order: Sequence[str]) -> list[int]:
    query = (
        "SELECT key FROM json_each(?) "  # noqa: S608 - from declared fields
        f"WHERE {condition.sql} ORDER BY {', '.join(order)}"
    )
    with closing(sqlite3.connect(":memory:")) as scratch:
        rows = scratch.execute(query, (json.dumps(list(forms)), *condition.arguments))
        return [int(row[0]) for row in rows]
