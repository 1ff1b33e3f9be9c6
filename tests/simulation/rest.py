"""Bring everything to rest: run in fair weather until nothing is due and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.engine import Engine
from tests.simulation.ground import Ground

Entry = dict[str, object]

ROUNDS = 12
"""Runs after which everything has to be at rest."""

BETWEEN_S = 61.0


@dataclass
class Rest:
    """How it ended. late_writes: of a run that found nothing to do left; there must be none."""

    reached: bool = False
    late_writes: list[Entry] = field(default_factory=list)


def ends(ground: Ground) -> list[int]:
    """Return where the ledgers of both sides end."""
    return [end.ledger.last() for end in ground.serving.endpoints]


def come_to_rest(ground: Ground, engine: Engine, say: Callable[[str], None]) -> Rest:
    """Run until a whole cycle writes nothing, which has to be the first one with nothing to do."""
    rest, idle, before = Rest(), False, ends(ground)
    for _ in range(ROUNDS):
        wait = engine.run()
        after = ends(ground)
        written = sum(after) - sum(before)
        say(f"final run: {written} writes, wait {wait}")
        if idle and written:
            rest.late_writes += _since(ground, before)
        idle = wait is None and engine.is_idle()
        rest.reached = idle and not written
        if rest.reached:
            break
        before = after
        ground.clock.sleep(BETWEEN_S if wait is None else wait + 1)
    return rest


def _since(ground: Ground, places: list[int]) -> list[Entry]:
    ledgers = [end.ledger for end in ground.serving.endpoints]
    found = [one.entries(after=at) for one, at in zip(ledgers, places, strict=True)]
    return [entry for entries, _end in found for entry in entries]
