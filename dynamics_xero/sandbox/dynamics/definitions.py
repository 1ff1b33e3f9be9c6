"""EntityDefinitions: tables, columns, keys and relationships read (section 9 and 10)."""

from __future__ import annotations

from dynamics_xero.sandbox.dynamics import definition_writes, describe, errors
from dynamics_xero.sandbox.dynamics.address import Segment
from dynamics_xero.sandbox.dynamics.answers import document
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.columns import Column
from dynamics_xero.sandbox.dynamics.describe import Object
from dynamics_xero.sandbox.dynamics.expand import split
from dynamics_xero.sandbox.dynamics.filter_syntax import parse_literal
from dynamics_xero.sandbox.dynamics.object_query import filtered, selected
from dynamics_xero.sandbox.dynamics.options import from_pairs
from dynamics_xero.sandbox.dynamics.schema import AlternateKey, TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response


def answer(session: Session, call: Call) -> Response:
    """Answer a call below /EntityDefinitions."""
    steps = call.steps
    if steps[0].key is None:
        if call.method == "POST":
            raise errors.unsupported("Creating tables is not offered by this twin.")
        _check_read(call)
        found = [_table_object(session, table, call) for table in session.schema.tables.values()]
        return _listing(session, "EntityDefinitions", found, call)
    table = table_of(session, steps[0])
    if len(steps) > 1:
        return _below(session, table, call)
    if call.method == "GET":
        item = _table_object(session, table, call)
        _check_select(call.options.select, [item], "EntityMetadata")
        return _single(session, "EntityDefinitions", item, call)
    return definition_writes.change_table(session, table, call)


def table_of(session: Session, step: Segment) -> TableSchema:
    """Return the table a key names, by LogicalName or MetadataId."""
    wanted = _key(step)
    for table in session.schema.tables.values():
        if wanted in (table.name, describe.table_id(table)):
            return table
    raise errors.ODataError(404, "0x80060888", f"Could not find an entity with name {wanted}.")


def _key(step: Segment) -> str:
    text = step.key or ""
    name, mark, value = text.partition("=")
    if not mark:
        return text.lower()
    if name.strip() not in ("LogicalName", "MetadataId", "SchemaName"):
        raise errors.bad_request(f"'{name}' is no key of this metadata.")
    return str(parse_literal(value.strip()).value).lower()


def _below(session: Session, table: TableSchema, call: Call) -> Response:
    step = call.steps[1]
    match step.name:
        case "Attributes":
            return _attributes(session, table, call)
        case "Keys":
            return _keys(session, table, call)
        case "ManyToOneRelationships":
            found = [describe.relationship_object(r) for r in table.navigations.values()]
        case "OneToManyRelationships":
            found = [describe.relationship_object(r) for r in table.collections.values()]
        case "ManyToManyRelationships":
            found = []
        case _:
            raise errors.no_resource(step.name)
    _check_read(call)
    return _listing(session, f"EntityDefinitions('{table.name}')/{step.name}", found, call)


def _attributes(session: Session, table: TableSchema, call: Call) -> Response:
    step = call.steps[1]
    place = f"EntityDefinitions('{table.name}')/Attributes"
    if step.key is None and call.method == "POST":
        return definition_writes.add_column(session, table, call)
    if step.key is not None:
        column = _column_of(table, step)
        if call.method != "GET":
            return definition_writes.change_column(session, table, column, call)
        item = _column_object(table, column, call)
        if not _is_cast_to(call, item):
            raise errors.no_resource(call.steps[2].name)
        family = [item]
        if len(call.steps) < 3:
            family = [describe.column_object(table, each) for each in table.columns.values()]
        _check_select(call.options.select, family, "AttributeMetadata")
        return _single(session, place, item, call)
    _check_read(call)
    found = [_column_object(table, column, call) for column in table.columns.values()]
    if len(call.steps) > 2:
        place = f"{place}/{call.steps[2].name}"
    return _listing(session, place, [item for item in found if _is_cast_to(call, item)], call)


def _is_cast_to(call: Call, item: Object) -> bool:
    """Tell whether a column is of the type a path ends with. Raises ODataError for no type."""
    if len(call.steps) < 3:
        return True
    name = call.steps[2].name
    if len(call.steps) > 3 or name not in describe.ATTRIBUTE_TYPES:
        raise errors.no_resource(call.steps[-1].name)
    return item["@odata.type"] == f"#{name}"


def _check_read(call: Call) -> None:
    if call.method != "GET":
        raise errors.not_allowed(call.method)


def _column_of(table: TableSchema, step: Segment) -> Column:
    wanted = _key(step)
    for column in table.columns.values():
        if wanted in (column.name, describe.column_id(table, column)):
            return column
    raise errors.ODataError(
        404, "0x80060888", f"Could not find an attribute '{wanted}' on entity '{table.name}'."
    )


def _keys(session: Session, table: TableSchema, call: Call) -> Response:
    step = call.steps[1]
    place = f"EntityDefinitions('{table.name}')/Keys"
    if step.key is None:
        if call.method == "POST":
            return definition_writes.add_key(session, table, call)
        _check_read(call)
        return _listing(session, place, [_key_object(session, key) for key in table.keys], call)
    wanted = _key(step)
    key = next((key for key in table.keys if wanted in (key.id, key.name)), None)
    if key is None:
        raise errors.ODataError(404, "0x80060888", f"There is no key {wanted}.")
    if call.method == "DELETE":
        return definition_writes.remove_key(session, key)
    _check_read(call)
    return _single(session, place, _key_object(session, key), call)


def _key_object(session: Session, key: AlternateKey) -> Object:
    return describe.key_object(key, session.key_status(key))


def _expands(call: Call) -> dict[str, tuple[str, ...]]:
    """Return the $select inside each expanded property."""
    found = {}
    for part in split(call.options.expand or "", ","):
        name, _, rest = part.strip().partition("(")
        if name:
            inner = rest.rstrip().removesuffix(")")
            pairs = tuple(
                (option.partition("=")[0], option.partition("=")[2])
                for option in split(inner, ";")
                if option
            )
            found[name] = from_pairs(pairs).select
    return found


def _table_object(session: Session, table: TableSchema, call: Call) -> Object:
    result = describe.table_object(table)
    for name, select in _expands(call).items():
        if name == "Attributes":
            found = [describe.column_object(table, c) for c in table.columns.values()]
        elif name == "Keys":
            found = [_key_object(session, key) for key in table.keys]
        elif name == "ManyToOneRelationships":
            found = [describe.relationship_object(r) for r in table.navigations.values()]
        elif name == "OneToManyRelationships":
            found = [describe.relationship_object(r) for r in table.collections.values()]
        else:
            raise errors.unknown_query_property(name, "EntityMetadata")
        _check_select(select, found, name)
        result[name] = [selected(item, select) for item in found]
    return result


def _column_object(table: TableSchema, column: Column, call: Call) -> Object:
    result = describe.column_object(table, column)
    for name, select in _expands(call).items():
        if name not in ("OptionSet", "GlobalOptionSet"):
            raise errors.unknown_query_property(name, "AttributeMetadata")
        if name == "OptionSet" and describe.has_options(column):
            result[name] = selected(describe.option_set(column), select)
    return result


def _listing(session: Session, place: str, found: list[Object], call: Call) -> Response:
    _check_select(call.options.select, found, place.rpartition("/")[2])
    kept = filtered(found, call.options)
    expanded = tuple(_expands(call))
    select = (*call.options.select, *expanded) if call.options.select else ()
    session.rows_read += len(kept)
    return document(
        {
            "@odata.context": f"{session.api_url}/$metadata#{place}",
            "value": [selected(item, select) for item in kept],
        }
    )


def _check_select(select: tuple[str, ...], found: list[Object], kind: str) -> None:
    """Raise ODataError for a property not every object has: a subtype's needs a cast."""
    for name in select:
        if not all(name in item for item in found):
            raise errors.unknown_query_property(name, kind)


def _single(session: Session, place: str, item: Object, call: Call) -> Response:
    expanded = tuple(_expands(call))
    select = (*call.options.select, *expanded) if call.options.select else ()
    context = f"{session.api_url}/$metadata#{place}/$entity"
    session.rows_read += 1
    return document({"@odata.context": context, **selected(item, select)})
