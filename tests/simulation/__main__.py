"""Play seeded histories: `python -m tests.simulation --seeds 0-199`.

Ends with 1 and the list of the failing seeds when any history ended badly.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.simulation.playing import play_here, play_in


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for; returns the exit code."""
    asked = _read(arguments)
    seeds = asked.seeds
    if asked.processes > 1:
        histories = play_in(asked.processes, seeds, steps=asked.steps)
    else:
        histories = play_here(seeds, steps=asked.steps)
    failing = []
    for count, played in enumerate(histories, 1):
        if asked.lines:
            print(*played.lines, sep="\n")
        if played.findings:
            failing.append(played.seed)
            print(played.told(), flush=True)
            if asked.first:
                break
        if count % 100 == 0:
            print(f"{count} histories, {len(failing)} failing", file=sys.stderr, flush=True)
    print(f"{len(seeds)} histories, failing: {failing or 'none'}")
    return 1 if failing else 0


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=range(200), help="7, or 0-199")
    parser.add_argument("--steps", type=int, help="cut each history short")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--lines", action="store_true", help="tell each history step by step")
    parser.add_argument("--first", action="store_true", help="stop at the first failing seed")
    return parser.parse_args(arguments)


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
