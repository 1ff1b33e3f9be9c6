"""A record that kills its process is found among many and parked; the others arrive (R32)."""

from __future__ import annotations

import subprocess
import sys

from tests.trips.world import World

MOST_DEATHS = 8


def test_r32_a_record_that_kills_its_process_is_found_and_parked(world: World) -> None:
    for number in range(10):
        world.account(f"Harmless {number}")
    poison = world.account("Poison")
    with world.connector():
        state = world.settings().state

    deaths = 0
    while _dies(world, state) and deaths < MOST_DEATHS:
        deaths += 1

    row = world.in_dynamics("account", poison)
    assert 0 < deaths < MOST_DEATHS
    assert len(world.all_in_xero()) == 10
    assert "ended the program" in str(row["xero_remark"])
    world.edit("accounts", poison, name="Cured")
    assert not _dies(world, state)
    assert world.in_xero("Cured")["ContactStatus"] == "ACTIVE"


def _dies(world: World, state: str) -> bool:
    command = [sys.executable, "-m", "tests.trips.deadly", str(world.serving.settings_file), state]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode in (0, 9), ended.stderr
    return ended.returncode == 9
