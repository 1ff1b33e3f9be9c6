"""Bugs that were planted on purpose are caught, so that what is not caught is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.planted.bugs import BUGS, PATCHES, QUICK, Bug, chosen
from tests.planted.catching import catch
from tests.planted.table import table
from tests.planted.trees import ROOT, Tree, copied

LONG = os.environ.get("DYNAMICS_XERO_LONG") == "1"
HISTORIES = 200 if LONG else 20
"""The most that are played; as a rule the recorded seed is enough."""

PAGE = ROOT / "docs" / "reference" / "planted-bugs.md"


@pytest.fixture(scope="module")
def sound() -> Iterator[Tree]:
    """Copy the tree as it is."""
    with copied() as tree:
        yield tree


@pytest.mark.parametrize("bug", chosen(() if LONG else QUICK), ids=lambda bug: bug.name)
def test_r39_a_planted_bug_is_caught(sound: Tree, bug: Bug) -> None:
    caught = catch(bug, sound, histories=HISTORIES)

    assert caught is not None


def test_every_patch_applies_to_the_tree_as_it_is(sound: Tree) -> None:
    wrong = {bug.name: sound.apply(bug.patch, "--check") for bug in BUGS}

    assert {name: told for name, told in wrong.items() if told} == {}


def test_twenty_bugs_are_planted_and_each_patch_is_listed_once() -> None:
    names = [bug.name for bug in BUGS]

    assert len(names) == len(set(names)) >= 20
    assert sorted(patch.stem for patch in PATCHES.glob("*.patch")) == sorted(names)


def test_every_patch_touches_the_connector_only() -> None:
    for bug in BUGS:
        lines = bug.patch.read_text("utf-8").splitlines()
        touched = [line[6:] for line in lines if line.startswith("+++ b/")]

        assert touched
        assert all(path.startswith("dynamics_xero/") for path in touched)
        assert not any(path.startswith("dynamics_xero/sandbox/") for path in touched)


def test_the_reference_lists_every_planted_bug() -> None:
    assert table() in PAGE.read_text("utf-8")
