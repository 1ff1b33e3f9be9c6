"""Choices: global ones, and single options added, renamed and removed (section 9, Global choice).

A removed option stays in the rows that hold it: readers then meet a value without a label.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dynamics_xero.sandbox.dynamics import (
    describe,
    errors,
    metadata_answers,
    schema_custom,
    schema_store,
    solutions,
)
from dynamics_xero.sandbox.dynamics.address import relative, segments
from dynamics_xero.sandbox.dynamics.answers import document, nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.column_input import Body, label_in, option_in, schema_name
from dynamics_xero.sandbox.dynamics.columns import Column, Kind, Option
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.schema_custom import OptionSet
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

PLACE = "GlobalOptionSetDefinitions"
ACTIONS = ("InsertOptionValue", "UpdateOptionValue", "DeleteOptionValue")
_FIRST_OPTION = 100_000_000
Options = tuple[Option, ...]


def answer(session: Session, call: Call) -> Response:
    """Answer a call below /GlobalOptionSetDefinitions."""
    first = call.steps[0]
    _check_cast(call)
    if first.key is None:
        if call.method == "POST":
            return _create(session, call)
        metadata_answers.check_read(call)
        found = [describe.global_option_set(one) for one in schema_custom.option_sets(session.tx)]
        return metadata_answers.listing(session, PLACE, found, call)
    option_set = _named(session, metadata_answers.key_text(first))
    if call.method == "GET":
        item = describe.global_option_set(option_set)
        return metadata_answers.single(session, PLACE, item, call)
    return _change(session, option_set, call)


def with_global_set(session: Session, column: Column, body: Body) -> Column:
    """Return a new choice column bound to the global choice that its definition names."""
    url = body.get("GlobalOptionSet@odata.bind")
    if column.kind is not Kind.PICKLIST or not isinstance(url, str):
        return column
    steps = segments(relative(url, session.base_url)[0])
    if len(steps) != 1 or steps[0].name != PLACE or steps[0].key is None:
        raise errors.bad_request(f"Invalid value '{url}' for an entity reference.")
    option_set = _named(session, metadata_answers.key_text(steps[0]))
    return replace(column, global_set=option_set.name, options=option_set.options)


def change_option(session: Session, call: Call) -> Response:
    """POST one of ACTIONS, on a column's own choice or a global one."""
    body, action = call.document(), call.steps[0].name
    edit = {
        "InsertOptionValue": _inserted,
        "UpdateOptionValue": _relabelled,
        "DeleteOptionValue": _removed,
    }[action]
    made = _edit_options(session, body, edit)
    session.reload_schema()
    if action != "InsertOptionValue":
        return nothing()
    context = f"{session.api_url}/$metadata#Microsoft.Dynamics.CRM.InsertOptionValueResponse"
    return document({"@odata.context": context, "NewOptionValue": made[-1].value})


def _edit_options(
    session: Session, body: Body, edit: Callable[[Options, Body], Options]
) -> Options:
    name = body.get("OptionSetName")
    if isinstance(name, str) and name:
        option_set = _named(session, name.lower())
        options = edit(option_set.options, body)
        schema_custom.save_option_set(session.tx, replace(option_set, options=options))
        return options
    table = session.schema.tables.get(str(body.get("EntityLogicalName")))
    column = table.columns.get(str(body.get("AttributeLogicalName"))) if table else None
    if table is None or column is None or column.kind is not Kind.PICKLIST:
        raise errors.bad_request("No choice of this name is there.", "0x80048403")
    if not column.custom or column.global_set:
        raise errors.bad_request(f"The choice {column.name} is not the column's own.")
    options = edit(column.options, body)
    schema_store.save_column(session.tx, table, replace(column, options=options))
    return options


def _inserted(options: Options, body: Body) -> Options:
    wanted = body.get("Value")
    value = wanted if isinstance(wanted, int) else _free_value(options)
    if any(option.value == value for option in options):
        raise errors.bad_request(f"The option value {value} is there already.", "0x80048403")
    return (*options, Option(value, label_in(body.get("Label"))))


def _free_value(options: Options) -> int:
    return max([_FIRST_OPTION - 1, *(option.value for option in options)]) + 1


def _relabelled(options: Options, body: Body) -> Options:
    _check_there(options, body)
    text = label_in(body.get("Label"))
    return tuple(
        replace(option, label=text) if option.value == body["Value"] else option
        for option in options
    )


def _removed(options: Options, body: Body) -> Options:
    _check_there(options, body)
    return tuple(option for option in options if option.value != body["Value"])


def _check_there(options: Options, body: Body) -> None:
    if body.get("Value") not in [option.value for option in options]:
        raise errors.bad_request(
            f"The option value {body.get('Value')} is not there.", "0x80048403"
        )


def _check_cast(call: Call) -> None:
    if len(call.steps) > 2 or (
        len(call.steps) == 2 and call.steps[1].name != "Microsoft.Dynamics.CRM.OptionSetMetadata"
    ):
        raise errors.no_resource(call.steps[-1].name)


def _named(session: Session, wanted: str) -> OptionSet:
    for option_set in schema_custom.option_sets(session.tx):
        if wanted in (option_set.id, option_set.name.lower()):
            return option_set
    raise errors.ODataError(404, "0x80048403", f"Could not find an optionset with name {wanted}.")


def _create(session: Session, call: Call) -> Response:
    body = call.document()
    kind = str(body.get("@odata.type", "")).rpartition(".")[2]
    if kind != "OptionSetMetadata":
        raise errors.unsupported(f"Global choices of type '{kind}' are not offered here.")
    name = schema_name({"SchemaName": body.get("Name")}).lower()
    if any(one.name.lower() == name for one in schema_custom.option_sets(session.tx)):
        raise errors.bad_request(
            f"An OptionSet with the specified name {name} already exists.", "0x80048403"
        )
    made = OptionSet(
        describe.option_set_id(name), name, label_in(body.get("DisplayName")), _options(body)
    )
    schema_custom.save_option_set(session.tx, made)
    solutions.note(session, call, solutions.OPTION_SET, made.id)
    return nothing({"OData-EntityId": f"{session.api_url}/{PLACE}({made.id})"})


def _options(body: Body) -> Options:
    listed = body.get("Options")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    options = tuple(option_in(index, one) for index, one in enumerate(found))
    if len({option.value for option in options}) < len(options):
        raise errors.bad_request("An option value stands twice in a choice.", "0x80048403")
    return options


def _change(session: Session, option_set: OptionSet, call: Call) -> Response:
    if call.method not in ("PUT", "DELETE"):
        raise errors.not_allowed(call.method)
    if call.method == "DELETE":
        users = _users(session, option_set)
        if users:
            raise errors.bad_request(
                f"The choice {option_set.name} is used by {', '.join(users)}.", "0x8004f01f"
            )
        schema_custom.drop_option_set(session.tx, option_set)
        solutions.forget(session, option_set.id)
    else:
        body = call.document()
        changed = replace(
            option_set,
            label=label_in(body.get("DisplayName")) or option_set.label,
            options=_options(body) if "Options" in body else option_set.options,
        )
        schema_custom.save_option_set(session.tx, changed)
    session.reload_schema()
    return nothing()


def _users(session: Session, option_set: OptionSet) -> list[str]:
    def uses(table: TableSchema) -> list[str]:
        return [
            f"{table.name}.{column.name}"
            for column in table.columns.values()
            if column.global_set == option_set.name
        ]

    return [name for table in session.schema.tables.values() for name in uses(table)]
