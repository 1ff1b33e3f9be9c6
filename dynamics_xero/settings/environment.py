"""Overrides from the environment: DYNAMICS_XERO_CONNECTIONS__MAIN__XERO__API_URL and the like."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

PREFIX = "DYNAMICS_XERO_"
RESERVED = frozenset({"CONFIG"})
"""Read by the command line and the worker: it says where the file is, not what is in it."""

Tree = dict[str, object]


def overlay(
    tree: Tree, environment: Mapping[str, str], *, known: Collection[str]
) -> dict[str, str]:
    """Write the environment's values into the tree; return dotted path -> variable name.

    A value and its `_file` form replace each other, whichever of them the file had. known: the
    names at the file's top.
    """
    origins: dict[str, str] = {}
    for variable in sorted(environment):
        name = variable.removeprefix(PREFIX)
        if name == variable or name in RESERVED or _is_foreign(name, known):
            continue
        steps = _steps(tree, name)
        _put(tree, steps, environment[variable], origins)
        origins[".".join(steps)] = variable
    return origins


def _is_foreign(name: str, known: Collection[str]) -> bool:
    """Say whether a variable only shares our prefix.

    Kubernetes sets DYNAMICS_XERO_PORT and the like where a service is called dynamics-xero. A
    slip of the pen in one of our own names is still told.
    """
    return "__" not in name and not difflib.get_close_matches(name.lower(), known, 1, 0.75)


def _steps(tree: Tree, name: str) -> list[str]:
    """Return the path a variable means; section names are found whatever their case."""
    steps: list[str] = []
    node: object = tree
    for part in name.split("__"):
        known = list(node) if isinstance(node, dict) else []
        step = next((key for key in known if key.lower() == part.lower()), part.lower())
        steps.append(step)
        node = node.get(step) if isinstance(node, dict) else None
    return steps


def _put(tree: Tree, steps: list[str], value: str, origins: Mapping[str, str]) -> None:
    node = tree
    for step in steps[:-1]:
        child = node.get(step)
        if not isinstance(child, dict):
            child = node[step] = {}
        node = child
    last = steps[-1]
    other = last.removesuffix("_file") if last.endswith("_file") else f"{last}_file"
    if ".".join([*steps[:-1], other]) not in origins:
        node.pop(other, None)
    node[last] = value
