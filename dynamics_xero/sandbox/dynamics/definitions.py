"""EntityDefinitions: tables, columns, keys and relationships read (section 9 and 10)."""

from __future__ import annotations

from dynamics_xero.sandbox.dynamics import definition_writes, describe, errors, table_writes
from dynamics_xero.sandbox.dynamics.address import Segment
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.columns import Column
from dynamics_xero.sandbox.dynamics.describe import Object
from dynamics_xero.sandbox.dynamics.expand import split
from dynamics_xero.sandbox.dynamics.metadata_answers import (
    check_read,
    check_select,
    key_text,
    listing,
    single,
)
from dynamics_xero.sandbox.dynamics.object_query import selected
from dynamics_xero.sandbox.dynamics.options import from_pairs
from dynamics_xero.sandbox.dynamics.schema import AlternateKey, TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response


def answer(session: Session, call: Call) -> Response:
    """Answer a call below /EntityDefinitions."""
    steps = call.steps
    if steps[0].key is None:
        if call.method == "POST":
            return table_writes.create(session, call)
        check_read(call)
        found = [_table_object(session, table, call) for table in session.schema.tables.values()]
        return listing(session, "EntityDefinitions", found, call, tuple(_expands(call)))
    table = table_of(session, steps[0])
    if len(steps) > 1:
        return _below(session, table, call)
    if call.method == "GET":
        item = _table_object(session, table, call)
        check_select(call.options.select, [item], "EntityMetadata")
        return single(session, "EntityDefinitions", item, call, tuple(_expands(call)))
    return table_writes.change(session, table, call)


def table_of(session: Session, step: Segment) -> TableSchema:
    """Return the table a key names, by LogicalName or MetadataId."""
    wanted = key_text(step)
    for table in session.schema.tables.values():
        if wanted in (table.name, describe.table_id(table)):
            return table
    raise errors.ODataError(404, "0x80060888", f"Could not find an entity with name {wanted}.")


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
    check_read(call)
    return listing(
        session,
        f"EntityDefinitions('{table.name}')/{step.name}",
        found,
        call,
        tuple(_expands(call)),
    )


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
        check_select(call.options.select, family, "AttributeMetadata")
        return single(session, place, item, call, tuple(_expands(call)))
    check_read(call)
    found = [_column_object(table, column, call) for column in table.columns.values()]
    if len(call.steps) > 2:
        place = f"{place}/{call.steps[2].name}"
    return listing(
        session,
        place,
        [item for item in found if _is_cast_to(call, item)],
        call,
        tuple(_expands(call)),
    )


def _is_cast_to(call: Call, item: Object) -> bool:
    """Tell whether a column is of the type a path ends with. Raises ODataError for no type."""
    if len(call.steps) < 3:
        return True
    name = call.steps[2].name
    if len(call.steps) > 3 or name not in describe.ATTRIBUTE_TYPES:
        raise errors.no_resource(call.steps[-1].name)
    return item["@odata.type"] == f"#{name}"


def _column_of(table: TableSchema, step: Segment) -> Column:
    wanted = key_text(step)
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
        check_read(call)
        return listing(
            session,
            place,
            [_key_object(session, key) for key in table.keys],
            call,
            tuple(_expands(call)),
        )
    wanted = key_text(step)
    key = next((key for key in table.keys if wanted in (key.id, key.name)), None)
    if key is None:
        raise errors.ODataError(404, "0x80060888", f"There is no key {wanted}.")
    if call.method == "DELETE":
        return definition_writes.remove_key(session, key)
    check_read(call)
    return single(session, place, _key_object(session, key), call, tuple(_expands(call)))


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
        check_select(select, found, name)
        result[name] = [selected(item, select) for item in found]
    return result


def _column_object(table: TableSchema, column: Column, call: Call) -> Object:
    result = describe.column_object(table, column)
    for name, select in _expands(call).items():
        if name not in ("OptionSet", "GlobalOptionSet"):
            raise errors.unknown_query_property(name, "AttributeMetadata")
        if name == "GlobalOptionSet" and not column.global_set:
            result[name] = None
        elif describe.has_options(column):
            result[name] = selected(describe.option_set(column), select)
    return result
