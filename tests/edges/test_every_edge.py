"""The process dies before and after each numbered step of the trip; the end is always the same.

Every commit and every call is such a step (design.md section 4, 2a to 6c). An undisturbed life
counts them first, so that none is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edges.deaths import Telling, differences
from tests.edges.mortal import Fate, edges_of
from tests.edges.stories import STORIES
from tests.simulation.ground import Ground, laid

WHOLE = "create"

READS = {"2a": "read feed", "2b": "cursors.put"}
WRITES = {"5a": "requests.open", "5b": "send data", "5c": "requests.close"}
WRITES_BACK = {"6b": "send write_back", "6c": "links.clear_write_backs"}
STEPS = {
    "create": {**READS, **WRITES, **WRITES_BACK},
    "update": {**READS, **WRITES},
    "archive": {**READS, **WRITES},
    "person change": {**READS, **WRITES, **WRITES_BACK},
    "write back": {**READS, **WRITES_BACK},
    "update in Dynamics": {**READS, **WRITES},
    "person change in Dynamics": {**READS, **WRITES},
    "both ways": {**READS, **WRITES},
}


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Serve both twins for all stories of this process."""
    with laid() as ground:
        yield ground


@pytest.mark.trip
@pytest.mark.parametrize("name", STORIES)
def test_r22_a_death_at_any_edge_loses_and_doubles_nothing(ground: Ground, name: str) -> None:
    telling = Telling(ground, STORIES[name])
    life, wanted = telling.undisturbed()
    passed = edges_of(STEPS[name], life.edges)

    wrong = {}
    for place in _places(name, life):
        edge, found = telling.struck_at(place)
        for difference in differences(wanted, found):
            wrong[f"{place} {edge}"] = difference
    telling.close()

    assert wanted.rested
    assert all(len(places) >= 2 for places in passed.values()), passed
    assert wrong == {}


def _places(name: str, life: Fate) -> list[int]:
    """Return the edges to die at; what a run reads once more at its end is struck in one story."""
    last_sent = max(place for place, edge in enumerate(life.edges) if " send " in edge)
    ends = len(life.edges) if name == WHOLE else last_sent + 4
    return [place for place in life.places() if place < ends]
