"""The demo: the main job from an empty folder, by processes of its own."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
import requests

from tests.json_schemas import faults
from tests.worker.conftest import ENVIRONMENT

pytestmark = pytest.mark.trip

LIMIT_S = 150
DEMO = [sys.executable, "-m", "dynamics_xero.cli", "demo"]


def left_over(folder: Path) -> list[Path]:
    """Return what the demo left in its temporary folder."""
    return list(folder.glob("dynamics-xero-demo-*"))


def iter_until(stream: IO[str], wanted: str) -> Iterator[str]:
    """Give lines up to the one that holds what is wanted; fail when the stream ends before."""
    for line in stream:
        yield line
        if wanted in line:
            return
    pytest.fail(f"never said: {wanted}")


def test_the_demo_shows_failure_and_healing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [*DEMO, "--once", "--json"],
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert faults("demo", document) == []
    assert document["connections"]["main"]["entities"]["account"]["to_xero"]["create"] == 40
    assert document["connections"]["main"]["calls"]["xero"]["write"] >= 2
    assert document["failed"] == []
    (healed,) = document["healed"]
    assert healed["entity"] == "account"
    assert "e-mail" in healed["remark_before"]
    assert healed["remark_before"] in done.stderr
    assert left_over(tmp_path) == []


def test_on_a_terminal_the_demo_serves_until_ctrl_c_and_ends_well(tmp_path: Path) -> None:
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        DEMO,
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=end,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(end)
    try:
        assert process.stderr is not None
        told = "".join(iter_until(process.stderr, "Ctrl-C ends them"))
        shown = os.read(terminal, 100_000).decode("utf-8")
        url = next(line.split()[1] for line in shown.splitlines() if line.startswith("xero_url"))
        ca_file = next(tmp_path.glob("dynamics-xero-demo-*/ca.pem"))
        answer = requests.get(f"{url}/_sandbox/stats", verify=str(ca_file), timeout=LIMIT_S)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)

    assert process.returncode == 0, told
    assert answer.json()["rows_written"] >= 40
    assert left_over(tmp_path) == []


def test_stopped_in_the_middle_the_demo_stops_what_it_started(tmp_path: Path) -> None:
    process = subprocess.Popen(
        DEMO,
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        told = "".join(iter_until(process.stderr, "starting the worker"))
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
        process.wait()

    assert process.returncode == 1, told
    assert rest.endswith("Stopped.\n")
    assert left_over(tmp_path) == []
