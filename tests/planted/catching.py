"""Plant a bug in a copy of the tree, and look whether it is caught.

Caught means that a check of the books says so, with the bug and not without: a process that breaks
off, or does not even start, has found nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.planted.bugs import Bug, Check
from tests.planted.trees import Tree, copied

FAILED = re.compile(r"^seed (\d+) FAILED;.*\n(.*)", re.MULTILINE)
PLAYED = re.compile(r"^\d+ histories, failing: ", re.MULTILINE)
BROKE_OFF = "Traceback "
TEST_FAILED = re.compile(r"^FAILED (.+?)(?: - .*)?$", re.MULTILINE)
TESTS_PASSED = re.compile(r"^\d+ passed", re.MULTILINE)


@dataclass(frozen=True)
class Caught:
    """What caught a bug. seed: of the history that did, None where tests did."""

    told: str
    seed: int | None = None


def catch(bug: Bug, sound: Tree, *, histories: int) -> Caught | None:
    """Return what catches a bug, None when nothing does.

    The history of the recorded seed is played first, then the others from 0 on. sound: a tree
    without the bug, which has to pass what fails here.
    """
    with copied() as tree:
        wrong = tree.apply(bug.patch)
        assert not wrong, wrong
        if bug.check is not Check.HISTORIES:
            return _by_tests(bug, tree, sound)
        for seeds in _rounds(bug, histories):
            for caught in _bad_ends(tree, seeds):
                if _ends_well(sound, caught.seed or 0):
                    return caught
    return None


def _by_tests(bug: Bug, tree: Tree, sound: Tree) -> Caught | None:
    failed = TEST_FAILED.search(tree.test(bug.check.value, bug.only).printed)
    passed = TESTS_PASSED.search(sound.test(bug.check.value, bug.only).printed)
    return Caught(failed[1]) if failed and passed else None


def _rounds(bug: Bug, histories: int) -> Iterator[range]:
    """Return the seeds to play; the recorded one counts among them."""
    if bug.seed is not None:
        yield range(bug.seed, bug.seed + 1)
        histories -= 1
    yield range(histories)


def _bad_ends(tree: Tree, seeds: range) -> Iterator[Caught]:
    """Yield the histories that end badly."""
    while seeds:
        run = tree.play(seeds)
        failed = FAILED.search(run.printed)
        if failed is None:
            assert PLAYED.search(run.printed), f"the histories broke off: {run.printed[-500:]}"
            return
        seed, finding = int(failed[1]), failed[2]
        if not finding.startswith(BROKE_OFF):
            yield Caught(finding, seed)
        seeds = range(seed + 1, seeds.stop)


def _ends_well(sound: Tree, seed: int) -> bool:
    run = sound.play(range(seed, seed + 1))
    return run.code == 0 and PLAYED.search(run.printed) is not None
