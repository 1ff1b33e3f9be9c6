"""Plain tables for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows in columns; numbers stand right. Control characters cannot leave a cell."""
    lines = [list(heads), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    numeric = [
        bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        for index in range(len(heads))
    ]
    return "\n".join(
        "  ".join(
            _padded(cell, width, right=right)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def outline(value: object, indent: str = "") -> str:
    """Return a nested document as an indented outline."""
    if isinstance(value, Mapping):
        return "\n".join(_entry(str(name), item, indent) for name, item in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(f"{indent}- {outline(item, indent + '  ').lstrip()}" for item in value)
    return f"{indent}{_cell(value)}"


def _entry(name: str, item: object, indent: str) -> str:
    if isinstance(item, Mapping | list | tuple) and item:
        return f"{indent}{name}:\n{outline(item, indent + '  ')}"
    return f"{indent}{name}: {_cell(item)}"


def _cell(value: object) -> str:
    if value is None or value in ({}, [], ()):
        return "-"
    text = f"{value:.1f}" if isinstance(value, float) else str(value)
    # Names come from other people's books: an escape sequence in one must not drive the terminal.
    return "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(cell: str, width: int, *, right: bool) -> str:
    blank = " " * (width - _width(cell))
    return blank + cell if right else cell + blank
