"""Real workers on servers: records flow, and two workers do nothing twice.

The embedded broker with SQLite has its own tests, in tests/worker.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.kills.scene import Arrivals, staged
from tests.servers.combinations import Combination, runnable, served

ACCOUNTS = 15
LIMIT_S = 90


SERVERS = [one for one in runnable() if one is not Combination.EMBEDDED]


@pytest.mark.parametrize("combination", SERVERS, ids=lambda one: one.value)
def test_two_workers_share_the_work_and_neither_does_it_twice(
    combination: Combination, tmp_path: Path
) -> None:
    with served(combination, tmp_path) as addresses, staged(tmp_path, addresses) as scene:
        scene.seed(ACCOUNTS, contacts_each=1)
        scene.command("check")
        arrivals = Arrivals(scene.xero)
        with scene.worker("one") as one, scene.worker("two") as two:
            scene.until(
                "every contact",
                lambda: arrivals.look() >= ACCOUNTS and scene.state.unfinished() == 0,
                limit_s=LIMIT_S,
            )
            for process in (one, two):
                process.send_signal(signal.SIGTERM)
            codes = [process.wait(LIMIT_S) for process in (one, two)]

        assert codes == [0, 0], scene.logs()
        contacts = scene.xero.rows("contact")
        owners = {str(row["ContactNumber"])[9:]: row["ContactID"] for row in contacts}
        accounts = scene.dynamics.rows("account")
        assert len(contacts) == arrivals.count == ACCOUNTS
        assert {row["accountid"]: row["xero_id"] for row in accounts} == owners
        assert "Traceback" not in scene.logs()
        assert addresses.broker not in scene.logs()
