"""A real Celery worker process on the embedded broker, against both twins."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from tests.waiting import until
from tests.worker.conftest import ENVIRONMENT, LIMIT_S, Place

pytestmark = pytest.mark.trip

WITHIN_S = 15
BAD_EMAIL = "accounts..desk@example.com"


def has_contacts(place: Place, count: int) -> bool:
    """Say whether Xero has that many contacts."""
    return len(place.xero.rows("contact")) == count


def newest_message(broker: Path) -> int:
    """Return the number of the newest message in the embedded broker's file."""
    with closing(sqlite3.connect(broker)) as database:
        known = "SELECT 1 FROM sqlite_master WHERE name = 'kombu_message'"
        if database.execute(known).fetchone() is None:
            return 0
        return int(database.execute("SELECT coalesce(max(id), 0) FROM kombu_message").fetchone()[0])


def test_new_and_changed_accounts_flow_by_themselves_and_a_failure_heals(
    ready: Place, tmp_path: Path
) -> None:
    good, bad = str(uuid.uuid4()), str(uuid.uuid4())
    log = tmp_path / "worker.log"
    with ready.worker(log) as process:
        ready.write_account(good, name="Harbour Tea")
        ready.write_account(bad, name="Hill Coffee", emailaddress1=BAD_EMAIL)
        until("a contact in Xero", lambda: has_contacts(ready, 1))
        until("the remark", lambda: ready.account(bad)["xero_remark"] is not None)
        ready.write_account(bad, emailaddress1="accounts@example.com")
        ready.write_account(good, name="Harbour Tea Rooms")
        until("both contacts in Xero", lambda: has_contacts(ready, 2))
        until("the remark to go", lambda: ready.account(bad)["xero_remark"] is None)
        until(
            "the new name in Xero",
            lambda: "Harbour Tea Rooms" in {row["Name"] for row in ready.xero.rows("contact")},
        )
        process.send_signal(signal.SIGTERM)
        code = process.wait(LIMIT_S)

    assert code == 0, log.read_text("utf-8")
    assert ready.account(good)["xero_id"] is not None
    assert "Traceback" not in log.read_text("utf-8")


def test_celerys_own_command_starts_the_same_worker(ready: Place, tmp_path: Path) -> None:
    ready.write_account(str(uuid.uuid4()), name="Harbour Tea")
    file = str(ready.serving.settings_file)
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-q", "-A", "worker", "worker"],
            env={**ENVIRONMENT, "DYNAMICS_XERO_CONFIG": file},
            stdout=log,
            stderr=log,
            cwd=tmp_path,
        )
    try:
        until("the contact in Xero", lambda: has_contacts(ready, 1))
        process.send_signal(signal.SIGTERM)
        code = process.wait(LIMIT_S)
    finally:
        process.kill()
        process.wait()

    assert code == 0


def test_killed_in_the_middle_the_next_worker_finishes_and_nothing_is_doubled(
    ready: Place, tmp_path: Path
) -> None:
    with ready.worker(tmp_path / "first.log") as process:
        ready.command("sandbox", "seed", "--accounts", "20")
        until("a first call to Xero", lambda: ready.xero.stats()["calls"] > 0)
        process.kill()
        process.wait()
    with ready.worker(tmp_path / "second.log"):
        until("every contact in Xero", lambda: has_contacts(ready, 20))
        until(  # a call that was under way is first waited out (R22)
            "every account's status",
            lambda: all(row["xero_id"] for row in ready.dynamics.rows("account")),
            limit_s=180,
        )

    names = [row["Name"] for row in ready.xero.rows("contact")]
    assert len(names) == len(set(names)) == 20


def test_a_killed_worker_leaves_nothing_behind_that_goes_on_ticking(
    ready: Place, tmp_path: Path
) -> None:
    broker = ready.serving.home / "broker.db"
    with ready.worker(tmp_path / "worker.log") as process:
        until("a first message", lambda: newest_message(broker) > 0)
        process.kill()
        process.wait()

    before = newest_message(broker)
    with pytest.raises(AssertionError, match="in vain"):
        until("another message", lambda: newest_message(broker) > before, limit_s=3)


def test_a_worker_waits_for_a_remote_that_is_away_and_tells_it_once(
    ready: Place, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    ready.xero.post("faults", {"seed": 1, "rules": [{"kind": "503", "probability": 1.0}]})
    ready.write_account(str(uuid.uuid4()), name="Harbour Tea")
    with ready.worker(log):
        until("a line about it", lambda: b"main failed" in log.read_bytes())
        ready.xero.post("faults", {"seed": 1, "rules": []})
        until("the contact in Xero", lambda: has_contacts(ready, 1))
        until("the good news", lambda: b"main works again" in log.read_bytes())

    text = log.read_text("utf-8")
    assert text.count("main failed") <= 2
    assert "Traceback" not in text


def test_r38_neither_log_nor_broker_holds_a_secret(ready: Place, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    serving = ready.serving
    with ready.worker(log, "--loglevel=DEBUG"):
        ready.write_account(str(uuid.uuid4()), name="Harbour Tea")
        until("a contact in Xero", lambda: has_contacts(ready, 1))
    files = [log, *sorted(serving.home.glob("broker.db*")), *sorted(serving.home.glob("state.db*"))]

    held = b"".join(file.read_bytes() for file in files)

    assert len(files) >= 3
    assert serving.environments[0].client_secret.encode() not in held
    assert serving.organisations[0].client_secret.encode() not in held
    assert (serving.home / "key").read_bytes().strip() not in held
    assert b"Harbour Tea" not in log.read_bytes()
    assert b"Harbour Tea" not in (serving.home / "broker.db").read_bytes()


def test_the_bell_rings_within_two_seconds_and_messages_do_not_pile_up(
    ready: Place, tmp_path: Path
) -> None:
    took = []
    with ready.worker(tmp_path / "worker.log"):
        ready.write_account(str(uuid.uuid4()), name="Warm up")
        until("the first contact", lambda: has_contacts(ready, 1))
        for number in range(2, 7):
            ready.write_account(str(uuid.uuid4()), name=f"Account {number}")
            took.append(until("the next contact", lambda n=number: has_contacts(ready, n)))  # type: ignore[misc]  # a lambda with a default
        with closing(sqlite3.connect(ready.serving.home / "broker.db")) as database:
            question = "SELECT count(*) FROM kombu_message WHERE visible = 1"
            waiting = database.execute(question).fetchone()[0]

    # Two seconds for the bell, and one for polling Dynamics; generous on a shared machine.
    assert max(took) < WITHIN_S
    assert sorted(took)[len(took) // 2] < 4
    assert waiting <= 10
