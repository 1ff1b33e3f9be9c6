"""$expand as text: which related rows, and with which inner options (section 2, Queries)."""

from __future__ import annotations

from dataclasses import dataclass

from dynamics_xero.sandbox.dynamics import errors
from dynamics_xero.sandbox.dynamics.options import Options, from_pairs
from dynamics_xero.sandbox.dynamics.schema import Relationship, TableSchema

_MAX_EXPANDS = 15
_INNER = frozenset({"$select", "$filter", "$orderby", "$top", "$expand"})


@dataclass(frozen=True, kw_only=True)
class Expand:
    """One navigation property to follow; `many` tells a collection from a single row."""

    name: str
    relationship: Relationship
    many: bool
    options: Options
    reference_only: bool = False


def parse_expand(text: str | None, table: TableSchema) -> tuple[Expand, ...]:
    """Return what an $expand asks of a table. Raises ODataError for unknown properties."""
    count = _count(text) if text else 0
    if count > _MAX_EXPANDS:
        raise errors.bad_request(
            f"The number of $expand items is {count}, but at most {_MAX_EXPANDS} are allowed."
        )
    return tuple(_one(part.strip(), table) for part in split(text, ",")) if text else ()


def _count(text: str) -> int:
    """Count the items of an $expand with those nested in it: the limit is the query's."""
    total = 0
    for part in split(text, ","):
        inner = part.strip().partition("(")[2].rstrip().removesuffix(")")
        nested = [option.strip().partition("=") for option in split(inner, ";")]
        total += 1 + sum(_count(value) for name, _, value in nested if name == "$expand")
    return total


def split(text: str, separator: str) -> list[str]:
    """Cut a text at a separator, outside quotes and parentheses."""
    parts, depth, quoted, start = [], 0, False, 0
    for index, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif not quoted:
            depth += (character == "(") - (character == ")")
            if character == separator and depth == 0:
                parts.append(text[start:index])
                start = index + 1
    return [*parts, text[start:]]


def _one(text: str, table: TableSchema) -> Expand:
    head, _, rest = text.partition("(")
    name, _, suffix = head.strip().partition("/")
    options = _inner_options(rest.rstrip()[:-1] if rest else "")
    if suffix not in ("", "$ref"):
        raise errors.bad_request(
            f"Found a path with '{suffix}' in $expand: only '$ref' may end it."
        )
    if name in table.navigations:
        _refuse_collection_options(name, options)
        return Expand(
            name=name,
            relationship=table.navigations[name],
            many=False,
            options=options,
            reference_only=suffix == "$ref",
        )
    if name in table.collections:
        if suffix == "$ref":
            raise errors.bad_request(
                "Expand with $ref is only supported on lookup type navigation property.",
                "0x80060888",
            )
        return Expand(name=name, relationship=table.collections[name], many=True, options=options)
    raise errors.unknown_query_property(name, table.name)


def _refuse_collection_options(name: str, options: Options) -> None:
    """Refuse to filter, order or cut what is one row."""
    for option in ("filter", "orderby", "top"):
        if getattr(options, option) is not None:
            raise errors.bad_request(f"${option} cannot be applied to '{name}': it is one row.")


def _inner_options(text: str) -> Options:
    pairs = []
    for part in split(text, ";"):
        if part.strip():
            name, _, value = part.strip().partition("=")
            if name not in _INNER:
                raise errors.bad_request(f"The query parameter {name} is not supported")
            pairs.append((name, value))
    return from_pairs(tuple(pairs))
