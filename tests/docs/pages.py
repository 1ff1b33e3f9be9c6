"""The project's Markdown pages, and what tests look for in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def text_of(page: str) -> str:
    """Return a page of the docs folder."""
    return (DOCS / page).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks in one language."""
    return [block for name, block in _FENCE.findall(text) if name == language]


def sections(text: str) -> dict[str, str]:
    """Return heading of the second level -> what stands below it."""
    parts = _HEADING.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> list[list[str]]:
    """Return the rows of a section's tables, heads included; cells without their backquotes."""
    lines = re.findall(r"^\|(.+)\|$", section, re.MULTILINE)
    return [[cell.strip().strip("`") for cell in line.split("|")] for line in lines]
