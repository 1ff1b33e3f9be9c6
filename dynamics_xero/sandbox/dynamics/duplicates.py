"""Duplicate detection: published rules, heeded where the caller asks (dataverse.md section 7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from dynamics_xero.sandbox.dynamics import errors, rows
from dynamics_xero.sandbox.dynamics.address import row_address
from dynamics_xero.sandbox.dynamics.answers import document, nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

_ACTIONS = {"PublishDuplicateRule": (1, 2), "UnpublishDuplicateRule": (0, 0)}
_NAMESPACE = "Microsoft.Dynamics.CRM."
Row = Mapping[str, object]


def concerns(table: TableSchema, call: Call) -> bool:
    """Tell whether a call publishes a rule or takes it back."""
    name = call.steps[1].name.removeprefix(_NAMESPACE)
    return table.name == "duplicaterule" and name in _ACTIONS


def publish(session: Session, table: TableSchema, call: Call) -> Response:
    """POST PublishDuplicateRule or UnpublishDuplicateRule; the first at once, not by a job."""
    if call.method != "POST":
        raise errors.not_allowed(call.method)
    address = row_address(table, call.steps[0].key or "", session)
    row = address.find(session)
    if row is None:
        raise address.missing(session)
    action = call.steps[1].name.removeprefix(_NAMESPACE)
    state, status = _ACTIONS[action]
    rows.update(session.tx, table, row["rid"], {"statecode": state, "statuscode": status})
    if action != "PublishDuplicateRule":
        return nothing()
    context = f"{session.api_url}/$metadata#{_NAMESPACE}{action}Response"
    return document({"@odata.context": context, "JobId": session.endpoint.new_id()})


def check(session: Session, table: TableSchema, row: Row) -> None:
    """Raise ODataError where a published rule finds another row like this one.

    A rule holds where all its conditions do; an empty column matches nothing.
    """
    if not session.detects_duplicates:
        return
    rules = session.tx.execute(
        "SELECT * FROM row_duplicaterule WHERE baseentityname = ? AND statecode = 1",
        (table.name,),
    ).fetchall()
    for rule in rules:
        if _has_match(session, table, row, rule):
            raise errors.duplicate_found()


def _has_match(session: Session, table: TableSchema, row: Row, rule: sqlite3.Row) -> bool:
    matching = session.schema.tables.get(str(rule["matchingentityname"]))
    conditions = session.tx.execute(
        "SELECT * FROM row_duplicaterulecondition WHERE regardingobjectid = ?",
        (rule["duplicateruleid"],),
    ).fetchall()
    if matching is None or not conditions:
        return False
    wanted = {one["matchingattributename"]: row.get(one["baseattributename"]) for one in conditions}
    if None in wanted.values() or not wanted.keys() <= matching.columns.keys():
        return False
    tests = [*(f'"{name}" = ?' for name in wanted), f'"{matching.primary_id}" <> ?']
    if rule["excludeinactiverecords"] and "statecode" in matching.columns:
        tests.append("statecode = 0")
    statement = f"SELECT 1 FROM {matching.storage} WHERE {' AND '.join(tests)} LIMIT 1"  # noqa: S608 - names come from the schema
    own_id = row[table.primary_id]
    return session.tx.execute(statement, (*wanted.values(), own_id)).fetchone() is not None
