"""Tables made, changed and removed by metadata (dataverse.md section 9, Tables)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dynamics_xero.sandbox.dynamics import (
    definition_writes,
    describe,
    errors,
    fresh_platform,
    option_sets,
    privilege_rows,
    relationship_writes,
    schema_custom,
    schema_store,
    solutions,
)
from dynamics_xero.sandbox.dynamics.answers import document, nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.column_input import Body, column_in, label_in, schema_name
from dynamics_xero.sandbox.dynamics.columns import Column, Kind
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.tables import Table, bookkeeping, owned, states
from dynamics_xero.sandbox.web import Response

_SET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,99}")
_FIRST_CODE = 10_000


@dataclass(frozen=True)
class _Wanted:
    """A new table: its facts, its own columns with the primary name first."""

    table: Table
    columns: tuple[Column, ...]
    tracked: bool


def create(session: Session, call: Call) -> Response:
    """POST /EntityDefinitions: 204 with the table's address."""
    wanted = _wanted(session, call.document())
    _make(session, call, wanted)
    table = session.table(wanted.table.name)
    return nothing({"OData-EntityId": _url(session, table)})


def create_many(session: Session, call: Call) -> Response:
    """POST /CreateEntities: several tables at once, as the official client makes one."""
    listed = call.document().get("Entities")
    if not isinstance(listed, list) or not listed or not all(isinstance(x, dict) for x in listed):
        raise errors.bad_request("The parameter 'Entities' is missing.", errors.BAD_PAYLOAD)
    for body in listed:
        _make(session, call, _wanted(session, body))
    context = f"{session.api_url}/$metadata#Microsoft.Dynamics.CRM.CreateEntitiesResponse"
    return document({"@odata.context": context})


def change(session: Session, table: TableSchema, call: Call) -> Response:
    """PUT of a whole definition, or DELETE of a custom table."""
    if call.method == "DELETE":
        return _remove(session, table)
    if call.method != "PUT":
        raise errors.not_allowed(call.method)
    body = call.document()
    definition_writes.check_whole(body, describe.table_object(table))
    _track(session, table, body)
    if table.facts.custom:
        schema_custom.save_table(session.tx, _relabelled(table.facts, body))
    session.reload_schema()
    return nothing({"OData-EntityId": _url(session, table)})


def _track(session: Session, table: TableSchema, body: Body) -> None:
    """Turn change tracking on, which cannot be undone (section 4)."""
    wanted = body.get("ChangeTrackingEnabled")
    if wanted is True:
        if not table.facts.trackable:
            raise errors.bad_request(f"Change tracking is not possible for {table.name}.")
        schema_store.track(session.tx, table.name)
    elif wanted is False and table.tracks_changes:
        raise errors.bad_request(
            f"Change tracking cannot be disabled for the entity {table.name}.", "0x80044331"
        )


def _relabelled(table: Table, body: Body) -> Table:
    return replace(
        table,
        label=label_in(body.get("DisplayName")) or table.label,
        plural_label=label_in(body.get("DisplayCollectionName")) or table.plural_label,
    )


def _make(session: Session, call: Call, wanted: _Wanted) -> None:
    table = wanted.table
    schema_custom.save_table(session.tx, table)
    schema_store.create_table(session.tx, table)
    session.reload_schema()
    for column in wanted.columns:
        schema_store.add_column(session.tx, session.table(table.name), column)
    if wanted.tracked:
        schema_store.track(session.tx, table.name)
    session.reload_schema()
    privilege_rows.add_table(session, table)
    fresh_platform.add_filters(session, table.name)
    solutions.note(session, call, solutions.TABLE, describe.table_id(session.table(table.name)))


def _remove(session: Session, table: TableSchema) -> Response:
    if not table.facts.custom:
        raise errors.bad_request(
            f"The table {table.name} is not a custom one and cannot be deleted.", "0x80047014"
        )
    for relationship in table.collections.values():
        relationship_writes.drop(session, relationship)
    for relationship in table.navigations.values():
        if relationship.column.custom:
            relationship_writes.drop(session, relationship)
    for column in table.columns.values():
        solutions.forget(session, describe.column_id(table, column))
    solutions.forget(session, describe.table_id(table))
    privilege_rows.remove_table(session, table.facts)
    fresh_platform.drop_filters(session, table.name)
    schema_custom.drop_table(session.tx, table.name)
    session.reload_schema()
    return nothing()


def _wanted(session: Session, body: Body) -> _Wanted:
    name = schema_name(body)
    logical = name.lower()
    if logical in session.schema.tables:
        raise errors.bad_request(
            f"An entity with the specified name {name} already exists. Specify a unique name.",
            "0x8004701a",
        )
    columns = _columns(session, body, logical)
    entity_set = _entity_set(session, body, logical)
    organization_owned = _ownership(body) == "OrganizationOwned"
    label = label_in(body.get("DisplayName")) or name
    table = Table(
        logical,
        entity_set,
        columns[0].name,
        (*(() if organization_owned else owned()), *states("Active", "Inactive"), *bookkeeping()),
        _FIRST_CODE + schema_store.next_number(session.tx, "object_type_code"),
        name,
        label,
        organization_owned=organization_owned,
        custom=True,
        plural_label=label_in(body.get("DisplayCollectionName")) or f"{label}s",
        made_at=session.now.timestamp(),
    )
    return _Wanted(table, columns, body.get("ChangeTrackingEnabled") is True)


def _ownership(body: Body) -> str:
    ownership = str(body.get("OwnershipType") or "UserOwned").rpartition(".")[2]
    if ownership not in ("UserOwned", "OrganizationOwned"):
        raise errors.unsupported(f"Tables of ownership '{ownership}' are not offered here.")
    return ownership


def _columns(session: Session, body: Body, table: str) -> tuple[Column, ...]:
    """Return the columns of a new table, the primary name first: exactly one is."""
    listed = body.get("Attributes")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    primary = [one for one in found if one.get("IsPrimaryName") is True]
    if len(primary) != 1:
        raise errors.bad_request(
            f"The entity {table} needs one attribute with IsPrimaryName, of type String.",
            "0x80044363",
        )
    others = [one for one in found if one is not primary[0]]
    columns = tuple(
        option_sets.with_global_set(session, column_in(one), one) for one in (*primary, *others)
    )
    if columns[0].kind is not Kind.STRING:
        raise errors.bad_request("The primary attribute must be of type String.", "0x80044363")
    if len({column.name for column in columns}) < len(columns):
        raise errors.bad_request(f"A column of {table} is named twice.", "0x80047013")
    return (replace(columns[0], indexed=True), *columns[1:])


def _entity_set(session: Session, body: Body, logical: str) -> str:
    given = body.get("EntitySetName")
    name = given if isinstance(given, str) and given else plural(logical)
    if _SET_NAME.fullmatch(name) is None or name in session.schema.by_set:
        raise errors.bad_request(f"The entity set name '{name}' is not valid or taken.")
    return name


def plural(name: str) -> str:
    """Return the entity set's name that the server would give a table."""
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{name}es"
    if name.endswith("y") and name[-2] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}s"


def _url(session: Session, table: TableSchema) -> str:
    return f"{session.api_url}/EntityDefinitions({describe.table_id(table)})"
