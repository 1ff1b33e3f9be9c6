"""The commands against both twins: what they print, and what they answer the shell."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.json_schemas import faults
from tests.waiting import until
from tests.worker.conftest import ENVIRONMENT, LIMIT_S, Place

pytestmark = pytest.mark.trip

BAD_EMAIL = "accounts..desk@example.com"


def test_the_commands_tell_one_story_in_the_form_of_their_schemas(place: Place) -> None:
    missing = place.document("provision", "plan")
    unready = place.document("check", code=1)
    made = place.document("provision", "apply")
    again = place.document("provision", "apply")
    checked = place.document("check")
    seeded = place.document("sandbox", "seed", "--accounts", "3", "--xero-contacts", "1")
    synced = place.document("sync", "--once")
    status = place.document("status")
    links = place.document("links", "--entity", "account")
    history = place.document("history", links["links"][0]["dynamics_id"])

    for name, document in (
        ("provision", missing),
        ("check", unready),
        ("provision", made),
        ("provision", again),
        ("check", checked),
        ("sandbox-seed", seeded),
        ("sync", synced),
        ("status", status),
        ("links", links),
        ("history", history),
        ("sandbox-serve", json.loads(place.serving.line())),
    ):
        assert faults(name, document) == []
    assert made["steps"] == missing["steps"] != []
    assert again["steps"] == []
    assert {line["state"] for line in checked["checks"]} == {"OK"}
    assert checked["checks"][-1]["name"] == "broker"
    assert len(links["links"]) == 3
    assert {link["status"] for link in links["links"]} == {"Synced"}
    assert history["history"] != []


def test_people_read_tables_and_provisioning_twice_has_nothing_to_do(ready: Place) -> None:
    ready.command("sandbox", "seed", "--accounts", "2", "--contacts-per-account", "0")

    assert ready.command("provision", "apply") == "nothing to do\n"
    assert re.search(r"(?m)^account +2 ", ready.command("sync", "--once"))
    assert "Synced: 2" in ready.command("status")
    assert len(ready.command("links").splitlines()) == 3
    assert ready.command("links", "--status", "Failed") == "No links.\n"
    assert "Nothing was done" in ready.command("history", str(uuid.uuid4()))


def test_a_record_that_fails_is_named_and_ends_the_sync_with_one(ready: Place) -> None:
    account_id = str(uuid.uuid4())
    ready.write_account(account_id, name="Harbour Tea", emailaddress1=BAD_EMAIL)

    report = ready.document("sync", "--once", code=1)

    assert faults("sync", report) == []
    (failed,) = report["failed"]
    assert (failed["dynamics_id"], failed["status"]) == (account_id, "Failed")
    assert "e-mail" in failed["remark"]
    assert "e-mail" in ready.command("sync", "--once", code=1)


def test_r12_the_first_sync_only_plans_and_ends_with_four(ready: Place) -> None:
    file = ready.serving.settings_file
    ready.command("sandbox", "seed", "--accounts", "2")
    file.write_text(file.read_text("utf-8").replace('first_run = "apply"', 'first_run = "plan"'))

    report = ready.document("sync", "--once", code=4)

    assert faults("sync", report) == []
    assert report["planned"] is True
    assert report["connections"]["main"]["entities"]["account"]["to_xero"]["create"] == 2
    assert ready.xero.rows("contact") == []
    assert ready.dynamics.entries(actor="connector", after=0) == []


def test_a_twin_that_is_not_there_ends_with_three(place: Place) -> None:
    file = place.serving.settings_file
    nowhere = file.read_text("utf-8").replace(place.serving.dynamics_url, "https://localhost:1")
    file.write_text(nowhere, "utf-8")

    document = place.document("sync", "--once", code=3)
    checked = place.document("check", code=3)

    assert faults("error", document) == []
    assert faults("check", checked) == []
    assert "FAIL" in {line["state"] for line in checked["checks"]}


def test_a_secret_that_is_wrong_ends_with_three_and_is_not_shown(place: Place) -> None:
    file = place.serving.settings_file
    secret = place.serving.organisations[0].client_secret
    file.write_text(file.read_text("utf-8").replace(secret, "canary-secret"), "utf-8")

    printed = place.command("sync", "--once", "--json", code=3)

    assert faults("error", json.loads(printed)) == []
    assert "canary" not in printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sync_without_once_goes_on_until_a_signal(ready: Place, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*ready.program(), "sync"], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    )

    def contacts() -> int:
        return len(ready.xero.rows("contact"))

    try:
        ready.write_account(str(uuid.uuid4()), name="Harbour Tea")
        until("a contact in Xero", lambda: process.poll() is not None or contacts() == 1)
        ready.write_account(str(uuid.uuid4()), name="Hill Coffee")
        until("the next contact in Xero", lambda: process.poll() is not None or contacts() == 2)
        process.send_signal(number)
        _, told = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
        process.wait()

    assert process.returncode == 0, told
    assert contacts() == 2
    assert told.endswith("Stopped.\n")


def test_serve_and_load_answer_in_the_form_of_their_schemas(place: Place, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(CUSTOMERS, "utf-8")

    loaded = place.document("sandbox", "load", str(tmp_path))
    refused = place.document("sandbox", "load", str(tmp_path / "nowhere"), code=2)

    assert faults("sandbox-load", loaded) == []
    assert loaded["written"] == {"accounts": 1, "contacts": 1}
    assert faults("error", refused) == []


CUSTOMERS = """\
customerID,companyName,contactName,contactTitle,address,city,region,postalCode,country,phone,fax
TEABX,Harbour Tea,Ana Trujillo,Owner,1 Quay,Mexico D.F.,,05021,Mexico,555,
"""
