"""Tell one mapping from another: what it would send, as one short text (R11); pure.

Everything that decides about values counts: columns, directions, owners, converters, constants,
settings, scope, and the body of functions people wrote. Labels, comments and the code of the kit
itself do not, and neither does what stands at its default: an upgrade that adds a new option
leaves the mapping what it was.
"""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import inspect
import json
import textwrap
from collections.abc import Mapping
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodDescriptorType, MethodType

from dynamics_xero.mapping.entity import EntityMapping, inherited
from dynamics_xero.mapping.fields import Declaration

KIT = "dynamics_xero.mapping."
"""Functions of these modules are known by their name."""

SILENT = ("label",)
"""Options of a field that only change what people read."""

MADE = ("name", "fields", "_declared")
"""Attributes of a mapping that follow from the others."""


def fingerprint(mapping: type[EntityMapping]) -> str:
    """Return the same text for mappings that treat every record alike."""
    told = {
        "entity": mapping.name,
        "options": _options(mapping),
        "scope": _told(mapping.scope),
        "fields": {name: _field(one) for name, one in inherited(mapping).items()},
    }
    text = json.dumps(told, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _options(mapping: type[EntityMapping]) -> dict[str, object]:
    names = [name for name in EntityMapping.__annotations__ if name not in MADE]
    return {
        name: _told(getattr(mapping, name))
        for name in names
        if getattr(mapping, name) != getattr(EntityMapping, name)
    }


def _field(declaration: Declaration) -> dict[str, object]:
    return {
        option.name: _told(getattr(declaration, option.name))
        for option in dataclasses.fields(declaration)
        if option.name not in SILENT and getattr(declaration, option.name) != option.default
    }


def _told(value: object) -> object:
    """Return a value as JSON that is the same in every process and every version of Python."""
    if isinstance(value, MethodType):
        return _told(value.__func__)
    if isinstance(value, FunctionType):
        return _function(value)
    if isinstance(value, type):
        if issubclass(value, EntityMapping):
            return value.name
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, partial):
        return [_told(value.func), _told(value.args), _told(value.keywords)]
    if isinstance(value, BuiltinFunctionType | MethodDescriptorType):
        return value.__qualname__
    if dataclasses.is_dataclass(value):
        return {one.name: _told(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return sorted([str(name), _told(item)] for name, item in value.items())
    if isinstance(value, tuple | list | set | frozenset):
        items = [_told(item) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    if value is None or isinstance(value, str | int | bool):
        return value
    # What has a text of its own (a Decimal, a date) is told by it; a bare object only by its kind.
    plain = type(value).__str__ is object.__str__
    return type(value).__qualname__ if plain else [type(value).__qualname__, str(value)]


def _function(function: FunctionType) -> object:
    """A function is its text and what it was made with; one of the kit is known by name."""
    kit = function.__module__.startswith(KIT)
    told = f"{function.__module__}.{function.__qualname__}" if kit else _text(function)
    held = (cell.cell_contents for cell in function.__closure__ or ())
    cells = [_told(value) for value in held if value is not function]  # one may call itself
    defaults = [_told(value) for value in function.__defaults__ or ()]
    return [told, cells, defaults]


def _text(function: FunctionType) -> str:
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return _compiled(function.__code__)
    try:
        parsed = ast.parse(source)
    except SyntaxError:  # a lambda within a longer expression: its lines as they stand
        return " ".join(source.split())
    return ast.unparse(_bare(parsed))


def _bare(parsed: ast.Module) -> ast.Module:
    """Drop decorators, docstring and annotations: they send nothing."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
            node.returns = None
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
        elif isinstance(node, ast.arg):
            node.annotation = None
    return parsed


def _compiled(code: CodeType) -> str:
    """Stand in for a text that is not there, as in an interactive session."""
    constants = [_compiled(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return json.dumps([code.co_code.hex(), code.co_names, constants])
