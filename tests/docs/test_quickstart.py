"""The quickstart's commands, run in their order, print what the page says."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, text_of
from tests.sandbox import start

MARK = "@@ step @@"
HOME = "/tmp/first-light"
LIMIT_S = 180

pytestmark = pytest.mark.trip


def steps(text: str) -> list[tuple[str, str]]:
    """Return each command of the console blocks with what it is said to print."""
    found = []
    for block in blocks(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            found.append((command, printed))
    return found


def test_the_quickstart_does_what_it_says(tmp_path: Path) -> None:
    wanted = steps(text_of("quickstart.md"))
    script = "\n".join(f"echo '{MARK}'\n{command}" for command, _ in wanted)

    with start(tmp_path / "first-light", seed=1) as serving:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=ROOT,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "DYNAMICS_XERO_CONFIG": str(serving.settings_file),
            },
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=True,
        )

    printed = done.stdout.replace(str(tmp_path / "first-light"), HOME).split(f"{MARK}\n")[1:]
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    differing = [
        f"$ {command}\nthe page says:\n{said}\nprinted:\n{got}"
        for (command, said), got in zip(wanted, printed, strict=True)
        if not doctest.OutputChecker().check_output(said, got, options)
    ]
    assert len(wanted) > 15
    assert differing == [], "\n".join(differing) + done.stderr
