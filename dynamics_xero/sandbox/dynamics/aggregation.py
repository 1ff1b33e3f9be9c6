"""$apply: counts, sums and groups of one table's rows (Dataverse's page on aggregating by OData).

A subset, as the service has: `filter`, `groupby` over plain columns, `aggregate`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dynamics_xero.sandbox.dynamics import errors, reading
from dynamics_xero.sandbox.dynamics.answers import applied, document
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.columns import FRACTIONS, WHOLE, Column, Kind
from dynamics_xero.sandbox.dynamics.expand import split
from dynamics_xero.sandbox.dynamics.filter_syntax import parse_orderby
from dynamics_xero.sandbox.dynamics.options import FORMATTED, Options
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.values import display, to_wire
from dynamics_xero.sandbox.web import Response

_MOST_ROWS = 50_000
_MEASURE = re.compile(r"(\w+)\s+with\s+(\w+)\s+as\s+(\w+)")
_COUNT = re.compile(r"\$count\s+as\s+(\w+)")
_FUNCTIONS = {
    "sum": "SUM({})",
    "average": "AVG({})",
    "min": "MIN({})",
    "max": "MAX({})",
    "countdistinct": "COUNT(DISTINCT {})",
}
_NUMBERS = FRACTIONS | WHOLE
_ALONE = ("select", "expand", "filter", "skiptoken", "deltatoken")


@dataclass(frozen=True)
class _Measure:
    alias: str
    sql: str


@dataclass(frozen=True)
class _Plan:
    """What an $apply asks: which rows, grouped by what, measured how."""

    condition: str | None
    groups: tuple[Column, ...]
    measures: tuple[_Measure, ...]


def answer(session: Session, table: TableSchema, call: Call) -> Response:
    """GET of an entity set with $apply."""
    options = call.options
    for name in _ALONE:
        if getattr(options, name):
            raise errors.unsupported(f"${name} beside $apply is not offered by this twin.")
    plan = _plan(table, options.apply or "")
    rows_read = replace(options, apply=None, orderby=None, filter=plan.condition)
    selection = reading.select(session, table, rows_read, None)
    source = f"FROM {selection.query.source} WHERE {selection.where}"
    _check_size(session, source, selection.parameters)
    listed = [f't0."{column.name}" AS "{column.wire_name}"' for column in plan.groups]
    listed += [f'{measure.sql} AS "{measure.alias}"' for measure in plan.measures]
    statement = f"SELECT {', '.join(listed)} {source}{_tail(plan, options)}"
    found = session.tx.execute(statement, selection.parameters).fetchall()
    formatted = call.preferences.wants(FORMATTED)
    session.rows_read += len(found)
    body = {
        "@odata.context": f"{session.api_url}/$metadata#{table.facts.entity_set}",
        "value": [_object(plan, row, formatted=formatted) for row in found],
    }
    return document(body, headers=applied(call.preferences.applied()))


def _check_size(session: Session, source: str, parameters: Iterable[object]) -> None:
    statement = f"SELECT COUNT(*) FROM (SELECT 1 {source} LIMIT {_MOST_ROWS + 1})"  # noqa: S608 - names come from the schema
    if session.tx.execute(statement, tuple(parameters)).fetchone()[0] > _MOST_ROWS:
        raise errors.bad_request(
            "AggregateQueryRecordLimit exceeded. Cannot perform this operation.", "0x8004e023"
        )


def _tail(plan: _Plan, options: Options) -> str:
    """Return what follows the condition: groups, order, limit."""
    names = [f't0."{column.name}"' for column in plan.groups]
    text = f" GROUP BY {', '.join(names)}" if names else ""
    orders = parse_orderby(options.orderby, options.aliases) if options.orderby else ()
    by_wire_name = {column.wire_name: column for column in plan.groups}
    terms = []
    for order in orders:
        column = by_wire_name.get("/".join(order.property.path))
        if column is None:
            raise errors.bad_request(
                "The query node SingleValueOpenPropertyAccess is not supported"
            )
        terms.append(f't0."{column.name}" {"DESC" if order.descending else "ASC"}')
    if terms or names:
        text += f" ORDER BY {', '.join(terms or names)}"
    return text if options.top is None else f"{text} LIMIT {options.top}"


def _object(plan: _Plan, row: sqlite3.Row, *, formatted: bool) -> dict[str, object]:
    result: dict[str, object] = {}
    for column in plan.groups:
        value, convert = row[column.wire_name], to_wire(column)
        shown = display(column, value)
        if formatted and shown is not None:
            result[f"{column.wire_name}@{FORMATTED}"] = shown
        result[column.wire_name] = convert(value) if convert else value
    for measure in plan.measures:
        value = row[measure.alias]
        if formatted and value is not None:
            result[f"{measure.alias}@{FORMATTED}"] = f"{value:,}"
        result[measure.alias] = value
    return result


def _plan(table: TableSchema, text: str) -> _Plan:
    steps = [step.strip() for step in split(text, "/")]
    condition = None
    if len(steps) > 1 and _inner(steps[0], "filter") is not None:
        condition = _inner(steps.pop(0), "filter")
    if len(steps) != 1:
        raise errors.unsupported(f"$apply={text} is not offered by this twin.")
    measured = _inner(steps[0], "aggregate")
    if measured is not None:
        return _Plan(condition, (), _measures(table, measured))
    grouped = _inner(steps[0], "groupby")
    if grouped is None:
        raise errors.bad_request(f"Syntax error in $apply: '{text}'.")
    listed, *rest = (part.strip() for part in split(grouped, ","))
    groups = tuple(_group(table, name.strip()) for name in _bare(listed).split(","))
    inner = _inner(rest[0], "aggregate") if rest else ""
    if inner is None or len(rest) > 1:
        raise errors.bad_request(f"Syntax error in $apply: '{text}'.")
    return _Plan(condition, groups, _measures(table, inner) if rest else ())


def _inner(text: str, function: str) -> str | None:
    """Return what stands between a function's parentheses, None for another function."""
    if text.startswith(f"{function}(") and text.endswith(")"):
        return text[len(function) + 1 : -1]
    return None


def _bare(text: str) -> str:
    if not (text.startswith("(") and text.endswith(")")):
        raise errors.bad_request(f"groupby takes its columns in parentheses, not '{text}'.")
    return text[1:-1]


def _group(table: TableSchema, name: str) -> Column:
    if "/" in name:
        raise errors.unsupported(f"Grouping by '{name}' is not offered by this twin.")
    column = table.by_wire_name.get(name)
    if column is None:
        raise errors.unknown_query_property(name, table.name)
    if column.kind is Kind.DATETIME:
        raise errors.bad_request(f"Grouping by the datetime column '{name}' is not supported.")
    return column


def _measures(table: TableSchema, text: str) -> tuple[_Measure, ...]:
    measures = tuple(_measure(table, part.strip()) for part in split(text, ","))
    aliases = {measure.alias for measure in measures}
    if len(aliases) < len(measures) or aliases & table.by_wire_name.keys():
        raise errors.bad_request("An alias of $apply is taken.")
    return measures


def _measure(table: TableSchema, text: str) -> _Measure:
    counted = _COUNT.fullmatch(text)
    if counted is not None:
        return _Measure(counted[1], "COUNT(*)")
    match = _MEASURE.fullmatch(text)
    if match is None or match[2] not in _FUNCTIONS:
        raise errors.bad_request(f"Syntax error in $apply: '{text}'.")
    column = table.by_wire_name.get(match[1])
    if column is None:
        raise errors.unknown_query_property(match[1], table.name)
    if column.kind not in _NUMBERS and match[2] in ("sum", "average"):
        raise errors.bad_request(f"The column '{match[1]}' is no number to {match[2]}.")
    return _Measure(match[3], _FUNCTIONS[match[2]].format(f't0."{column.name}"'))
