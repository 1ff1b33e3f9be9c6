"""Temporary copies of this tree: a bug is planted in a copy, and is looked for there.

A copy runs in processes of its own, which import nothing from the tree it was made of.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
FOLDERS = ("dynamics_xero", "tests")
SETTINGS = "pyproject.toml"
SAYS_WHERE = (
    "import dynamics_xero, tests.simulation as s; print(dynamics_xero.__file__, *s.__path__)"
)

START_S = 300.0
HISTORY_S = 30.0
"""The longest that a start and each history may take: with a bug it may run in a circle."""


@dataclass(frozen=True)
class Run:
    """What a process printed, and how it ended; code None: it had to be ended."""

    printed: str
    code: int | None


@dataclass(frozen=True)
class Tree:
    """One copy, with or without a bug."""

    folder: Path

    def apply(self, patch: Path, *arguments: str) -> str:
        """Apply a patch; returns what is wrong with it, "" if nothing is."""
        command = ["git", "apply", *arguments, str(patch)]
        return self._run(command, limit_s=START_S).printed

    def play(self, seeds: range) -> Run:
        """Play histories up to the first that ends badly."""
        told = f"{seeds[0]}-{seeds[-1]}"
        arguments = ["-m", "tests.simulation", "--first", "--seeds", told]
        return self._python(arguments, limit_s=START_S + HISTORY_S * len(seeds))

    def test(self, file: str, only: str) -> Run:
        """Run some tests of one file up to the first that fails."""
        arguments = ["-m", "pytest", file, "-k", only, "-x", "-q", "-p", "no:cacheprovider"]
        return self._python(arguments, limit_s=2 * START_S)

    def is_apart(self) -> bool:
        """Say whether the copy's processes import the copy."""
        told = self._python(["-c", SAYS_WHERE], limit_s=START_S).printed.split()
        return len(told) > 1 and all(Path(one).is_relative_to(self.folder) for one in told)

    def _python(self, arguments: Sequence[str], *, limit_s: float) -> Run:
        return self._run([sys.executable, *arguments], limit_s=limit_s)

    def _run(self, command: Sequence[str], *, limit_s: float) -> Run:
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=limit_s,
            )
        except subprocess.TimeoutExpired:
            return Run("", None)
        return Run(done.stdout.strip(), done.returncode)

    def _environment(self) -> dict[str, str]:
        """Return an environment in which the copy comes first, and belongs to no repository."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTEST_"))}
        apart = {
            "PYTHONPATH": str(self.folder),
            "GIT_CEILING_DIRECTORIES": str(self.folder.parent),
        }
        return {**inherited, **apart}


@contextmanager
def copied() -> Iterator[Tree]:
    """Copy this tree for the length of the block."""
    with TemporaryDirectory(prefix="planted-") as made:
        folder = Path(made).resolve() / "tree"
        folder.mkdir()
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy2(ROOT / SETTINGS, folder)
        tree = Tree(folder)
        assert tree.is_apart(), "the copy would import the tree it was made of"
        yield tree
