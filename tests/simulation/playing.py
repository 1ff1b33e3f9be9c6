"""Play histories by their seeds, one after the other or in several processes."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from tests.simulation.ground import Ground, laid
from tests.simulation.history import Entry, History
from tests.simulation.oracle import findings

CHUNK = 20
LEDGER_TOLD = ("at", "actor", "resource", "id", "action", "fields", "after")


@dataclass(frozen=True)
class Played:
    """One history, and what was wrong with its end. ledger: what both sides wrote down of it."""

    seed: int
    lines: tuple[str, ...]
    findings: tuple[str, ...]
    ledger: tuple[Entry, ...] = ()

    def told(self) -> str:
        """Return what a person needs to look into it."""
        again = f"again: python -m tests.simulation --seeds {self.seed} --lines [--steps N]"
        return "\n".join([f"seed {self.seed} FAILED; {again}", *self.findings])


def play(ground: Ground, seed: int, *, steps: int | None = None) -> Played:
    """Play one history. steps: cut it short; the way it ends stays the same."""
    history = History(ground, seed)
    try:
        ending = history.play(steps=steps)
        wrong = tuple(findings(ending))
        return Played(seed, tuple(history.lines), wrong, tuple(ending.ledger()))
    except Exception:
        return Played(seed, tuple(history.lines), (traceback.format_exc(),))


def play_here(seeds: Iterable[int], *, steps: int | None = None) -> Iterator[Played]:
    """Play histories in this process, on one ground."""
    with laid() as ground:
        for seed in seeds:
            yield play(ground, seed, steps=steps)


def play_in(processes: int, seeds: Sequence[int], *, steps: int | None = None) -> Iterator[Played]:
    """Play histories in several processes, each with a ground of its own."""
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for played in pool.map(partial(_chunk, steps=steps), chunks):
            yield from played


def _chunk(seeds: Sequence[int], *, steps: int | None) -> list[Played]:
    return list(play_here(seeds, steps=steps))


def shown(ledger: Sequence[Entry]) -> list[dict[str, object]]:
    """Return a ledger as two plays of one seed have to agree in it: who wrote what, and when."""
    return [{name: entry[name] for name in LEDGER_TOLD} for entry in ledger]
