"""Bad weather for one run of the engine: faults of the twins, struck by this history's chances."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from tests.simulation.ground import Ground

Rule = dict[str, object]

ANY = ("429_minute", "500", "503", "html", "truncate")
AFTER_COMMIT = "drop_answer"
DYNAMICS_ONLY = "expire_delta"
JUMPS_S = (1, 20, 45, 130, 400, 7_200, 90_000, 700_000)
"""How far the clock may jump: past leases, freshness, deadlines, hours, a delta link's life."""


def drawn(chance: random.Random) -> dict[str, list[Rule]]:
    """Draw what shall strike each side: mostly a lost answer, and mostly what writes."""
    rules: dict[str, list[Rule]] = {"dynamics": [], "xero": []}
    for _ in range(chance.randint(1, 3)):
        side = chance.choice(("dynamics", "xero"))
        kind = chance.choice((AFTER_COMMIT, AFTER_COMMIT, *ANY))
        rule: Rule = {"kind": kind, "probability": chance.choice((0.2, 0.5, 1.0))}
        rule["times"] = chance.randint(1, 3)
        if kind == AFTER_COMMIT or chance.random() < 0.5:
            rule["method"] = chance.choice(("POST", "PUT")) if side == "xero" else "POST"
        if kind == "429_minute":
            rule["seconds"] = chance.choice((1, 20, 50))
        rules[side].append(rule)
    if chance.random() < 0.2:
        rules["dynamics"].append({"kind": DYNAMICS_ONLY, "times": 1})
    return rules


@contextmanager
def storm(ground: Ground, chance: random.Random) -> Iterator[str]:
    """Let faults strike while the block runs; people work when the sky is clear."""
    rules = drawn(chance)
    for name, control in (("dynamics", ground.dynamics), ("xero", ground.xero)):
        control.post("faults", {"seed": chance.randint(1, 1 << 30), "rules": rules[name]})
    try:
        yield str(rules)
    finally:
        for control in (ground.dynamics, ground.xero):
            control.post("faults", {"seed": 1, "rules": []})
