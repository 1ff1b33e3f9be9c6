"""Plant bugs and say what caught them: `python -m tests.planted [NAME...] [--histories N]`.

Ends with 1 when one was not caught. `--table` prints them as the reference lists them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.planted.bugs import Bug, chosen
from tests.planted.catching import catch
from tests.planted.table import table
from tests.planted.trees import copied


def main(arguments: Sequence[str]) -> int:
    """Plant what is asked for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="all of them by default")
    parser.add_argument("--histories", type=int, default=200, help="the most for each bug")
    parser.add_argument("--table", action="store_true", help="only list them")
    asked = parser.parse_args(arguments)
    if asked.table:
        print(table())
        return 0
    return _plant(chosen(asked.names), histories=asked.histories)


def _plant(bugs: Sequence[Bug], *, histories: int) -> int:
    missed = []
    with copied() as sound:
        for bug in bugs:
            caught = catch(bug, sound, histories=histories)
            if caught is None:
                missed.append(bug.name)
            seed = "" if caught is None or caught.seed is None else f"seed {caught.seed}: "
            print(f"{bug.name}: {seed}{caught.told if caught else 'NOT CAUGHT'}", flush=True)
    print(f"{len(bugs)} bugs, not caught: {missed or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
