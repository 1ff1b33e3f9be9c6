"""RetrieveMetadataChanges as far as the official client asks: one table's typed columns."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dynamics_xero.sandbox.dynamics import describe, errors
from dynamics_xero.sandbox.dynamics.answers import document
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.describe import Object
from dynamics_xero.sandbox.dynamics.object_query import selected
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response


def answer(session: Session, call: Call) -> Response:
    """GET RetrieveMetadataChanges(Query=@p1): tables and columns by LogicalName."""
    query = _query(call)
    wanted = _wanted(query)
    attributes = query.get("AttributeQuery")
    found = [
        {"LogicalName": table.name, "MetadataId": describe.table_id(table), "Attributes": columns}
        for table in session.schema.tables.values()
        if wanted in (None, table.name)
        for columns in [
            _selected_columns(
                [describe.column_object(table, column) for column in table.columns.values()],
                attributes if isinstance(attributes, dict) else {},
            )
        ]
    ]
    return document(
        {
            "@odata.context": (
                f"{session.api_url}/$metadata"
                f"#Microsoft.Dynamics.CRM.RetrieveMetadataChangesResponse"
            ),
            "ServerVersionStamp": str(session.version()),
            "EntityMetadata": found,
        }
    )


def _query(call: Call) -> Mapping[str, object]:
    try:
        query = json.loads(call.options.aliases.get("@p1", ""))
    except ValueError as fault:
        raise errors.bad_request("The parameter 'Query' is no JSON.") from fault
    if not isinstance(query, dict):
        raise errors.bad_request("The parameter 'Query' is no object.")
    return query


def _selected_columns(columns: list[Object], query: Mapping[str, object]) -> list[Object]:
    properties = query.get("Properties")
    names = properties.get("PropertyNames") if isinstance(properties, dict) else None
    select = tuple(str(name) for name in names) if isinstance(names, list) else ()
    wanted = _wanted(query)
    return [
        selected(column, select) for column in columns if wanted in (None, column["LogicalName"])
    ]


def _wanted(query: Mapping[str, object]) -> str | None:
    """Return the LogicalName the criteria ask for, None where there are no criteria."""
    criteria = query.get("Criteria")
    conditions = criteria.get("Conditions") if isinstance(criteria, dict) else None
    if not conditions:
        return None
    condition = conditions[0]
    if len(conditions) > 1 or condition.get("PropertyName") != "LogicalName":
        raise errors.unsupported("Metadata is sought by one LogicalName only.")
    return str(condition["Value"]["Value"])
