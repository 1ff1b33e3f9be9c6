"""Two hundred random histories of both sides end well, and each of them can be played again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.ground import Ground, laid
from tests.simulation.playing import play, shown

HISTORIES = 200
CHUNK = 10


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Serve both twins for all histories of this process."""
    with laid() as ground:
        yield ground


@pytest.mark.trip
@pytest.mark.parametrize("first", range(0, HISTORIES, CHUNK))
def test_r39_both_sides_converge_and_nobodys_edit_vanishes(ground: Ground, first: int) -> None:
    histories = [play(ground, seed) for seed in range(first, first + CHUNK)]

    failing = [history.told() for history in histories if history.findings]
    assert not failing, "\n\n".join(failing)


@pytest.mark.trip
@pytest.mark.parametrize("seed", [5, 81])
def test_r39_the_same_seed_replays_to_the_same_ledgers(ground: Ground, seed: int) -> None:
    once, again = play(ground, seed), play(ground, seed)

    assert once.lines == again.lines
    assert shown(once.ledger) == shown(again.ledger)
    assert len(once.ledger) > 0
