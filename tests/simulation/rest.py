"""Bring everything to rest: run in fair weather until nothing is due and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.sandbox import Control
from tests.simulation.engine import Engine
from tests.simulation.ground import Ground

ROUNDS = 12
"""Runs after which everything has to be at rest."""

BETWEEN_S = 61.0


def controls(ground: Ground) -> Sequence[tuple[str, Control]]:
    """Return the control calls of both twins by side."""
    return (("dynamics", ground.dynamics), ("xero", ground.xero))


def ends(ground: Ground) -> list[int]:
    """Return where both ledgers end: asked for nobody's entries, the answer is a bookmark."""
    pages = [control.get("ledger", actor="nobody") for _name, control in controls(ground)]
    return [int(str(page["next"])) for page in pages if isinstance(page, dict)]


def come_to_rest(ground: Ground, engine: Engine, say: Callable[[str], None]) -> bool:
    """Run until nothing is due; says whether that was soon enough."""
    for _ in range(ROUNDS):
        before = ends(ground)
        wait = engine.run()
        written = sum(ends(ground)) - sum(before)
        say(f"final run: {written} writes, wait {wait}")
        if wait is None and not written and engine.is_idle():
            return True
        ground.clock.sleep(BETWEEN_S if wait is None else wait + 1)
    return False
