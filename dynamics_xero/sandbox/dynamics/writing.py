"""Rows made, changed and removed: what every write shares, whatever call asked for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from dynamics_xero.sandbox.dynamics import (
    call_notes,
    computed,
    duplicates,
    errors,
    payload,
    platform_rows,
    rights,
    rows,
)
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.values import is_guid, to_wire

Stored = dict[str, object]
# Tables whose rows others cannot do without; lookups to them are emptied by nobody.
_NEEDED = ("systemuser", "transactioncurrency")


def create(
    session: Session,
    table: TableSchema,
    body: Mapping[str, object],
    *,
    row_id: str | None = None,
    key_values: Mapping[str, object] | None = None,
) -> Stored:
    """Make a row and return it as stored; the body wins over the key it was addressed by."""
    _refuse_read_only(table)
    rights.demand(session, "Create", table)
    row_id = row_id or _own_id(table, body) or session.endpoint.new_id()
    values = {**(key_values or {}), **payload.read(session, table, body, creating=True)}
    row_id = str(values.get(table.primary_id) or row_id)
    computed.settle_state(table, None, values, row_id)
    # An id sent as null is none: the row keeps its new one.
    row = _new_row(session, table, row_id) | values | {table.primary_id: row_id}
    row |= computed.derive(session, table, row, set(values))
    if values.get("overriddencreatedon"):
        row["createdon"], row["overriddencreatedon"] = row["overriddencreatedon"], session.stamp
    platform_rows.check(session, table, row)
    duplicates.check(session, table, row)
    try:
        rows.insert(session.tx, table, row)
    except sqlite3.IntegrityError as fault:
        raise _duplicate(session, table, row, fault) from fault
    _record(session, table, row_id, "create", None, row)
    return row


def update(
    session: Session, table: TableSchema, before: Stored, body: Mapping[str, object]
) -> Stored:
    """Change a row and return it; equal values still move its version, as on the server."""
    _refuse_read_only(table)
    rights.demand_row(session, "Write", table, before)
    check_editable(session, table, before)
    return change(session, table, before, payload.read(session, table, body, creating=False))


def check_editable(session: Session, table: TableSchema, row: Mapping[str, object]) -> None:
    """Refuse an edit of a row merged into another, unless the switch `merged_row_edit` allows."""
    if row.get("merged") and session.switch("merged_row_edit") == "refused":
        raise errors.merged_row(table.name, str(row[table.primary_id]))


def change(
    session: Session, table: TableSchema, before: Stored, values: dict[str, object]
) -> Stored:
    """Change a row by stored values and return it."""
    row_id = str(before[table.primary_id])
    computed.settle_state(table, before, values, row_id)
    touched = {name for name, value in values.items() if before[name] != value}
    values |= computed.derive(session, table, before | values, touched)
    values["modifiedon"] = session.stamp
    values["modifiedby"] = session.caller.user_id
    values["modifiedonbehalfby"] = session.caller.behind
    values["versionnumber"] = session.next_version()
    platform_rows.check(session, table, before | values)
    duplicates.check(session, table, before | values)
    try:
        rows.update(session.tx, table, before["rid"], values)
    except sqlite3.IntegrityError as fault:
        raise _duplicate(session, table, before | values, fault) from fault
    after = before | values
    _record(session, table, row_id, _action(before, after), before, after)
    return after


def delete(session: Session, table: TableSchema, before: Stored) -> None:
    """Remove a row; lookups that pointed at it are emptied."""
    _refuse_read_only(table)
    row_id = str(before[table.primary_id])
    session.deleting.add(row_id)
    _release(session, table, row_id)
    rows.delete(session.tx, table, row_id, session.next_version())
    platform_rows.gone(session, table, row_id)
    _record(session, table, row_id, "delete", before, None)


def wire_values(table: TableSchema, row: Mapping[str, object]) -> dict[str, object]:
    """Return a stored row under its public names, without empty columns."""
    result = {}
    for name, value in row.items():
        column = table.columns.get(name)
        if column is not None and value is not None:
            convert = to_wire(column)
            result[column.wire_name] = convert(value) if convert else value
    return result


def every_wire_value(table: TableSchema, row: Mapping[str, object]) -> dict[str, object]:
    """Return a stored row under its public names, empty columns included."""
    empty: dict[str, object] = dict.fromkeys(table.by_wire_name)
    return empty | wire_values(table, row)


def _refuse_read_only(table: TableSchema) -> None:
    if not table.facts.writable:
        raise errors.ODataError(
            405, "0x80040800", f"The table '{table.name}' cannot be written by this twin."
        )


def _own_id(table: TableSchema, body: Mapping[str, object]) -> str | None:
    value = body.get(table.primary_id)
    if value is None:
        return None
    if not isinstance(value, str) or not is_guid(value):
        raise errors.wrong_type(value, "Edm.Guid")
    return value.lower()


def _new_row(session: Session, table: TableSchema, row_id: str) -> Stored:
    row = computed.defaults(table)
    if "statuscode" in table.columns:
        row["statuscode"] = table.columns["statuscode"].default
    if "ownerid" in table.columns:
        row["ownerid"] = session.caller.user_id
    row |= {
        table.primary_id: row_id,
        "createdon": session.stamp,
        "modifiedon": session.stamp,
        "createdby": session.caller.user_id,
        "modifiedby": session.caller.user_id,
        "createdonbehalfby": session.caller.behind,
        "modifiedonbehalfby": session.caller.behind,
        "versionnumber": session.next_version(),
    }
    return row


def _action(before: Stored, after: Stored) -> str:
    if before.get("statecode") == after.get("statecode"):
        return "update"
    return "restore" if after["statecode"] == 0 else "archive"


def _release(session: Session, table: TableSchema, row_id: str) -> None:
    cascades = session.switch("account_delete_contacts") == "cascade"
    for relationship in table.collections.values():
        column = relationship.column
        owner = session.table(relationship.referencing)
        if relationship.on_delete == "Restrict" and rows.refers(
            session.tx, owner, column.name, row_id
        ):
            raise errors.associated()
        if not column.indexed:
            if table.name in _NEEDED and rows.refers(session.tx, owner, column.name, row_id):
                raise errors.associated()
            continue
        on_delete = relationship.on_delete
        if cascades and table.name == "account" and column.name == "parentcustomerid":
            on_delete = "Cascade"
        for row in rows.referring(session.tx, owner, column.name, row_id):
            if on_delete == "Cascade":
                if str(row[owner.primary_id]) not in session.deleting:
                    delete(session, owner, row)
            else:
                change(session, owner, row, payload.cleared(column))


def _duplicate(
    session: Session, table: TableSchema, row: Stored, fault: sqlite3.IntegrityError
) -> errors.ODataError:
    for key in (key for key in table.keys if not key.failed):
        values = {name: row.get(name) for name in key.columns}
        holder = rows.by_values(session.tx, table, values)
        if holder is not None and holder[table.primary_id] != row[table.primary_id]:
            return errors.duplicate_alternate_key(
                key.label or key.schema_name,
                key.columns,
                table.name,
                str(holder[table.primary_id]),
            )
    if table.primary_id in str(fault):
        return errors.duplicate_primary_key()
    raise fault


def _record(
    session: Session,
    table: TableSchema,
    row_id: str,
    action: str,
    before: Stored | None,
    after: Stored | None,
) -> None:
    session.rows_written += 1
    session.endpoint.ledger.record(
        session.tx,
        request=session.request_id,
        actor=session.caller.actor,
        method=session.method,
        path=session.path,
        resource=table.name,
        id=row_id,
        action=action,
        before=None if before is None else wire_values(table, before),
        after=None if after is None else wire_values(table, after),
    )
    call_notes.keep(session)
