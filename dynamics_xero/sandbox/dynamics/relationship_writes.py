"""One-to-many relationships with their lookup columns (dataverse.md section 9, Lookup)."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.sandbox.dynamics import (
    describe,
    errors,
    schema_custom,
    schema_store,
    solutions,
)
from dynamics_xero.sandbox.dynamics.answers import document, nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.column_input import Body, label_in, managed_value, schema_name
from dynamics_xero.sandbox.dynamics.columns import Column, Kind
from dynamics_xero.sandbox.dynamics.schema import Relationship, TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

_ONE_TO_MANY = "OneToManyRelationshipMetadata"
_CASCADES = {
    "Assign": "NoCascade",
    "Delete": "RemoveLink",
    "Merge": "NoCascade",
    "Reparent": "NoCascade",
    "Share": "NoCascade",
    "Unshare": "NoCascade",
}
_BEHAVIOURS = frozenset({"NoCascade", "Cascade", "Active", "UserOwned", "RemoveLink", "Restrict"})
_CUSTOMERS = ("account", "contact")


def create(session: Session, call: Call) -> Response:
    """POST /RelationshipDefinitions: a relationship with the lookup column that carries it."""
    body = call.document()
    kind = str(body.get("@odata.type", "")).rpartition(".")[2]
    if kind != _ONE_TO_MANY:
        raise errors.unsupported(f"Relationships of type '{kind}' are not offered by this twin.")
    lookup = body.get("Lookup")
    if not isinstance(lookup, dict):
        raise errors.bad_request("The property 'Lookup' is missing.", errors.BAD_PAYLOAD)
    column = _lookup_column(lookup, Kind.LOOKUP, (_table(session, body, "ReferencedEntity").name,))
    owner = _table(session, body, "ReferencingEntity")
    _add_column(session, call, owner, column)
    relationship = _declare(session, call, body, owner.name, column)
    return nothing({"OData-EntityId": _url(session, relationship)})


def create_customer(session: Session, call: Call) -> Response:
    """POST /CreateCustomerRelationships: one column that points at an account or a contact."""
    body = call.document()
    lookup, listed = body.get("Lookup"), body.get("OneToManyRelationships")
    if not isinstance(lookup, dict) or not isinstance(listed, list) or len(listed) != 2:
        raise errors.bad_request(
            "A customer column needs 'Lookup' and two 'OneToManyRelationships'.",
            errors.BAD_PAYLOAD,
        )
    given = [one for one in listed if isinstance(one, dict)]
    if sorted(str(one.get("ReferencedEntity")) for one in given) != sorted(_CUSTOMERS):
        raise errors.bad_request("A customer column points at account and contact.")
    owner = _table(session, given[0], "ReferencingEntity")
    column = _lookup_column(lookup, Kind.CUSTOMER, _CUSTOMERS)
    _add_column(session, call, owner, column)
    ids = [
        describe.relationship_id(_declare(session, call, one, owner.name, column)) for one in given
    ]
    context = (
        f"{session.api_url}/$metadata#Microsoft.Dynamics.CRM.CreateCustomerRelationshipsResponse"
    )
    column_id = describe.column_id(session.table(owner.name), column)
    return document({"@odata.context": context, "AttributeId": column_id, "RelationshipIds": ids})


def change(session: Session, relationship: Relationship, call: Call) -> Response:
    """PUT of a relationship's cascades, or DELETE with its lookup column."""
    if call.method not in ("PUT", "DELETE"):
        raise errors.not_allowed(call.method)
    if relationship.declared is None:
        raise errors.bad_request(
            f"The relationship {relationship.schema_name} is not a custom one.", "0x80047014"
        )
    if call.method == "DELETE":
        drop(session, relationship)
    else:
        cascades = _cascades(call.document()) or dict(relationship.declared.cascades)
        place = (relationship.referencing, relationship.column.name, relationship.referenced)
        schema_custom.drop_relationship(session.tx, relationship.schema_name)
        schema_custom.add_relationship(session.tx, place, relationship.schema_name, cascades)
    session.reload_schema()
    return nothing()


def drop(session: Session, relationship: Relationship) -> None:
    """Remove a relationship and its lookup column, values included.

    Raises ODataError where the column is part of a key.
    """
    owner, column = session.schema.tables[relationship.referencing], relationship.column
    if column.name not in owner.columns:
        return
    for twin in owner.navigations.values():
        if twin.column.name == column.name:
            schema_custom.drop_relationship(session.tx, twin.schema_name)
            solutions.forget(session, describe.relationship_id(twin))
    if any(column.name in key.columns for key in owner.keys):
        raise errors.bad_request(
            f"The column {column.name} is part of a key and cannot be deleted.", "0x8004f01f"
        )
    schema_store.drop_column(session.tx, owner, column)
    solutions.forget(session, describe.column_id(owner, column))
    session.reload_schema()


def _table(session: Session, body: Body, name: str) -> TableSchema:
    table = session.schema.tables.get(str(body.get(name)))
    if table is None:
        raise errors.bad_request(
            f"The entity with a name = '{body.get(name)}' was not found in the MetadataCache.",
            "0x80041102",
        )
    return table


def _lookup_column(lookup: Body, kind: Kind, targets: tuple[str, ...]) -> Column:
    name = schema_name(lookup)
    return Column(
        name.lower(),
        kind,
        targets=targets,
        # Indexed: a deleted row is looked for in every lookup that may point at it.
        indexed=True,
        custom=True,
        schema_name=name,
        label=label_in(lookup.get("DisplayName")),
        required=str(managed_value(lookup.get("RequiredLevel")) or "None"),
    )


def _add_column(session: Session, call: Call, owner: TableSchema, column: Column) -> None:
    if column.name in owner.columns:
        raise errors.bad_request(
            f"An attribute with the specified name {column.name} already exists for entity "
            f"{owner.name}.",
            "0x80047013",
        )
    made = replace(column, made_at=session.now.timestamp())
    schema_store.add_column(session.tx, owner, made)
    session.reload_schema()
    solutions.note(session, call, solutions.COLUMN, describe.column_id(owner, column))


def _declare(session: Session, call: Call, body: Body, owner: str, column: Column) -> Relationship:
    name = schema_name(body)
    taken = {
        each.schema_name.lower()
        for table in session.schema.tables.values()
        for each in table.relationships
        if each.declared is not None or not each.column.custom
    }
    if name.lower() in taken:
        raise errors.bad_request(
            f"An object with the specified name {name} already exists.", "0x80047011"
        )
    place = (owner, column.name, str(body["ReferencedEntity"]))
    cascades = _CASCADES | _cascades(body)
    schema_custom.add_relationship(session.tx, place, name, cascades)
    session.reload_schema()
    declared = schema_custom.relationships(session.tx)[place]
    made = Relationship(owner, column, place[2], declared)
    solutions.note(session, call, solutions.RELATIONSHIP, describe.relationship_id(made))
    return made


def _cascades(body: Body) -> dict[str, str]:
    given = body.get("CascadeConfiguration")
    found = {
        str(name): str(value)
        for name, value in (given.items() if isinstance(given, dict) else ())
        if name in _CASCADES
    }
    for name, value in found.items():
        if value not in _BEHAVIOURS:
            raise errors.bad_request(f"'{value}' is no cascade type for {name}.")
    return found


def _url(session: Session, relationship: Relationship) -> str:
    return f"{session.api_url}/RelationshipDefinitions({describe.relationship_id(relationship)})"
