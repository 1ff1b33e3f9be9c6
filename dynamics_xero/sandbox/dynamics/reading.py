"""Reads: one row, a page of rows, a count, with related rows where $expand asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from dynamics_xero.sandbox.dynamics import errors, paging, platform_rows, rights, rows, text_match
from dynamics_xero.sandbox.dynamics.expand import Expand
from dynamics_xero.sandbox.dynamics.filter_sql import Query
from dynamics_xero.sandbox.dynamics.filter_syntax import parse_filter, parse_orderby
from dynamics_xero.sandbox.dynamics.options import MAX_PAGE, Options, Preferences
from dynamics_xero.sandbox.dynamics.paging import Cookie
from dynamics_xero.sandbox.dynamics.render import Projection, objects, project
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session


@dataclass(frozen=True)
class Restriction:
    """A column that must hold an id: the parent of a related collection."""

    column: str
    value: str


@dataclass(frozen=True)
class Page:
    """Some rows, and where the following ones start."""

    objects: list[dict[str, object]]
    next: Cookie | None


@dataclass(frozen=True)
class Selection:
    """The statement's parts that paging, counting and aggregating share."""

    query: Query
    conditions: list[str]
    parameters: list[object]

    def restrict(self, condition: str, parameters: Sequence[object]) -> None:
        """Add a condition with its parameters."""
        self.conditions.append(f"({condition})")
        self.parameters.extend(parameters)

    @property
    def where(self) -> str:
        """The WHERE clause."""
        return " AND ".join(self.conditions) or "1"


def read_page(
    session: Session,
    table: TableSchema,
    options: Options,
    *,
    preferences: Preferences,
    restriction: Restriction | None = None,
) -> Page:
    """Return one page. $top together with a page size is ignored (section 2, Queries)."""
    projection = project(table, options)
    selection = select(session, table, options, restriction)
    terms = _order(selection.query, options)
    cookie = paging.read_cookie(options.skiptoken) if options.skiptoken else None
    if cookie is not None:
        last = cookie.state.get("last")
        if not isinstance(last, list) or len(last) != len(terms):
            raise errors.bad_request("Malformed XML in the Paging Cookie", "0x80060888")
        selection.restrict(*paging.behind(terms, last))
    topped = options.top is not None and preferences.max_page is None
    size = min(options.top or 0, MAX_PAGE) if topped else preferences.max_page or MAX_PAGE
    found = _fetch(session, projection, selection, terms, size if topped else size + 1)
    following = None
    if len(found) > size:
        found = found[:size]
        last_values = [found[-1][f"__order{index}"] for index in range(len(terms))]
        following = Cookie((cookie.page if cookie else 1) + 1, {"last": last_values})
    return Page(render(session, projection, found, preferences), following)


def render(
    session: Session,
    projection: Projection,
    found: Sequence[sqlite3.Row],
    preferences: Preferences,
) -> list[dict[str, object]]:
    """Return rows as JSON objects with their related rows."""
    _check_expands(session, projection.expands)
    result = objects(session, projection, found, preferences)
    for expand in projection.expands:
        if expand.many:
            _expand_many(session, projection, expand, result, preferences)
        else:
            _expand_one(session, expand, found, result, preferences)
    session.rows_read += len(result)
    return result


def _check_expands(session: Session, expands: Sequence[Expand], *, nested: bool = False) -> None:
    """Raise ODataError for what an $expand asks wrongly, rows or none (section 2, Queries)."""
    for expand in expands:
        relationship, options = expand.relationship, expand.options
        target = session.table(relationship.referencing if expand.many else relationship.referenced)
        rights.demand(session, "Read", target)
        inner = project(target, options).expands
        if expand.many:
            _order(select(session, target, options, None).query, options)
            deep = nested or any(further.many for further in inner)
            if deep and (options.orderby or options.top is not None):
                raise errors.bad_request(
                    f"$orderby and $top are not supported where '{expand.name}' takes part in "
                    f"nested expands of collections."
                )
        _check_expands(session, inner, nested=True)


def read_rows(
    session: Session, projection: Projection, ids: Sequence[str], preferences: Preferences
) -> dict[str, dict[str, object]]:
    """Return rows by id as JSON objects; unknown ids are left out."""
    found = rows.columns_of(session.tx, projection.table, ids, projection.sql_names)
    rendered = render(session, projection, list(found.values()), preferences)
    return dict(zip(found, rendered, strict=True))


def count(
    session: Session,
    table: TableSchema,
    options: Options,
    restriction: Restriction | None = None,
) -> tuple[int, bool]:
    """Return how many rows match, capped at 5,000, and whether there are more."""
    selection = select(session, table, options, restriction)
    statement = (
        f"SELECT COUNT(*) FROM (SELECT 1 FROM {selection.query.source} "  # noqa: S608 - names come from the schema
        f"WHERE {selection.where} LIMIT {MAX_PAGE + 1})"
    )
    total = int(session.tx.execute(statement, selection.parameters).fetchone()[0])
    return min(total, MAX_PAGE), total > MAX_PAGE


def select(
    session: Session, table: TableSchema, options: Options, restriction: Restriction | None
) -> Selection:
    """Return which rows of a table a read is about."""
    if options.apply is not None:
        raise errors.unsupported("$apply is offered on an entity set alone.")
    selection = Selection(Query(session.schema, table), [], [])
    hidden = platform_rows.hidden(session, table)
    if hidden is not None:
        selection.restrict(*hidden)
    if restriction is not None:
        selection.restrict(f't0."{restriction.column}" = ?', [restriction.value])
    if "ownerid" in table.columns and rights.demand(session, "Read", table) == "Basic":
        selection.restrict("t0.ownerid = ?", [session.caller.user_id])
    if options.filter:
        condition = parse_filter(options.filter, options.aliases)
        sql, parameters = selection.query.where(condition)
        text_match.register_for(session.tx, sql)
        selection.restrict(sql, parameters)
    return selection


def _order(query: Query, options: Options) -> list[tuple[str, bool]]:
    terms: list[tuple[str, bool]] = []
    if options.orderby:
        terms = query.order_terms(parse_orderby(options.orderby, options.aliases))
    return [*terms, ("t0.rid", False)]


def _fetch(
    session: Session,
    projection: Projection,
    selection: Selection,
    terms: Sequence[tuple[str, bool]],
    limit: int,
) -> list[sqlite3.Row]:
    listed = [f't0."{name}" AS "{name}"' for name in projection.sql_names]
    listed += [f'{term[0]} AS "__order{index}"' for index, term in enumerate(terms)]
    order = ", ".join(f"{term} {'DESC' if descending else 'ASC'}" for term, descending in terms)
    statement = (
        f"SELECT {', '.join(listed)} FROM {selection.query.source} "  # noqa: S608 - names come from the schema
        f"WHERE {selection.where} ORDER BY {order} LIMIT {limit}"
    )
    return session.tx.execute(statement, selection.parameters).fetchall()


def _expand_one(
    session: Session,
    expand: Expand,
    found: Sequence[sqlite3.Row],
    result: Sequence[dict[str, object]],
    preferences: Preferences,
) -> None:
    relationship = expand.relationship
    target = session.table(relationship.referenced)
    column = relationship.column
    ids = [
        str(row[column.name])
        for row in found
        if row[column.name] is not None
        and (not column.is_polymorphic or row[f"{column.name}__target"] == target.name)
    ]
    related = read_rows(session, project(target, expand.options), ids, preferences)
    for row, rendered in zip(found, result, strict=True):
        value = related.get(str(row[column.name]))
        if value is not None and expand.reference_only:
            value = {
                "@odata.id": f"{session.api_url}/{target.facts.entity_set}({row[column.name]})"
            }
        rendered[expand.name] = value


def _expand_many(
    session: Session,
    projection: Projection,
    expand: Expand,
    result: Sequence[dict[str, object]],
    preferences: Preferences,
) -> None:
    table, relationship = projection.table, expand.relationship
    target = session.table(relationship.referencing)
    for rendered in result:
        row_id = str(rendered[table.primary_id])
        page = read_page(
            session,
            target,
            expand.options,
            preferences=preferences,
            restriction=Restriction(relationship.column.name, row_id),
        )
        rendered[expand.name] = page.objects
        query = expand.options.link_query()
        rendered[f"{expand.name}@odata.nextLink"] = (
            f"{session.api_url}/{table.facts.entity_set}({row_id})/{expand.name}"
            + (f"?{query}" if query else "")
        )
