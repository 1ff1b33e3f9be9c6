"""$select and $filter over metadata objects, which live in memory and not in SQL."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping

from dynamics_xero.sandbox.dynamics import errors
from dynamics_xero.sandbox.dynamics.filter_syntax import (
    AnyOf,
    Both,
    Compare,
    Condition,
    Lambda,
    Literal,
    Not,
    Property,
    TextTest,
    Truth,
    parse_filter,
)
from dynamics_xero.sandbox.dynamics.options import Options

Object = dict[str, object]
_OPERATORS: dict[str, Callable[[object, object], bool]] = {"eq": operator.eq, "ne": operator.ne}
_ALWAYS = ("@odata.type", "MetadataId")


def filtered(objects: Iterable[Object], options: Options) -> list[Object]:
    """Return the objects a $filter keeps."""
    if options.apply is not None:
        raise errors.unsupported("$apply over metadata is not offered by this twin.")
    if not options.filter:
        return list(objects)
    condition = parse_filter(options.filter, options.aliases)
    return [item for item in objects if _holds(condition, item)]


def selected(item: Object, select: tuple[str, ...]) -> Object:
    """Return the properties a $select names. Raises ODataError for unknown ones."""
    if not select:
        return item
    kept = {name: item[name] for name in _ALWAYS if name in item}
    return kept | {name: item[name] for name in select if name in item}


def _holds(condition: Condition, item: Object) -> bool:
    match condition:
        case Both("and", parts):
            return all(_holds(part, item) for part in parts)
        case Both(_, parts):
            return any(_holds(part, item) for part in parts)
        case Not(inner):
            return not _holds(inner, item)
        case Truth(name):
            return _value(name, item) is True
        case TextTest(function, name, text):
            return _text_holds(function, str(_value(name, item)).lower(), str(text.value).lower())
        case Compare(name, left, right) if name in _OPERATORS:
            return _OPERATORS[name](_value(left, item), _value(right, item))
        case Compare() | AnyOf() | Lambda():
            raise errors.bad_request("Metadata is filtered by eq and ne only.")


def _value(operand: Property | Literal, item: Object) -> object:
    if isinstance(operand, Literal):
        return operand.value
    value: object = item
    for name in operand.path:
        if not isinstance(value, Mapping) or name not in value:
            raise errors.unknown_query_property(name, "EntityMetadata")
        value = value[name]
    return value


def _text_holds(function: str, value: str, text: str) -> bool:
    if function == "startswith":
        return value.startswith(text)
    return value.endswith(text) if function == "endswith" else text in value
