"""The traps of the official client (xero.md section 7), each of which the gateway steps around.

| trap | closed by |
|---|---|
| 1 one configuration for all | test_1_... |
| 2, 3 silent retries and sleeps | test_2_and_3_... |
| 4 no timeout | test_xero_faults, test_rules_bounds: an answer that takes too long is given up |
| 5 errors that cannot be read | test_xero_faults: HTML; test_xero_errors: each status |
| 6, 7 nulls and unknown values | test_hostile_answers; test_xero_records: no row is too strange |
| 8 dates in the machine's zone | test_8_... |
| 9 null cannot be sent | test_xero_side: an empty value clears a text |
| 10, 19, 20 models | test_6_to_8_...: none is used; test_xero_records: numbers stay exact |
| 11, 12 noise, booleans | test_xero_python: the twin takes both |
| 13, 14 the form of a token, no end | test_13_to_16_..., test_xero_renewal: an odd answer |
| 15 no renewal without a secret | test_xero_consent: two connections of one app, "native" |
| 16 no lock around a renewal | test_13_to_16_..., test_xero_flight, test_refresh_storm |
| 17 threads | test_xero_side: five threads write at once |
| 18 debug output | test_18_... |
| 21 files that are downloaded | test_21_... |
| 22 headers are lost | test_xero_faults: no call leaves before Retry-After |
"""

from __future__ import annotations

import ast
import http.client
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from xero_python.accounting import AccountingApi

import dynamics_xero.xero
from dynamics_xero.errors import LostAnswerError, ThrottledError
from dynamics_xero.settings import Secret
from dynamics_xero.xero.side import XeroSide
from tests.memory import MemoryBudgets, MemoryTokens, SteppedClock
from tests.sandbox import Control, caller, start
from tests.trips.xero_world import World, create, created, follow

pytestmark = pytest.mark.trip

USED = {
    "xero_python.exceptions",
    "xero_python.accounting.AccountingApi",
    "xero_python.api_client.ApiClient",
    "xero_python.api_client.Configuration",
    "xero_python.api_client.oauth2.OAuth2Token",
}


@pytest.fixture(scope="module")
def xero(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        start(tmp_path_factory.mktemp("xero"), organisations=2) as serving,
        caller(serving) as session,
    ):
        yield World(serving, session, Control(session, serving.xero_url))


def test_1_two_apps_in_one_process_keep_apart(xero: World) -> None:
    first = xero.fresh()
    organisation = xero.serving.organisations[1]
    settings = replace(
        xero.settings,
        client_id=organisation.client_id,
        client_secret=Secret(organisation.client_secret),
    )
    second = XeroSide(settings, SteppedClock(), MemoryTokens(), MemoryBudgets())

    found = [side.identify().remote_id for side in (first, second, first, second)]

    tenants = [one.tenant_id for one in xero.serving.organisations]
    assert found == tenants * 2


def test_2_and_3_nothing_is_repeated_or_slept_through_behind_our_back(xero: World) -> None:
    side = xero.fresh()
    side.identify()
    before = xero.control.stats()["calls"]
    began = time.monotonic()
    xero.faults({"kind": "429_minute", "method": "PUT", "path": "/Contacts", "seconds": 30})
    with pytest.raises(ThrottledError):
        create(side, {"Name": "Limited"})
    limited = xero.control.stats()["calls"] - before
    side = xero.fresh()
    side.identify()
    before = xero.control.stats()["calls"]
    xero.faults({"kind": "drop_answer", "method": "PUT", "path": "/Contacts"})
    with pytest.raises(LostAnswerError):
        create(side, {"Name": "Dropped"})

    assert limited == 1
    assert xero.control.stats()["calls"] - before == 1
    assert time.monotonic() - began < 20


def test_6_to_8_no_model_of_the_official_client_is_used() -> None:
    folder = Path(dynamics_xero.xero.__file__).parent
    found = set()
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {one.name for one in node.names if one.name.startswith("xero_python")}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("xero_python"):
                found |= {f"{node.module}.{one.name}" for one in node.names}

    assert found == USED


def test_21_no_operation_is_called_that_downloads_a_file() -> None:
    operations = {name for name in dir(AccountingApi) if not name.startswith("_")}
    folder = Path(dynamics_xero.xero.__file__).parent
    nodes = [node for file in folder.glob("*.py") for node in ast.walk(ast.parse(file.read_text()))]
    named = operations & {str(node.value) for node in nodes if isinstance(node, ast.Constant)}

    assert named >= {"get_contacts", "create_contacts", "get_organisations"}
    assert [name for name in named if "pdf" in name or "attachment" in name] == []


def test_8_what_changed_is_asked_for_in_utc_wherever_the_machine_stands(
    xero: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = xero.fresh()
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        created(side, Name="Before")
        xero.control.post("clock", {"advance_s": 3600})
        xero.clock.offset += timedelta(hours=1)
        _, page = follow(side)
        created(side, Name="After")
        records, _ = follow(side, page.cursor)
    finally:
        monkeypatch.undo()
        time.tzset()

    assert [record.values["Name"] for record in records] == ["After"]


def test_13_to_16_the_official_client_never_holds_what_it_could_renew_by(xero: World) -> None:
    side = xero.fresh()
    side.identify()
    grant = side.sign_in.flight.load()
    stats = xero.control.get("stats")
    assert isinstance(stats, dict)
    asked = stats["sign_ins"]["POST /connect/token"]["calls"]

    xero.clock.offset += timedelta(minutes=31)
    side.identify()

    renewed = side.sign_in.flight.load()
    again = xero.control.get("stats")
    assert isinstance(again, dict)
    assert renewed.access != grant.access
    assert renewed.expires_at is not None, "a token without an end is used for ever"
    assert again["sign_ins"]["POST /connect/token"]["calls"] == asked + 1


def test_18_nothing_prints_or_logs_the_token(
    xero: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        side = xero.fresh()
        created(side, Name="Quiet")
        token = side.sign_in.access_token()

    printed = capfd.readouterr()
    assert http.client.HTTPConnection.debuglevel == 0
    assert token not in printed.out + printed.err + caplog.text
    assert xero.settings.client_secret not in printed.out + printed.err + caplog.text
