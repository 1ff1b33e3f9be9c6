"""A worker that is killed, again and again, loses nothing and doubles nothing (issue 3).

2,000 accounts in calls of ten; KILLS says how many times the worker's process group is killed.
"""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kills.scene import POLL_S, Arrivals, Scene, staged
from tests.servers.combinations import Combination, runnable, served

KILLS = int(os.environ.get("KILLS", "3"))
SEED = 20_260
ACCOUNTS = 2_000
LAST_KILL = int(0.92 * ACCOUNTS)
"""So many contacts stand at the latest kill: five calls under way must not bring the last ones."""

PROGRESS_LIMIT_S = 240


@dataclass(frozen=True)
class Moment:
    """When to kill: so many contacts stand and a little later; amid = while a call is under way."""

    contacts: int
    later_s: float
    amid: bool


@dataclass(frozen=True)
class Death:
    """How it was right after a kill; answered_to_nobody: contacts made whose answer was lost."""

    contacts: int
    calls_under_way: int
    answered_to_nobody: int


@dataclass(frozen=True)
class Run:
    """What one combination went through until all contacts stood."""

    deaths: tuple[Death, ...]
    set_up_s: float
    took_s: float

    @property
    def amid(self) -> list[Death]:
        """The deaths between a send and its commit."""
        return [one for one in self.deaths if one.calls_under_way and one.answered_to_nobody]


def moments(seed: int, kills: int) -> list[Moment]:
    """Return the seeded moments, spread over the load; every second one is amid a call."""
    chance = random.Random(seed)
    share = LAST_KILL / kills
    return [
        Moment(int(chance.uniform(n * share, (n + 1) * share)), chance.uniform(0, 0.5), n % 2 == 0)
        for n in range(kills)
    ]


def killed(scene: Scene, arrivals: Arrivals, moment: Moment, name: str) -> Death:
    """Run a worker up to the moment and kill its process group."""
    with scene.worker(name) as process:

        def is_time() -> bool:
            assert process.poll() is None, scene.logs()
            return arrivals.look() >= moment.contacts

        scene.until(f"{moment.contacts} contacts", is_time, limit_s=PROGRESS_LIMIT_S)
        if moment.amid:
            under_way: Callable[[], bool] = lambda: scene.state.calls_under_way() > 0  # noqa: E731
            scene.until("a call under way", under_way, limit_s=PROGRESS_LIMIT_S)
        else:
            time.sleep(moment.later_s)
    return _after(scene, arrivals)


def _after(scene: Scene, arrivals: Arrivals) -> Death:
    """Look at what the kill left: what Xero took of the calls under way shows within a second."""
    calls = scene.state.calls_under_way()
    linked = scene.state.linked()
    limit = time.monotonic() + 2
    while calls and arrivals.look() <= linked and time.monotonic() < limit:
        time.sleep(POLL_S)
    return Death(arrivals.look(), calls, arrivals.count - linked)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Combination, Future[Run]]]:
    """Run all combinations side by side: each mostly waits for a slow Xero."""
    with ThreadPoolExecutor(len(Combination)) as threads:
        yield {
            combination: threads.submit(run, combination, tmp_path_factory.mktemp("killed"))
            for combination in runnable()
        }


@pytest.mark.parametrize("combination", runnable(), ids=lambda one: one.value)
def test_r22_killed_at_any_moment_the_next_worker_finishes_and_nothing_is_doubled(
    combination: Combination,
    runs: dict[Combination, Future[Run]],
    record_property: Callable[[str, object], None],
) -> None:
    ended = runs[combination].result()
    record_property("figures", figures(combination, ended))

    assert len(ended.deaths) == KILLS
    assert all(death.contacts < ACCOUNTS for death in ended.deaths)
    assert len(ended.amid) >= math.ceil(KILLS / 4)


def run(combination: Combination, folder: Path) -> Run:
    """Kill workers on a combination, let the last one finish, and compare what came of it."""
    began = time.monotonic()
    with served(combination, folder) as addresses, staged(folder, addresses) as scene:
        scene.seed(ACCOUNTS, contacts_each=0)
        scene.slow_down()
        prepared = time.monotonic()
        arrivals = Arrivals(scene.xero)
        deaths = [
            killed(scene, arrivals, moment, f"killed-{number:02}")
            for number, moment in enumerate(moments(SEED, KILLS))
        ]
        with scene.worker("last"):
            scene.until("the end", lambda: is_finished(scene, arrivals), limit_s=PROGRESS_LIMIT_S)
        took_s = time.monotonic() - prepared
        check(scene)
        return Run(tuple(deaths), set_up_s=prepared - began, took_s=took_s)


def is_finished(scene: Scene, arrivals: Arrivals) -> bool:
    """Say whether all contacts stand and nothing is left to do."""
    return arrivals.look() >= ACCOUNTS and scene.state.unfinished() == 0


def check(scene: Scene) -> None:
    """Compare the twins, their ledgers and the database: nothing lost, nothing doubled."""
    contacts = scene.xero.rows("contact")
    accounts = scene.dynamics.rows("account")
    owners = {str(row["ContactNumber"])[9:]: str(row["ContactID"]) for row in contacts}
    written = scene.xero.entries(actor="connector")

    assert len(contacts) == len(owners) == len(accounts) == ACCOUNTS
    assert len({row["Name"] for row in contacts}) == ACCOUNTS
    assert [entry["action"] for entry in written] == ["create"] * ACCOUNTS
    assert {row["accountid"]: row["xero_id"] for row in accounts} == owners
    assert scene.state.pairs() == owners
    assert scene.state.faults() == []


def figures(combination: Combination, ended: Run) -> str:
    """Return what happened in one line."""
    lost = sum(death.answered_to_nobody for death in ended.deaths)
    return (
        f"{combination.value}: {KILLS} kills at {[d.contacts for d in ended.deaths]} contacts,"
        f" {len(ended.amid)} between a send and its commit ({lost} contacts found again);"
        f" set up in {ended.set_up_s:.0f} s, {ACCOUNTS} contacts after {ended.took_s:.0f} s"
    )
