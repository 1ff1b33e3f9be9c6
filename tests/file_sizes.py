"""Fail when a module has grown past what one person reads in one sitting (design.md section 3)."""

from __future__ import annotations

import sys
from pathlib import Path

MOST_LINES = 400
FOLDERS = ("dynamics_xero", "worker", "tests", "examples")


def main() -> int:
    """Print every Python file with more than MOST_LINES lines; 1 when there is one."""
    files = [path for folder in FOLDERS for path in sorted(Path(folder).rglob("*.py"))]
    counts = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    too_long = {path: count for path, count in counts.items() if count > MOST_LINES}
    for path, count in too_long.items():
        print(f"{path}: {count} lines, at most {MOST_LINES} are allowed; give it two jobs' files")
    if not files:
        print("no Python file found: run this from the project's root")
    return 1 if too_long or not files else 0


if __name__ == "__main__":
    sys.exit(main())
