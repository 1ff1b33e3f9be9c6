"""Public names keep to the glossary: one word per thing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT

# fmt: off
FORBIDDEN = frozenset(
    {
        "tenant", "backend", "integration", "object", "model", "document", "cache", "payload",
        "transformer", "shape", "stream", "checkpoint", "child", "binding", "coupling", "ancestor",
        "dedupe", "op", "result", "state", "lock", "poison", "resync", "mock",
        "fake",
    }
)
# fmt: on
"""What the glossary's words replace."""

ALLOWED = {
    "Shape": "how rows look for one select list: no schema of marshmallow's, but holds one",
    "shape_of": "makes a Shape",
    "RecordState": "live, inactive, deleted: not the outcome of a sync, which is a status",
    "write_back_state": "how many write-backs wait and since when, not a status",
    "lock_for_migration": "a lock of the database, not a lane",
    "process_result_value": "SQLAlchemy's name",
    "Tenant": "Xero's own word for what a token is good for",
    "tenant": "Xero's own word",
    "find_tenant": "Xero's own word",
}
"""Name -> why it may stand."""


def public_names(tree: ast.AST) -> Iterator[str]:
    """Return classes and functions without a leading underscore, methods included."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name
            yield from public_names(node)


def words(name: str) -> set[str]:
    """Return the words of a name, in lower case and in the singular."""
    found = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
    return found | {word.removesuffix("s") for word in found}


def files() -> list[Path]:
    """Return the modules that speak our language; the twins speak their systems' own."""
    sandbox = ROOT / "dynamics_xero" / "sandbox"
    found = [*(ROOT / "dynamics_xero").rglob("*.py"), *(ROOT / "worker").rglob("*.py")]
    return [file for file in found if not file.is_relative_to(sandbox)]


def test_no_public_name_uses_a_word_that_the_glossary_replaces() -> None:
    names = {name for file in files() for name in public_names(ast.parse(file.read_text("utf-8")))}
    offending = {name for name in names if words(name) & FORBIDDEN}

    assert len(names) > 300
    assert offending - ALLOWED.keys() == set()
    assert ALLOWED.keys() - offending == set(), "no longer needed"


def test_the_words_of_a_name_are_found_however_it_is_written() -> None:
    assert words("find_tenants") >= {"find", "tenant"}
    assert words("RecordState") >= {"record", "state"}
