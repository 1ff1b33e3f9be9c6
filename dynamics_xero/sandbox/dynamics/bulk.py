"""CreateMultiple, UpdateMultiple, UpsertMultiple, BulkDelete: all or nothing (section 3, Bulk)."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.sandbox.dynamics import errors, payload, rights, rows, writing
from dynamics_xero.sandbox.dynamics.answers import document, nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.values import is_guid
from dynamics_xero.sandbox.web import Response

NAMESPACE = "Microsoft.Dynamics.CRM."
MESSAGES = tuple(f"{NAMESPACE}{verb}Multiple" for verb in ("Create", "Update", "Upsert", "Delete"))
Target = Mapping[str, object]


def answer(session: Session, table: TableSchema, message: str, call: Call) -> Response:
    """Carry out a bulk message; any refused target refuses the whole call."""
    if message == "DeleteMultiple":
        raise errors.bad_request("DeleteMultiple has not yet been implemented.", "0x80040203")
    if session.switch("bulk_messages") == "off":
        raise errors.bad_request(
            f"{message} is not enabled for the entity {table.name}.", "0x80040203"
        )
    targets = _targets(table, call)
    if message == "CreateMultiple":
        ids = [str(writing.create(session, table, target)[table.primary_id]) for target in targets]
        return _response(session, message, {"Ids": ids})
    if message == "UpdateMultiple":
        for target in targets:
            _update(session, table, target)
        return nothing()
    return _response(
        session, message, {"Results": [_upsert(session, table, target) for target in targets]}
    )


def delete_later(session: Session, call: Call) -> Response:
    """Carry out BulkDelete at once where the server would queue a job; answers with its id."""
    queries = call.document().get("QuerySet")
    for query in _objects(queries):
        table = session.schema.tables.get(str(query.get("EntityName")))
        if table is None:
            raise errors.no_resource(str(query.get("EntityName")))
        for row_id in _wanted_ids(table, query):
            row = rows.by_id(session.tx, table, row_id)
            if row is not None:
                rights.demand_row(session, "Delete", table, row)
                writing.delete(session, table, row)
    return _response(session, "BulkDelete", {"JobId": session.endpoint.new_id()})


def _response(session: Session, message: str, body: Mapping[str, object]) -> Response:
    context = f"{session.api_url}/$metadata#{NAMESPACE}{message}Response"
    return document({"@odata.context": context, **body})


def _targets(table: TableSchema, call: Call) -> list[Target]:
    targets = call.parameters("Targets").get("Targets")
    if not isinstance(targets, list):
        raise errors.bad_request("Targets is missing.", errors.BAD_PAYLOAD)
    for target in targets:
        kind = target.get("@odata.type") if isinstance(target, dict) else None
        if not isinstance(kind, str) or kind.lstrip("#") != f"{NAMESPACE}{table.name}":
            raise errors.bad_request(
                f"Each target must name its type: '@odata.type': '{NAMESPACE}{table.name}'.",
                errors.BAD_PAYLOAD,
            )
    return targets


def _update(session: Session, table: TableSchema, target: Target) -> None:
    row_id = str(target.get(table.primary_id, "")).lower()
    before = rows.by_id(session.tx, table, row_id)
    if before is None:
        raise errors.not_found_bulk(table.name, row_id)
    writing.update(session, table, before, target)


def _upsert(session: Session, table: TableSchema, target: Target) -> dict[str, object]:
    row_id = target.get(table.primary_id)
    url = target.get("@odata.id")
    if url is None and isinstance(row_id, str):
        url = f"{table.facts.entity_set}({row_id})"
    if not isinstance(url, str):
        raise errors.bad_request("Each target needs an '@odata.id'.", errors.BAD_PAYLOAD)
    address = payload.row_at(session, url, table)
    before = address.find(session)
    if before is None:
        repeated = sorted(set(address.values) & set(target))
        if repeated:
            raise errors.bad_request(
                f"The key column '{repeated[0]}' must not be repeated among the attributes.",
                errors.BAD_PAYLOAD,
            )
        row = writing.create(
            session, table, target, row_id=address.row_id, key_values=address.values
        )
    else:
        body = {name: value for name, value in target.items() if name not in address.values}
        row = writing.update(session, table, before, body)
    reference = {
        "@odata.type": f"#{NAMESPACE}{table.name}",
        table.primary_id: row[table.primary_id],
    }
    return {"RecordCreated": before is None, "Target": reference}


def _objects(value: object) -> list[dict[str, object]]:
    listed = value if isinstance(value, list) else []
    return [one for one in listed if isinstance(one, dict)]


def _wanted_ids(table: TableSchema, query: Mapping[str, object]) -> list[str]:
    criteria = query.get("Criteria")
    conditions = criteria.get("Conditions") if isinstance(criteria, dict) else None
    if not isinstance(conditions, list) or len(conditions) != 1:
        raise errors.unsupported("BulkDelete is offered for one condition on the id only.")
    condition = conditions[0]
    if condition.get("AttributeName") != table.primary_id or condition.get("Operator") != "In":
        raise errors.unsupported("BulkDelete is offered for one condition on the id only.")
    values = [str(value.get("Value")) for value in condition.get("Values", [])]
    return [value.lower() for value in values if is_guid(value)]
