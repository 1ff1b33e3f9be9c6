"""Clock, random source, ids and sleep come from outside the engine (R39)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "dynamics_xero"
WIRING = ("cli", "connector", "sandbox")
"""Where they come from: the floors above the engine, and the island."""

BANNED = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.sleep",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid4",
    "random.Random",
    "random.random",
    "random.uniform",
    "random.choice",
    "secrets.token_hex",
    "os.urandom",
}


def calls(source: str) -> Iterator[tuple[int, str]]:
    """Return line and dotted name of every call."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def engine_files() -> list[Path]:
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in WIRING
    ]


@pytest.mark.parametrize("path", engine_files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_r39_the_engine_asks_nobody_but_its_ports_for_time_or_chance(path: Path) -> None:
    found = [f"line {line}: {name}" for line, name in calls(path.read_text()) if name in BANNED]

    assert found == []


def test_r39_the_check_sees_a_banned_call() -> None:
    source = "import time\ndef wait():\n    time.sleep(1)\n"

    assert [name for _line, name in calls(source) if name in BANNED] == ["time.sleep"]
