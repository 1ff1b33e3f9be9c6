"""The list of planted bugs as docs/reference/planted-bugs.md prints it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.planted.bugs import BUGS, Bug, Check

HEAD = "| bug | what goes wrong | rule | caught by |\n|---|---|---|---|"


def table() -> str:
    """Return the table of all planted bugs."""
    return "\n".join([HEAD, *_rows()])


def _rows() -> Iterator[str]:
    for bug in BUGS:
        patch = f"[{bug.name}](../../tests/planted/{bug.patch.name})"
        yield f"| {patch} | {bug.broken} | {bug.rule} | {_caught_by(bug)} |"


def _caught_by(bug: Bug) -> str:
    if bug.check is Check.HISTORIES:
        return f"a random history, for one that of seed {bug.seed}"
    return f"`{bug.check.value}`"
