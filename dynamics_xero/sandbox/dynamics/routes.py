"""Which code answers which call, and under which label it is counted."""

from __future__ import annotations

from dynamics_xero.sandbox.dynamics import (
    bulk,
    definitions,
    errors,
    merge,
    metadata_changes,
    metadata_document,
    properties,
    records,
    tracking,
)
from dynamics_xero.sandbox.dynamics.address import Segment, segments
from dynamics_xero.sandbox.dynamics.answers import document, nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.schema import TableSchema, metadata_id
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

_OTHER_LANGUAGES = frozenset({"fetchXml", "sql", "savedQuery", "userQuery"})
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
}
_MAX_URL = 32_768
_MAX_URL_IN_BATCH = 65_536


def answer(session: Session, call: Call) -> Response:
    """Answer one call. Raises ODataError for everything refused."""
    _check_length(session, call)
    steps = call.steps
    if not steps:
        _check_method(call, "GET")
        return metadata_document.service_document(session)
    table = session.schema.by_set.get(steps[0].name)
    if table is not None:
        return _rows(session, table, call)
    return _named(session, steps[0], call)


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
        _refuse_other_languages(call)
        if call.method == "POST":
            return records.create(session, table, call)
        if call.method != "GET":
            raise errors.not_allowed(call.method)
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
        if call.method != "POST":
            raise errors.not_allowed(call.method)
        return bulk.answer(session, table, name.removeprefix(bulk.NAMESPACE), call)
    raise errors.no_resource(name)


def _refuse_other_languages(call: Call) -> None:
    """Refuse FetchXML, SQL and saved views rather than answer something else."""
    for name, _ in call.options.pairs:
        if name in _OTHER_LANGUAGES:
            raise errors.unsupported(f"Queries by '{name}' are not offered by this twin.")


def _named(session: Session, first: Segment, call: Call) -> Response:
    if first.name == "EntityDefinitions":
        return definitions.answer(session, call)
    if first.name in _METHODS:
        _check_method(call, _METHODS[first.name])
    match first.name:
        case "$metadata":
            return metadata_document.metadata(session)
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
        case "PublishXml" | "PublishAllXml":
            return nothing()
    raise errors.no_resource(first.name)


def _check_method(call: Call, allowed: str) -> None:
    if call.method != allowed:
        raise errors.not_allowed(call.method)


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
    fault = session.endpoint.faults.draw_kind("remove_privilege", session.method, session.path)
    if fault is not None:
        verbs = {"GET": "Read", "POST": "Create", "DELETE": "Delete"}
        privilege = f"prv{verbs.get(call.method, 'Write')}{table.facts.schema_name}"
        raise errors.missing_privilege(session.caller.user_id, privilege, table.name)
