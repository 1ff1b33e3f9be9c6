"""Solutions: what a component's maker put where (dataverse.md sections 7 and 9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from dynamics_xero.sandbox.dynamics import errors, rows
from dynamics_xero.sandbox.dynamics.answers import document
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

TABLE, COLUMN, OPTION_SET, RELATIONSHIP, KEY = 1, 2, 9, 10, 14
OF_ROWS = {"role": 20, "sdkmessageprocessingstep": 92, "serviceendpoint": 95}
"""Component types of rows that live in solutions."""
ACTIONS = ("AddSolutionComponent", "RemoveSolutionComponent")

_HEADER = "mscrm.solutionuniquename"
_PREFIX = re.compile(r"(?!mscrm)[a-z][a-z0-9]{1,7}", re.IGNORECASE)
_UNIQUE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VERSION = re.compile(r"\d+\.\d+(\.\d+){0,2}")
Row = Mapping[str, object]


def note(session: Session, call: Call, component_type: int, object_id: str) -> None:
    """Put a new component into the solution that the call names, by header or parameter."""
    given = dict(call.options.pairs).get("SolutionUniqueName")
    name = call.headers.get(_HEADER) or given
    if name:
        _add(session, _unmanaged(session, name), component_type, object_id)


def forget(session: Session, object_id: str) -> None:
    """Take a deleted component out of every solution."""
    session.tx.execute("DELETE FROM row_solutioncomponent WHERE objectid = ?", (object_id,))


def change_component(session: Session, call: Call) -> Response:
    """POST AddSolutionComponent or RemoveSolutionComponent."""
    body, action = call.document(), call.steps[0].name
    solution = _unmanaged(session, str(body.get("SolutionUniqueName")))
    kind, object_id = body.get("ComponentType"), _object_id(body, action)
    if not isinstance(kind, int) or object_id is None:
        raise errors.bad_request(
            "ComponentType and the component's id are needed.", errors.BAD_PAYLOAD
        )
    if action == "AddSolutionComponent":
        component = _add(session, solution, kind, object_id)
    else:
        component = _drop(session, solution, object_id)
    context = f"{session.api_url}/$metadata#Microsoft.Dynamics.CRM.{action}Response"
    return document({"@odata.context": context, "id": component})


def check(session: Session, table: TableSchema, row: Row) -> None:
    """Raise ODataError for a publisher or solution that cannot be."""
    if table.name not in _CHECKS:
        return
    for name, is_good in _CHECKS[table.name].items():
        if not is_good(str(row.get(name) or "")):
            raise errors.bad_request(
                f"'{row.get(name)}' is no valid {name} of a {table.name}.", "0x80048408"
            )
    other = rows.by_values(session.tx, table, {"uniquename": row["uniquename"]})
    if other is not None and other[table.primary_id] != row[table.primary_id]:
        raise errors.bad_request(
            f"A {table.name} with the unique name {row['uniquename']} already exists.",
            "0x80048409",
        )


_CHECKS: dict[str, dict[str, Callable[[str], object]]] = {
    "publisher": {
        "friendlyname": bool,
        "uniquename": _UNIQUE_NAME.fullmatch,
        "customizationprefix": _PREFIX.fullmatch,
        "customizationoptionvalueprefix": bool,
    },
    "solution": {
        "friendlyname": bool,
        "uniquename": _UNIQUE_NAME.fullmatch,
        "version": _VERSION.fullmatch,
        "publisherid": bool,
    },
}


def _unmanaged(session: Session, name: str) -> Row:
    solution = rows.by_values(session.tx, session.table("solution"), {"uniquename": name})
    if solution is None or solution["ismanaged"]:
        raise errors.bad_request(
            f"The solution '{name}' was not found or cannot be changed.", "0x80048403"
        )
    return solution


def _object_id(body: Row, action: str) -> str | None:
    value = body.get("ComponentId")
    if action == "RemoveSolutionComponent" and value is None:
        # The documented form names the component's row instead.
        component = body.get("SolutionComponent")
        value = component.get("solutioncomponentid") if isinstance(component, dict) else None
    return value.lower() if isinstance(value, str) else None


def _add(session: Session, solution: Row, component_type: int, object_id: str) -> str:
    table, there = session.table("solutioncomponent"), _held(session, solution, object_id)
    if there is not None:
        return there
    component = session.endpoint.new_id()
    values = {
        "solutioncomponentid": component,
        "componenttype": component_type,
        "objectid": object_id,
        "solutionid": solution["solutionid"],
        "rootcomponentbehavior": 0,
        "createdon": session.stamp,
        "modifiedon": session.stamp,
        "versionnumber": session.next_version(),
    }
    rows.insert(session.tx, table, values)
    return component


def _drop(session: Session, solution: Row, object_id: str) -> str:
    there = _held(session, solution, object_id)
    if there is None:
        raise errors.bad_request(f"The component {object_id} is not in the solution.")
    rows.delete(session.tx, session.table("solutioncomponent"), there, session.next_version())
    return there


def _held(session: Session, solution: Row, object_id: str) -> str | None:
    found = session.tx.execute(
        "SELECT solutioncomponentid FROM row_solutioncomponent "
        "WHERE solutionid = ? AND (objectid = ? OR solutioncomponentid = ?)",
        (solution["solutionid"], object_id, object_id),
    ).fetchone()
    return None if found is None else str(found["solutioncomponentid"])
