"""Single columns, lookups and related rows addressed by a path behind the row's key."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.sandbox.dynamics import errors, payload, records, rights, writing
from dynamics_xero.sandbox.dynamics.address import row_address
from dynamics_xero.sandbox.dynamics.answers import document, nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.reading import Restriction
from dynamics_xero.sandbox.dynamics.render import target_of
from dynamics_xero.sandbox.dynamics.schema import Relationship, TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.values import to_wire
from dynamics_xero.sandbox.web import Response


def answer(session: Session, table: TableSchema, call: Call) -> Response:
    """Answer a call on /set(key)/name or /set(key)/name/$ref or /$count."""
    address = row_address(table, call.steps[0].key or "", session)
    row = address.find(session)
    if row is None:
        raise address.missing(session)
    step = call.steps[1]
    suffix = _suffix(call)
    if call.method in ("PUT", "DELETE"):
        records.check_conditions(session, row, call)
    if step.name in table.navigations:
        relationship = table.navigations[step.name]
        if suffix == "$ref":
            return _single_reference(session, table, row, relationship, call)
        if suffix:
            raise errors.no_resource(suffix)
        return _related_row(session, row, relationship, call)
    if step.name in table.collections:
        return _collection(session, row, table.collections[step.name], call)
    if suffix:
        raise errors.no_resource(suffix)
    return _column(session, table, row, call)


def _suffix(call: Call) -> str:
    if len(call.steps) > 3:
        raise errors.no_resource(call.steps[3].name)
    return call.steps[2].name if len(call.steps) > 2 else ""


def _column(session: Session, table: TableSchema, row: dict[str, object], call: Call) -> Response:
    name = call.steps[1].name
    column = table.by_wire_name.get(name)
    if column is None:
        raise errors.no_resource(name)
    if call.method == "GET":
        convert = to_wire(column)
        value = row[column.name] if convert is None else convert(row[column.name])
        place = f"{table.facts.entity_set}({row[table.primary_id]})/{name}"
        return document(
            {
                "@odata.context": f"{session.api_url}/$metadata#{place}",
                "value": value,
            }
        )
    _check_write(call)
    value = _sent_value(call) if call.method == "PUT" else None
    writing.update(session, table, row, {name: value})
    return nothing()


def _single_reference(
    session: Session,
    table: TableSchema,
    row: dict[str, object],
    relationship: Relationship,
    call: Call,
) -> Response:
    column = relationship.column
    if call.method == "GET":
        if row[column.name] is None:
            raise errors.no_resource(call.steps[1].name)
        target = session.table(target_of(column, row))
        return document(
            {
                "@odata.context": f"{session.api_url}/$metadata#$ref",
                "@odata.id": f"{session.api_url}/{target.facts.entity_set}({row[column.name]})",
            }
        )
    _check_write(call)
    url = _reference_url(call.document()) if call.method == "PUT" else None
    writing.update(session, table, row, {f"{relationship.navigation}@odata.bind": url})
    return nothing()


def _related_row(
    session: Session, row: dict[str, object], relationship: Relationship, call: Call
) -> Response:
    column, target = relationship.column, session.table(relationship.referenced)
    if call.method != "GET":
        raise errors.not_allowed(call.method)
    rights.demand(session, "Read", target)
    records.check_single(call)
    if row[column.name] is None or target_of(column, row) != target.name:
        return nothing()
    return document(records.representation(session, target, str(row[column.name]), call))


def _collection(
    session: Session, row: Mapping[str, object], relationship: Relationship, call: Call
) -> Response:
    owner = session.table(relationship.referenced)
    table = session.table(relationship.referencing)
    row_id = str(row[owner.primary_id])
    suffix = _suffix(call)
    if suffix not in ("", "$ref", "$count"):
        raise errors.no_resource(suffix)
    if call.method == "POST" and suffix == "$ref":
        address = payload.row_at(session, _reference_url(call.document()), table)
        child = address.find(session)
        if child is None:
            raise address.missing(session)
        rights.demand_row(session, "Write", table, child)
        rights.demand_row(session, "Append", table, child)
        rights.demand_row(session, "AppendTo", owner, row)
        writing.check_editable(session, table, child)
        writing.change(
            session, table, child, payload.pointing(relationship.column, row_id, owner.name)
        )
        return nothing()
    if call.method != "GET":
        raise errors.not_allowed(call.method)
    rights.demand(session, "Read", table)
    if call.options.deltatoken is not None:
        raise errors.bad_request("Changes are tracked for whole tables, not for related rows.")
    restriction = Restriction(relationship.column.name, row_id)
    if suffix == "$count":
        return records.count_set(session, table, call, restriction)
    path = f"{owner.facts.entity_set}({row_id})/{call.steps[1].name}"
    return records.read_set(session, table, call, path=path, restriction=restriction)


def _check_write(call: Call) -> None:
    """Refuse every verb but the two that write one property."""
    if call.method not in ("PUT", "DELETE"):
        raise errors.not_allowed(call.method)


def _sent_value(call: Call) -> object:
    """Return what a PUT of one column carries: `value`, and nothing else."""
    body = call.document()
    sent = {name for name in body if not name.startswith("@")}
    if sent != {"value"}:
        raise errors.bad_request("A column is written as {'value': ...}.", errors.BAD_PAYLOAD)
    return body["value"]


def _reference_url(body: Mapping[str, object]) -> str:
    url = body.get("@odata.id")
    if not isinstance(url, str):
        raise errors.bad_request("A reference needs '@odata.id'.", errors.BAD_PAYLOAD)
    return url
