"""Verbs on rows: create, read, upsert, delete, with the conditions callers put on them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from dynamics_xero.sandbox.dynamics import errors, reading, rights, solutions, writing
from dynamics_xero.sandbox.dynamics.address import RowAddress, row_address
from dynamics_xero.sandbox.dynamics.answers import applied, document, nothing, plain
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.options import Options, Preferences
from dynamics_xero.sandbox.dynamics.paging import Cookie
from dynamics_xero.sandbox.dynamics.reading import Restriction
from dynamics_xero.sandbox.dynamics.render import etag, project
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

_OF_COLLECTIONS = ("filter", "orderby", "top", "skiptoken", "deltatoken")
_KEY_MARKS = "=',()"
_HOSTILE = "https://hostile.example"


def create(session: Session, table: TableSchema, call: Call) -> Response:
    """POST to an entity set: 204 with the new address, or 201 with the row (section 2, Create)."""
    check_single(call)
    row = writing.create(session, table, call.document())
    if table.name in solutions.OF_ROWS:
        component = str(row[table.primary_id])
        solutions.note(session, call, solutions.OF_ROWS[table.name], component)
    return _written(session, table, row, call, status=201, key=str(row[table.primary_id]))


def read_set(
    session: Session,
    table: TableSchema,
    call: Call,
    *,
    path: str,
    restriction: Restriction | None = None,
) -> Response:
    """GET of an entity set or related collection: one page with its next link."""
    page = reading.read_page(
        session, table, call.options, preferences=call.preferences, restriction=restriction
    )
    body: dict[str, object] = {"@odata.context": _context(session, table, call.options)}
    if call.options.count:
        body |= _counts(session, table, call, restriction)
    body["value"] = page.objects
    if page.next is not None:
        body["@odata.nextLink"] = link(session, path, call.options, page.next)
    return document(body, headers=applied(call.preferences.applied()))


def count_set(
    session: Session, table: TableSchema, call: Call, restriction: Restriction | None = None
) -> Response:
    """GET .../$count: the number alone, as text, at most 5,000."""
    return plain(str(reading.count(session, table, call.options, restriction)[0]))


def read(session: Session, table: TableSchema, key: str, call: Call) -> Response:
    """GET of one row; 304 only for a plain read whose etag still holds (section 2, ETag)."""
    check_single(call)
    address = row_address(table, key, session)
    row = _existing(session, address)
    rights.demand_row(session, "Read", table, row)
    plain_read = call.options.expand is None and not call.preferences.annotates
    if plain_read and call.if_none_match == etag(row["versionnumber"]):
        return nothing({"ETag": etag(row["versionnumber"])}, status=304)
    body = representation(session, table, str(row[table.primary_id]), call)
    headers = {"ETag": etag(row["versionnumber"]), **applied(call.preferences.applied())}
    return document(body, headers=headers)


def upsert(session: Session, table: TableSchema, key: str, call: Call) -> Response:
    """PATCH: update, or create when the row is missing and no If-Match forbids it (section 2)."""
    check_single(call)
    address = row_address(table, key, session)
    before = address.find(session)
    body = call.document()
    if before is None:
        if call.if_match is not None:
            raise address.missing(session)
        row = writing.create(session, table, body, row_id=address.row_id, key_values=address.values)
        return _written(session, table, row, call, status=201, key=address.text)
    check_conditions(session, before, call)
    body = {name: value for name, value in body.items() if name not in address.values}
    row = writing.update(session, table, before, body)
    return _written(session, table, row, call, status=200, key=address.text)


def delete(session: Session, table: TableSchema, key: str, call: Call) -> Response:
    """DELETE of one row."""
    address = row_address(table, key, session)
    before = _existing(session, address)
    rights.demand_row(session, "Delete", table, before)
    check_conditions(session, before, call)
    writing.delete(session, table, before)
    return nothing()


def representation(
    session: Session, table: TableSchema, row_id: str, call: Call
) -> dict[str, object]:
    """Return a row as the body of an answer, with its context."""
    found = reading.read_rows(session, project(table, call.options), [row_id], call.preferences)
    context = f"{_context(session, table, call.options)}/$entity"
    return {"@odata.context": context, **found[row_id]}


def link(session: Session, path: str, options: Options, cookie: Cookie) -> str:
    """Return a next link; the fault `hostile_nextlink` makes it lead elsewhere."""
    fault = session.endpoint.faults.draw_kind("hostile_nextlink", session.method, session.path)
    root = f"{_HOSTILE}/api/data/v9.2" if fault else session.api_url
    return f"{root}/{path}?{options.link_query(skiptoken=cookie.text())}"


def _existing(session: Session, address: RowAddress) -> dict[str, object]:
    row = address.find(session)
    if row is None:
        raise address.missing(session)
    return row


def check_single(call: Call) -> None:
    """Refuse to filter, order, count or cut what is one row (OData's own words)."""
    options = call.options
    asked = any(getattr(options, name) is not None for name in _OF_COLLECTIONS)
    if asked or options.count:
        raise errors.bad_request(
            "The requested resource is not a collection. Query options $filter, $orderby, $count, "
            "$skip, and $top can be applied only on collections."
        )


def check_conditions(session: Session, before: Mapping[str, object], call: Call) -> None:
    """Raise ODataError where a row does not meet If-Match or If-None-Match (section 2, ETag)."""
    if call.if_none_match == "*":
        raise errors.already_exists(session.switch("if_none_match_code"))
    wanted = call.if_match
    if wanted is None or wanted.strip() == "*":
        return
    if etag(before["versionnumber"]) not in {value.strip() for value in wanted.split(",")}:
        raise errors.version_mismatch(session.switch("etag_mismatch_code"))


def _written(
    session: Session,
    table: TableSchema,
    row: Mapping[str, object],
    call: Call,
    *,
    status: int,
    key: str,
) -> Response:
    url = f"{session.api_url}/{table.facts.entity_set}({quote(key, safe=_KEY_MARKS)})"
    headers = {"OData-EntityId": url}
    if session.is_part:
        headers["Location"] = url
    if not call.preferences.representation:
        return nothing(headers)
    body = representation(session, table, str(row[table.primary_id]), call)
    headers["ETag"] = etag(row["versionnumber"])
    other = call.preferences.applied()
    joined = ",".join(part for part in ("return=representation", other) if part)
    return document(body, status, {**headers, **applied(joined)})


def _context(session: Session, table: TableSchema, options: Options) -> str:
    selected = project(table, options).context
    return f"{session.api_url}/$metadata#{table.facts.entity_set}{selected}"


def _counts(
    session: Session, table: TableSchema, call: Call, restriction: Restriction | None
) -> dict[str, object]:
    total, more = reading.count(session, table, call.options, restriction)
    result: dict[str, object] = {"@odata.count": total}
    if _wants_totals(call.preferences):
        result["@Microsoft.Dynamics.CRM.totalrecordcount"] = total
        result["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] = more
    return result


def _wants_totals(preferences: Preferences) -> bool:
    return preferences.wants("Microsoft.Dynamics.CRM.totalrecordcount")
