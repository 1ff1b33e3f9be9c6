"""The service document, a minimal $metadata, and table sizes."""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

from dynamics_xero.sandbox.dynamics import errors
from dynamics_xero.sandbox.dynamics.answers import document
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.values import edm_type
from dynamics_xero.sandbox.web import Response

_NAMES = re.compile(r"'([^']*)'")


def service_document(session: Session) -> Response:
    """GET of the API's root: every entity set."""
    sets = [
        {"name": name, "kind": "EntitySet", "url": name} for name in sorted(session.schema.by_set)
    ]
    return document({"@odata.context": f"{session.api_url}/$metadata", "value": sets})


def metadata(session: Session, call: Call) -> Response:
    """GET $metadata: types, properties, navigation, sets; nothing on actions.

    With `annotations=true` it tells which tables track changes (section 4).
    """
    tables = session.schema.tables.values()
    annotated = dict(call.options.pairs).get("annotations") == "true"
    types = "".join(_entity_type(table) for table in tables)
    sets = "".join(
        f'<EntitySet Name="{table.facts.entity_set}" EntityType="mscrm.{table.name}">'
        f"{_tracking(table) if annotated else ''}</EntitySet>"
        for table in tables
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        '<edmx:DataServices><Schema Namespace="Microsoft.Dynamics.CRM" Alias="mscrm" '
        'xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{types}<EntityContainer Name="System">{sets}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )
    return Response(200, body.encode(), {"Content-Type": "application/xml", "OData-Version": "4.0"})


def total_counts(session: Session, call: Call) -> Response:
    """GET RetrieveTotalRecordCount(EntityNames=[...]): sizes, here always fresh."""
    text = call.options.aliases.get("@p1") or call.steps[0].key or ""
    names = _NAMES.findall(text)
    for name in names:
        if name not in session.schema.tables:
            raise errors.no_resource(name)
    sizes = [
        session.tx.execute(
            f"SELECT COUNT(*) FROM {session.table(name).storage}"  # noqa: S608 - names come from the schema
        ).fetchone()[0]
        for name in names
    ]
    return document(
        {
            "@odata.context": (
                f"{session.api_url}/$metadata#Microsoft.Dynamics.CRM.RetrieveTotalRecordCountResponse"
            ),
            "EntityRecordCountCollection": {
                "Count": len(names),
                "IsReadOnly": False,
                "Keys": names,
                "Values": sizes,
            },
        }
    )


def _tracking(table: TableSchema) -> str:
    supported = "true" if table.tracks_changes else "false"
    return (
        '<Annotation Term="Org.OData.Capabilities.V1.ChangeTracking"><Record>'
        f'<PropertyValue Property="Supported" Bool="{supported}" /></Record></Annotation>'
    )


def _entity_type(table: TableSchema) -> str:
    properties = "".join(
        f"<Property Name={quoteattr(column.wire_name)} Type={quoteattr(edm_type(column))} />"
        for column in table.columns.values()
    )
    singles = "".join(
        f'<NavigationProperty Name={quoteattr(name)} Type="mscrm.{relationship.referenced}" />'
        for name, relationship in table.navigations.items()
    )
    collections = "".join(
        f"<NavigationProperty Name={quoteattr(name)} "
        f'Type="Collection(mscrm.{relationship.referencing})" />'
        for name, relationship in table.collections.items()
    )
    return (
        f'<EntityType Name="{table.name}"><Key><PropertyRef Name="{table.primary_id}" /></Key>'
        f"{properties}{singles}{collections}</EntityType>"
    )
