"""The JSON Schemas of docs/reference/json, for tests of what is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parent.parent / "docs" / "reference" / "json"


def schema(name: str) -> dict[str, Any]:
    """Return a schema, checked itself."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(found)
    return found


def faults(name: str, document: object) -> list[str]:
    """Return what is wrong with a document by the schema of that name."""
    found = Draft202012Validator(schema(name)).iter_errors(document)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in found]
