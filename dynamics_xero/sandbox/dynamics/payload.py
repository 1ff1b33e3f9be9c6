"""A row's JSON body as stored values: columns checked, lookups resolved (section 2, Lookups)."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.sandbox.dynamics import address, errors, rights
from dynamics_xero.sandbox.dynamics.address import RowAddress, relative, segments
from dynamics_xero.sandbox.dynamics.columns import Column
from dynamics_xero.sandbox.dynamics.schema import Relationship, TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.values import to_storage

_BIND = "@odata.bind"


def read(
    session: Session, table: TableSchema, body: Mapping[str, object], *, creating: bool
) -> dict[str, object]:
    """Return the columns a body sets. Columns the platform computes are dropped silently."""
    values: dict[str, object] = {}
    for name, value in body.items():
        if name.endswith(_BIND):
            navigation = name.removesuffix(_BIND)
            relationship = table.navigations.get(navigation)
            if relationship is None:
                raise _undeclared(session, table, navigation)
            if _writable(relationship.column, creating=creating):
                values |= _bound(session, relationship, value)
        elif "@" in name:
            _check_annotation(session, table, name)
        else:
            values |= _plain(session, table, name, value, creating=creating)
    return values


def _undeclared(session: Session, table: TableSchema, name: str) -> errors.ODataError:
    wording = session.switch("payload_errors")
    return errors.undeclared_property(name, table.facts.entity_set, wording)


def _check_annotation(session: Session, table: TableSchema, name: str) -> None:
    """Let annotations pass unread, but only of properties there are, and only real ones."""
    annotated, _, annotation = name.partition("@")
    declared = (table.columns, table.by_wire_name, table.navigations, table.collections)
    if annotated and not any(annotated in names for names in declared):
        raise _undeclared(session, table, annotated)
    if annotation.lower() == _BIND.removeprefix("@"):
        raise errors.bad_request(
            f"The annotation '{annotation}' was found. This annotation is either not recognized or "
            f"not expected at the current position."
        )


def _writable(column: Column, *, creating: bool) -> bool:
    return column.creatable if creating else column.updatable


def _plain(
    session: Session, table: TableSchema, name: str, value: object, *, creating: bool
) -> dict[str, object]:
    column = table.columns.get(name)
    if column is not None and not column.is_reference:
        if not _writable(column, creating=creating):
            return {}
        return {name: to_storage(table.name, column, value)}
    relationship = table.navigations.get(name)
    if relationship is not None:
        if value is None:
            return cleared(relationship.column)
        raise errors.unsupported("Creating a related row inside another is not offered here.")
    if name in table.by_wire_name:
        raise errors.bad_request(
            "CRM do not support direct update of Entity Reference properties, Use Navigation "
            "properties instead.",
        )
    wording = session.switch("payload_errors")
    raise errors.unknown_payload_property(name, table.name, table.facts.entity_set, wording)


def cleared(column: Column) -> dict[str, object]:
    """Return the stored values of an empty lookup."""
    return pointing(column, None, None)


def pointing(column: Column, row_id: str | None, target: str | None) -> dict[str, object]:
    """Return the stored values of a lookup."""
    values: dict[str, object] = {column.name: row_id}
    if column.is_polymorphic:
        values[f"{column.name}__target"] = target
    return values


def _bound(session: Session, relationship: Relationship, value: object) -> dict[str, object]:
    if value is None:
        return cleared(relationship.column)
    if not isinstance(value, str):
        raise errors.wrong_type(value, "Edm.String")
    target = session.table(relationship.referenced)
    rights.demand(session, "Append", session.table(relationship.referencing))
    rights.demand(session, "AppendTo", target)
    row = bound_row(session, target, value)
    rights.demand_row(session, "AppendTo", target, row)
    return pointing(relationship.column, str(row[target.primary_id]), target.name)


def bound_row(session: Session, target: TableSchema, url: str) -> Mapping[str, object]:
    """Return the existing row a URL names. Raises ODataError when there is none."""
    found = row_at(session, resolve_reference(session, url), target)
    row = found.find(session)
    if row is None:
        raise found.missing(session)
    return row


def row_at(session: Session, url: str, target: TableSchema | None = None) -> RowAddress:
    """Return the address in a URL; of `target`'s table where one is named."""
    steps = segments(relative(url, session.base_url)[0])
    table = session.schema.by_set.get(steps[0].name) if len(steps) == 1 else None
    if table is None or steps[0].key is None:
        raise errors.bad_request(f"Invalid value '{url}' for an entity reference.")
    if target is not None and table is not target:
        raise errors.bad_request(
            f"A '{target.name}' was expected, but '{url}' names a '{table.name}'."
        )
    return address.row_address(table, steps[0].key, session)


def resolve_reference(session: Session, url: str) -> str:
    """Return a URL with its leading `$1` replaced (section 3, changesets)."""
    if not url.startswith("$"):
        return url
    reference, _, rest = url.partition("/")
    if reference not in session.references:
        raise errors.bad_request(
            f"Content-ID Reference: '{reference}' does not exist in the batch context."
        )
    return session.references[reference] + (f"/{rest}" if rest else "")
