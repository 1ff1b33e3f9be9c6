"""A settings file for tests: write it, change it, read it."""

from __future__ import annotations

import base64
import copy
from pathlib import Path
from typing import Any

from dynamics_xero.settings import Settings, load

KEY = base64.urlsafe_b64encode(b"k" * 32).decode("ascii")

GOOD: dict[str, Any] = {
    "state": "sqlite:///state.db",
    "key_file": "key",
    "connections": {
        "main": {
            "dynamics": {
                "url": "https://contoso.crm4.dynamics.com",
                "authority": "https://login.microsoftonline.com/contoso",
                "client_id": "dynamics-client",
                "client_secret": "dynamics-canary-secret",
            },
            "xero": {"client_id": "xero-client", "client_secret": "xero-canary-secret"},
        }
    },
}


def changed(**values: object) -> dict[str, Any]:
    """Return the good file with values set by dotted path (dots as __); None takes one out."""
    tree = copy.deepcopy(GOOD)
    for path, value in values.items():
        *sections, name = path.split("__")
        node = tree
        for section in sections:
            node = node.setdefault(section, {})
        if value is None:
            del node[name]
        else:
            node[name] = value
    return tree


def written(folder: Path, tree: dict[str, Any]) -> Path:
    """Write the file and its key; return its path."""
    key = folder / "key"
    key.write_text(KEY + "\n", "ascii")
    key.chmod(0o600)
    file = folder / "dynamics-xero.toml"
    file.write_text("\n".join(_lines(tree, "")), "utf-8")
    return file


def read(folder: Path, environment: dict[str, str] | None = None, /, **values: object) -> Settings:
    """Read the good file with changes."""
    return load(written(folder, changed(**values)), environment or {})


def _lines(tree: dict[str, Any], where: str) -> list[str]:
    plain = [f"{name} = {_toml(value)}" for name, value in tree.items() if type(value) is not dict]
    sections = [(name, value) for name, value in tree.items() if type(value) is dict]
    for name, value in sections:
        path = f"{where}.{name}" if where else name
        plain += [f"[{path}]", *_lines(value, path)]
    return plain


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
