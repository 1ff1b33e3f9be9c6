"""Roles: who holds them, what they allow, and how callers ask about both (section 1.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from dynamics_xero.sandbox.dynamics import (
    errors,
    fresh_platform,
    payload,
    privilege_store,
    reading,
    rights,
    rows,
)
from dynamics_xero.sandbox.dynamics.address import row_address
from dynamics_xero.sandbox.dynamics.answers import document, nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.filter_syntax import parse_literal
from dynamics_xero.sandbox.dynamics.render import project
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

_NAMESPACE = "Microsoft.Dynamics.CRM."
_ASSOCIATION = "systemuserroles_association"
_FUNCTIONS = {
    "systemuser": (
        "RetrieveUserPrivileges",
        "RetrieveUserPrivilegeByPrivilegeName",
        "RetrievePrincipalAccess",
    ),
    "role": ("RetrieveRolePrivilegesRole",),
}
_ACTIONS = ("AddPrivilegesRole", "ReplacePrivilegesRole", "RemovePrivilegeRole")
_DEPTHS = frozenset({"Basic", "Local", "Deep", "Global"})
Row = Mapping[str, object]


def concerns(table: TableSchema, call: Call) -> bool:
    """Tell whether a call behind a row's key is about roles and privileges."""
    name = call.steps[1].name
    bare = name.removeprefix(_NAMESPACE)
    return table.name in _FUNCTIONS and (
        name == _ASSOCIATION
        or bare in _FUNCTIONS[table.name]
        or (table.name == "role" and bare in _ACTIONS)
    )


def answer(session: Session, table: TableSchema, call: Call) -> Response:
    """Answer such a call."""
    address = row_address(table, call.steps[0].key or "", session)
    row = address.find(session)
    if row is None:
        raise address.missing(session)
    name = call.steps[1].name.removeprefix(_NAMESPACE)
    if name == _ASSOCIATION:
        return _association(session, table, row, call)
    if call.method != ("POST" if name in _ACTIONS else "GET"):
        raise errors.not_allowed(call.method)
    row_id = str(row[table.primary_id])
    match name:
        case "RetrieveUserPrivileges":
            return _held(session, name, rights.of_user(session, row_id))
        case "RetrieveUserPrivilegeByPrivilegeName":
            wanted = _parameter(call, "PrivilegeName")
            return _held(session, name, rights.of_user(session, row_id), str(wanted))
        case "RetrievePrincipalAccess":
            return _access(session, row_id, call)
        case "RetrieveRolePrivilegesRole":
            return _held(session, name, _of_role(session, row_id))
    return _change_role(session, name, row_id, call)


def _of_role(session: Session, role_id: str) -> rights.Rights:
    whole = role_id == fresh_platform.administrator_role(session.endpoint.facts["organization_id"])
    return rights.Rights(whole=whole, depths=privilege_store.of_role(session.tx, role_id))


def _held(
    session: Session, function: str, held: rights.Rights, wanted: str | None = None
) -> Response:
    found = []
    for row in session.tx.execute("SELECT privilegeid, name FROM row_privilege ORDER BY name"):
        depth = held.depth(row["name"])
        if depth is not None and wanted in (None, row["name"]):
            found.append(
                {
                    "Depth": depth,
                    "PrivilegeId": row["privilegeid"],
                    "BusinessUnitId": fresh_platform.business_unit(session),
                    "PrivilegeName": row["name"],
                }
            )
    context = f"{session.api_url}/$metadata#{_NAMESPACE}{function}Response"
    return document({"@odata.context": context, "RolePrivileges": found})


def _access(session: Session, user_id: str, call: Call) -> Response:
    target = _parameter(call, "Target")
    url = target.get("@odata.id") if isinstance(target, dict) else None
    if not isinstance(url, str):
        raise errors.bad_request("The parameter 'Target' needs '@odata.id'.")
    address = payload.row_at(session, url)
    row = address.find(session)
    if row is None:
        raise address.missing(session)
    context = f"{session.api_url}/$metadata#{_NAMESPACE}RetrievePrincipalAccessResponse"
    granted = rights.access(session, user_id, address.table, row)
    return document({"@odata.context": context, "AccessRights": granted})


def _parameter(call: Call, name: str) -> object:
    """Return a function's parameter, given in place or by an alias."""
    found, _, value = (call.steps[1].key or "").partition("=")
    if found.strip() != name:
        raise errors.bad_request(f"The parameter '{name}' is missing.")
    text = call.options.aliases.get(value.strip(), value.strip())
    if text.startswith("{"):
        try:
            return json.loads(text.replace("'", '"'))
        except ValueError as fault:
            raise errors.bad_request(f"The parameter '{name}' is no JSON.") from fault
    return parse_literal(text).value


def _change_role(session: Session, action: str, role_id: str, call: Call) -> Response:
    rights.demand(session, "Write", session.table("role"))
    if _of_role(session, role_id).whole:
        raise errors.bad_request("The System Administrator role cannot be changed.", "0x80040280")
    body = call.document()
    if action == "RemovePrivilegeRole":
        privilege_store.remove(session.tx, role_id, str(body.get("PrivilegeId")).lower())
        return nothing()
    given = _depths(session, body)
    if action == "ReplacePrivilegesRole":
        for id in privilege_store.of_role(session.tx, role_id):
            privilege_store.remove(session.tx, role_id, id)
    privilege_store.add(session.tx, role_id, given)
    return nothing()


def _depths(session: Session, body: Mapping[str, object]) -> dict[str, str]:
    listed, found = body.get("Privileges"), {}
    for one in listed if isinstance(listed, list) else ():
        id = str(one.get("PrivilegeId")).lower() if isinstance(one, dict) else ""
        depth = str(one.get("Depth")) if isinstance(one, dict) else ""
        if rows.by_id(session.tx, session.table("privilege"), id) is None:
            raise errors.not_found("privilege", id, session.switch("not_found_wording"))
        if depth not in _DEPTHS:
            raise errors.bad_request(f"'{depth}' is no depth of a privilege.")
        found[id] = depth
    return found


def _association(session: Session, table: TableSchema, row: Row, call: Call) -> Response:
    row_id = str(row[table.primary_id])
    other = session.table("role" if table.name == "systemuser" else "systemuser")
    is_user = table.name == "systemuser"
    find = privilege_store.roles_of if is_user else privilege_store.users_of
    if call.method == "GET" and len(call.steps) == 2:
        found = reading.read_rows(
            session, project(other, call.options), find(session.tx, row_id), call.preferences
        )
        context = f"{session.api_url}/$metadata#{other.facts.entity_set}"
        return document({"@odata.context": context, "value": list(found.values())})
    if call.method not in ("POST", "DELETE"):
        raise errors.not_allowed(call.method)
    rights.demand(session, "Write", session.table("systemuser"))
    other_id = _other(session, other, call)
    user_id, role_id = (row_id, other_id) if is_user else (other_id, row_id)
    change = privilege_store.give if call.method == "POST" else privilege_store.take
    change(session.tx, user_id, role_id)
    return nothing()


def _other(session: Session, other: TableSchema, call: Call) -> str:
    """Return the id at the association's far end: in the path, in `$id`, or in the body."""
    key = call.steps[1].key
    if key is not None:
        url: object = f"{other.facts.entity_set}({key})"
    elif call.method == "DELETE":
        url = dict(parse_qsl(call.query)).get("$id")
    else:
        url = call.document().get("@odata.id")
    if not isinstance(url, str) or call.steps[-1].name != "$ref":
        raise errors.bad_request("A reference needs '@odata.id'.", errors.BAD_PAYLOAD)
    return str(payload.bound_row(session, other, url)[other.primary_id])
