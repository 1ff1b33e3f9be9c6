"""Which code answers which call, and under which label it is counted."""

from __future__ import annotations

from dynamics_xero.sandbox.dynamics import (
    aggregation,
    bulk,
    call_headers,
    definition_writes,
    definitions,
    duplicates,
    errors,
    hostile,
    lag,
    merge,
    metadata_changes,
    metadata_document,
    option_sets,
    properties,
    publishing,
    records,
    relationship_writes,
    relationships,
    rights,
    role_calls,
    solutions,
    table_writes,
    tracking,
)
from dynamics_xero.sandbox.dynamics.address import Segment, segments
from dynamics_xero.sandbox.dynamics.answers import document, nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.privilege_rows import privilege_name
from dynamics_xero.sandbox.dynamics.schema import TableSchema, metadata_id
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

# Functions are asked by GET, actions are called by POST.
_METHODS = {
    "$metadata": "GET",
    "WhoAmI": "GET",
    "RetrieveMetadataChanges": "GET",
    "RetrieveTotalRecordCount": "GET",
    "BulkDelete": "POST",
    "Merge": "POST",
    "PublishXml": "POST",
    "PublishAllXml": "POST",
    "CreateEntities": "POST",
    "CreateCustomerRelationships": "POST",
    "ReactivateEntityKey": "POST",
    **dict.fromkeys((*solutions.ACTIONS, *option_sets.ACTIONS), "POST"),
}
_NEEDED = {
    "BulkDelete": "prvBulkDelete",
    "Merge": "prvMerge",
    "PublishXml": "prvPublishCustomization",
    "PublishAllXml": "prvPublishCustomization",
    "CreateEntities": "prvCreateEntity",
    "CreateCustomerRelationships": "prvCreateRelationship",
    "ReactivateEntityKey": "prvWriteEntity",
    "RetrieveMetadataChanges": "prvReadEntity",
    **dict.fromkeys(solutions.ACTIONS, "prvWriteSolution"),
    **dict.fromkeys(option_sets.ACTIONS, "prvWriteOptionSet"),
}
"""Privileges of calls that belong to no table."""
_DEFINITIONS = {
    "EntityDefinitions": definitions.answer,
    "RelationshipDefinitions": relationships.answer,
    option_sets.PLACE: option_sets.answer,
}
_MAX_URL = 32_768
_MAX_URL_IN_BATCH = 65_536


def answer(session: Session, call: Call) -> Response:
    """Answer one call. Raises ODataError for everything refused."""
    _check_length(session, call)
    call_headers.check_versions(call)
    call_headers.apply(session, call)
    steps = call.steps
    if not steps:
        if call.method != "GET":
            raise errors.not_allowed(call.method)
        return metadata_document.service_document(session)
    if steps[0].name in session.schema.by_set:
        return _on_rows(session, call)
    return _named(session, steps[0], call)


def _on_rows(session: Session, call: Call) -> Response:
    whole = session.schema
    session.schema = lag.visible(session, call)
    try:
        name = call.steps[0].name
        table = session.schema.by_set.get(name)
        if table is None:
            raise errors.no_resource(name)
        response = _rows(session, table, call)
        hostile.spoil(session, table, call, response)
        return response
    finally:
        session.schema = whole


def label(method: str, resource: str) -> str:
    """Return the counters' name of a call, ids replaced."""
    try:
        steps = segments(resource)
    except errors.ODataError:
        return f"{method} /?"
    parts = []
    for step in steps:
        name = step.name.removeprefix(bulk.NAMESPACE)
        parts.append(f"{name}/{{id}}" if step.key else name)
    return f"{method} /{'/'.join(parts)}"


def _check_length(session: Session, call: Call) -> None:
    limit = _MAX_URL_IN_BATCH if session.is_part else _MAX_URL
    if call.method == "GET" and len(call.resource) + len(call.query) > limit:
        raise errors.ODataError(414, "0x0", f"The URL is longer than {limit} characters.")


def _rows(session: Session, table: TableSchema, call: Call) -> Response:
    steps = call.steps
    _check_privilege(session, table, call)
    if steps[0].key is None:
        return _entity_set(session, table, call)
    if len(steps) > 1:
        if role_calls.concerns(table, call):
            return role_calls.answer(session, table, call)
        if duplicates.concerns(table, call):
            return duplicates.publish(session, table, call)
        return properties.answer(session, table, call)
    match call.method:
        case "GET":
            return records.read(session, table, steps[0].key, call)
        case "PATCH":
            return records.upsert(session, table, steps[0].key, call)
        case "DELETE":
            return records.delete(session, table, steps[0].key, call)
    raise errors.not_allowed(call.method)


def _entity_set(session: Session, table: TableSchema, call: Call) -> Response:
    steps = call.steps
    if len(steps) == 1:
        if call.method == "POST":
            return records.create(session, table, call)
        if call.method != "GET":
            raise errors.not_allowed(call.method)
        if call.options.apply is not None:
            return aggregation.answer(session, table, call)
        if tracking.concerns(call):
            return tracking.answer(session, table, call)
        return records.read_set(session, table, call, path=table.facts.entity_set)
    name = steps[1].name
    if len(steps) > 2:
        raise errors.no_resource(steps[2].name)
    if name == "$count" and call.method == "GET":
        if call.options.deltatoken is not None:
            return tracking.count(session, table, call)
        return records.count_set(session, table, call)
    if name in bulk.MESSAGES:
        _check_method(session, call, "POST")
        return bulk.answer(session, table, name.removeprefix(bulk.NAMESPACE), call)
    raise errors.no_resource(name)


def _named(session: Session, first: Segment, call: Call) -> Response:
    if first.name in _DEFINITIONS:
        _check_customising(session, call)
        return _DEFINITIONS[first.name](session, call)
    if first.name in _METHODS:
        _check_method(session, call, _METHODS[first.name])
        if first.name in _NEEDED:
            rights.demand_named(session, _NEEDED[first.name])
    match first.name:
        case "$metadata":
            return metadata_document.metadata(session, call)
        case "WhoAmI":
            return _who_am_i(session)
        case "BulkDelete":
            return bulk.delete_later(session, call)
        case "Merge":
            return merge.answer(session, call)
        case "RetrieveMetadataChanges":
            return metadata_changes.answer(session, call)
        case "RetrieveTotalRecordCount":
            return metadata_document.total_counts(session, call)
        case "CreateEntities":
            return table_writes.create_many(session, call)
        case "CreateCustomerRelationships":
            return relationship_writes.create_customer(session, call)
        case "ReactivateEntityKey":
            return definition_writes.reactivate_key(session, call)
        case name if name in solutions.ACTIONS:
            return solutions.change_component(session, call)
        case name if name in option_sets.ACTIONS:
            return option_sets.change_option(session, call)
        case "PublishXml":
            return publishing.publish(call)
        case "PublishAllXml":
            return nothing()
    raise errors.no_resource(first.name)


def _check_method(session: Session, call: Call, allowed: str) -> None:
    if call.method != allowed:
        raise errors.no_http_resource(f"{session.api_url}/{call.resource}")


def _who_am_i(session: Session) -> Response:
    facts = session.endpoint.facts
    context = f"{session.api_url}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse"
    return document(
        {
            "@odata.context": context,
            "BusinessUnitId": metadata_id(facts["organization_id"], "businessunit"),
            "UserId": session.caller.user_id,
            "OrganizationId": facts["organization_id"],
        }
    )


def _check_privilege(session: Session, table: TableSchema, call: Call) -> None:
    """Refuse a read without its privilege, and what the fault `remove_privilege` strikes.

    Writes ask where a row is made, changed or deleted: whether a PATCH creates is known there.
    """
    fault = session.endpoint.faults.draw_kind("remove_privilege", session.method, session.path)
    if fault is not None:
        raise rights.missing(session, privilege_name(_verb(call), table.facts), table)
    if call.method == "GET":
        rights.demand(session, "Read", table)


def _verb(call: Call) -> str:
    message = call.steps[1].name.removeprefix(bulk.NAMESPACE) if len(call.steps) > 1 else ""
    if message in ("UpdateMultiple", "UpsertMultiple"):
        return "Write"
    return {"GET": "Read", "POST": "Create", "DELETE": "Delete"}.get(call.method, "Write")


def _check_customising(session: Session, call: Call) -> None:
    """Refuse a caller who may not read or change metadata."""
    verb = {"GET": "Read", "POST": "Create", "DELETE": "Delete"}.get(call.method, "Write")
    thing = {"RelationshipDefinitions": "Relationship", option_sets.PLACE: "OptionSet"}.get(
        call.steps[0].name, "Entity"
    )
    if len(call.steps) > 1 and thing == "Entity":
        below = call.steps[1].name
        verb, thing = (verb, "Attribute") if below == "Attributes" else ("Write", "Entity")
        if call.method == "GET":
            verb = "Read"
    rights.demand_named(session, f"prv{verb}{thing}")
