"""Columns the platform fills by itself, worked out whenever a row is written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from dynamics_xero.sandbox.dynamics import errors, rows
from dynamics_xero.sandbox.dynamics.columns import Kind
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session

_NAME_PARTS = ("firstname", "middlename", "lastname")
_ADDRESS_PARTS = ("line1", "line2", "line3", "city", "stateorprovince", "postalcode", "country")


def derive(
    session: Session, table: TableSchema, row: Mapping[str, object], changed: set[str]
) -> dict[str, object]:
    """Return the computed columns that follow from the changed ones."""
    result: dict[str, object] = {}
    if "fullname" in table.columns and changed & set(_NAME_PARTS):
        result["fullname"] = _fullname(row)
    for prefix in ("address1", "address2"):
        composite = f"{prefix}_composite"
        parts = [f"{prefix}_{part}" for part in _ADDRESS_PARTS]
        if composite in table.columns and changed & set(parts):
            result[composite] = _composite([row.get(part) for part in parts])
    if "parentcustomerid" in changed:
        result |= _parents(row)
    if "creditlimit_base" in table.columns and changed & {"transactioncurrencyid", "creditlimit"}:
        result |= _currency(session, row)
    if "isauthvalueset" in table.columns:
        result["isauthvalueset"] = int(bool(row.get("authvalue")))
    return result


def _fullname(row: Mapping[str, object]) -> str | None:
    parts = [str(row[part]) for part in _NAME_PARTS if row.get(part)]
    return " ".join(parts)[:160] or None


def _composite(parts: list[object]) -> str | None:
    lines = [str(part) for part in parts[:3] if part]
    place = ", ".join(str(part) for part in parts[3:5] if part)
    place = " ".join(text for text in (place, str(parts[5] or "")) if text)
    lines += [text for text in (place, str(parts[6] or "")) if text]
    return "\r\n".join(lines)[:1000] or None


def _parents(row: Mapping[str, object]) -> dict[str, object]:
    parent, target = row.get("parentcustomerid"), row.get("parentcustomerid__target")
    return {
        "accountid": parent if target == "account" else None,
        "parentcontactid": parent if target == "contact" else None,
    }


def _currency(session: Session, row: Mapping[str, object]) -> dict[str, object]:
    result: dict[str, object] = {}
    currency, amount = row.get("transactioncurrencyid"), row.get("creditlimit")
    if currency is None and amount is not None:
        # A row with money in it takes the organisation's base currency when it names none.
        currency = base_currency(session)
        result["transactioncurrencyid"] = currency
    rate = None
    if currency is not None:
        found = rows.by_id(session.tx, session.table("transactioncurrency"), str(currency))
        rate = found["exchangerate"] if found else None
    result["exchangerate"] = rate
    result["creditlimit_base"] = None
    if isinstance(rate, float) and isinstance(amount, float):
        base = Decimal(repr(amount)) / Decimal(repr(rate))
        result["creditlimit_base"] = float(base.quantize(Decimal("0.0001")))
    return result


def base_currency(session: Session) -> object:
    """Return the id of the organisation's base currency."""
    statement = "SELECT basecurrencyid FROM row_organization"
    return session.tx.execute(statement).fetchone()["basecurrencyid"]


def settle_state(
    table: TableSchema,
    before: Mapping[str, object] | None,
    values: dict[str, object],
    row_id: str,
) -> None:
    """Complete a statecode and statuscode pair in place. Raises ODataError for a wrong pair."""
    if not values.keys() & {"statecode", "statuscode"} or "statecode" not in table.columns:
        return
    current = (before or {}).get("statecode", table.columns["statecode"].default)
    if values.get("statecode") is None:
        values["statecode"] = current
    state = values["statecode"]
    statuses = [option for option in table.columns["statuscode"].options if option.state == state]
    if values.get("statuscode") is None:
        kept = (before or {}).get("statuscode") if state == current else None
        values["statuscode"] = statuses[0].value if kept is None else kept
    if values["statuscode"] not in {option.value for option in statuses}:
        label = table.columns["statecode"].label_of(state) or str(state)
        raise errors.wrong_status(table.name, values["statuscode"], label, row_id)


def defaults(table: TableSchema) -> dict[str, object]:
    """Return what a new row holds before anybody sets anything."""
    return {
        column.name: column.default
        for column in table.columns.values()
        if column.default is not None and column.kind is not Kind.STATUS
    }
