"""`plan`, `apply`, `conflicts`, `dead-letters` and `reconcile`: what they print and answer."""

from __future__ import annotations

import json
import stat
import uuid
from pathlib import Path

import pytest

from tests.json_schemas import faults
from tests.worker.conftest import Place

pytestmark = pytest.mark.trip


def asking_first(place: Place) -> None:
    """Let the settings ask for a first plan, as they do by default."""
    file = place.serving.settings_file
    text = file.read_text("utf-8")
    file.write_text(text.replace('first_run = "apply"', 'first_run = "plan"'), "utf-8")


def test_r12_sync_asks_for_a_plan_and_goes_on_once_it_was_applied(
    ready: Place, tmp_path: Path
) -> None:
    asking_first(ready)
    ready.write_account(str(uuid.uuid4()), name="Harbour Tea")
    file = tmp_path / "plan.json"

    first = ready.command("sync", "--once", code=4)
    unstopped = ready.command("sync", code=4)
    status = ready.document("status")
    printed = ready.document("plan", "--out", str(file))
    applied = ready.document("apply", str(file))
    after = ready.document("sync", "--once")

    assert "dynamics-xero plan" in first
    assert "dynamics-xero plan" in unstopped
    assert "first plan" in status["connections"]["main"]["asks"][0]
    assert printed == json.loads(file.read_text("utf-8"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert applied["skipped"] == []
    assert after["connections"]["main"]["asks"] == []
    assert [row["Name"] for row in ready.xero.rows("contact")] == ["Harbour Tea"]
    for name, document in (("status", status), ("plan", printed), ("apply", applied)):
        assert faults(name, document) == []


def test_a_plan_reads_like_a_table_and_an_action_that_moved_ends_with_one(
    ready: Place, tmp_path: Path
) -> None:
    account = str(uuid.uuid4())
    ready.write_account(account, name="Harbour Tea", telephone1="1")
    ready.command("sync", "--once")
    ready.write_account(account, telephone1="2")
    file = tmp_path / "plan.json"

    shown = ready.command("plan", "--out", str(file))
    ready.write_account(account, telephone1="3")
    left = ready.command("apply", str(file), code=1)

    assert "phone: 1 -> 2" in shown
    assert "xero write 1" in shown
    assert account in left
    assert "changed after" in left
    assert ready.command("apply", str(tmp_path / "none.json"), code=2) == ""


def test_conflicts_and_dead_letters_tell_one_story_in_the_form_of_their_schemas(
    ready: Place,
) -> None:
    account = str(uuid.uuid4())
    ready.write_account(account, name="Harbour Tea", emailaddress1="a..b@x.example")
    ready.command("sync", "--once", code=1)

    letters = ready.document("dead-letters")
    table = ready.command("dead-letters", "--entity", "account")
    replayed = ready.document("dead-letters", "replay", "--all")
    conflicts = ready.document("conflicts")
    refused = ready.document("conflicts", "resolve", "1", "name", "--take", "xero", code=2)
    reconciled = ready.document("reconcile", code=1)

    for name, document in (
        ("dead-letters", letters),
        ("dead-letters-replay", replayed),
        ("conflicts", conflicts),
        ("error", refused),
        ("reconcile", reconciled),
    ):
        assert faults(name, document) == []
    assert [letter["dynamics_id"] for letter in letters["dead_letters"]] == [account]
    assert "e-mail" in table
    assert len(replayed["replayed"]) == 1
    assert conflicts["conflicts"] == []
    assert "not in conflict" in refused["error"]["problems"][0]
    assert ready.command("conflicts") == "No conflicts.\n"
    assert "pairs compared" in ready.command("reconcile", code=1)
