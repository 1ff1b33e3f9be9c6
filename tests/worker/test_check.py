"""`check`: each thing a sync needs is a line, and one that fails never hides the others."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dynamics_xero import Field
from dynamics_xero.cli import main
from dynamics_xero.cli.check import SETTINGS_FIX
from dynamics_xero.connector import Connector
from dynamics_xero.connector.checking import CheckLine
from dynamics_xero.entities.account import AccountToContact
from tests.json_schemas import faults
from tests.roles import NEEDED, NEEDED_SHARED, restrict
from tests.sandbox import caller, start
from tests.worker.conftest import Place

pytestmark = pytest.mark.trip

LINES = [
    "settings",
    "database",
    "key",
    "main: clock of dynamics",
    "main: clock of xero",
    "main: sign-in to dynamics",
    "main: privileges",
    "main: columns",
    "main: change tracking",
    "main: sign-in to xero",
    "main: scopes",
    "main: calls left",
    "broker",
]
ACCOUNT = "6f1a9d0c-0000-4000-8000-000000000001"
Lines = dict[str, dict[str, str]]


class Checks:
    """Runs `check` in this process."""

    def __init__(self, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
        self.place = place
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, Lines]:
        """Return the exit code and the lines by name, in their order."""
        self._capsys.readouterr()
        file = str(self.place.serving.settings_file)
        code = main(["--config", file, "check", "--json", *arguments])
        document: Any = json.loads(self._capsys.readouterr().out)
        assert faults("check", document) == []
        return code, {line["name"]: line for line in document["checks"]}

    def command(self, *arguments: str) -> int:
        """Run another command in this process."""
        return main(["--config", str(self.place.serving.settings_file), *arguments])

    def rewrite(self, pattern: str, text: str) -> None:
        """Change the settings file."""
        file = self.place.serving.settings_file
        file.write_text(re.sub(pattern, text, file.read_text("utf-8"), flags=re.MULTILINE), "utf-8")


@pytest.fixture
def checks(place: Place, capsys: pytest.CaptureFixture[str]) -> Checks:
    return Checks(place, capsys)


def failing(lines: Lines) -> dict[str, str]:
    """Return the lines that are not OK, by name."""
    return {name: line["state"] for name, line in lines.items() if line["state"] != "OK"}


def test_everything_a_sync_needs_is_a_line_and_the_documented_role_is_enough(
    checks: Checks,
) -> None:
    checks.command("provision", "apply")
    restrict(checks.place, {**NEEDED, "prvReadUser": "Global"})

    code, lines = checks.run()

    assert (code, failing(lines)) == (0, {})
    assert list(lines) == LINES
    assert "all 8" in lines["main: privileges"]["text"]
    assert re.search(r"\d{4} of \d{4} calls", lines["main: calls left"]["text"])
    checks.place.write_account(ACCOUNT, name="Harbour Tea")
    restrict(checks.place, NEEDED)
    assert checks.command("sync", "--once") == 0
    assert checks.place.account(ACCOUNT)["xero_id"]

    state = checks.place.serving.settings_file.parent / "state.db"
    with closing(sqlite3.connect(state)) as database, database:
        database.execute("UPDATE connection SET xero_key = 'xero:another'")
    code, lines = checks.run()

    assert code == 1
    assert failing(lines) == {"main: privileges": "WARN", "main: sign-in to xero": "FAIL"}
    assert "made for another" in lines["main: sign-in to xero"]["text"]


@pytest.fixture
def branched(tmp_path: Path) -> Iterator[Place]:
    """An environment that two Xero organisations share."""
    with start(tmp_path, organisations=2) as serving, caller(serving) as session:
        yield Place(serving, session)


def test_r34_two_organisations_need_our_table_and_the_right_to_point_at_its_records(
    branched: Place,
) -> None:
    """dataverse.md 1.3: Append on what points, AppendTo on what is pointed at."""
    role = {**NEEDED_SHARED, "prvReadUser": "Global"}
    with Connector.from_settings(branched.serving.settings_file) as connector:
        connector.provision_apply()
        restrict(branched, role)

        lines = by_name(connector)

        assert {line.state for line in lines.values()} == {"OK"}
        assert f"all {len(NEEDED_SHARED)} there" in lines["org2: privileges"].text
        assert "xero_link" in lines["main: columns"].text
        branched.write_account(ACCOUNT, name="Harbour Tea")
        connector.sync()
        (row,) = branched.dynamics.rows("xero_link")
        assert row["_xero_accountid_value"] == ACCOUNT

        restrict(branched, {name: far for name, far in role.items() if "AppendTo" not in name})
        lines = by_name(connector)

        for name in ("main: privileges", "org2: privileges"):
            text = "missing: prvAppendToAccount, prvAppendToContact"
            assert (lines[name].state, lines[name].text) == ("FAIL", text)

        person = {"Authorization": f"Bearer {branched.dynamics.token('ada')}"}
        table = f"{branched.serving.dynamics_api_url}/EntityDefinitions(LogicalName='xero_link')"
        assert branched.session.delete(table, headers=person, timeout=60).status_code == 204
        lines = by_name(connector)

        found = lines["org2: columns"]
        assert (found.state, found.fix) == ("FAIL", "dynamics-xero provision apply")
        assert 'first: Add table xero_link ("Xero Link")' in found.text
        assert "after dynamics-xero provision apply" in lines["org2: privileges"].fix


def by_name(connector: Connector) -> dict[str, CheckLine]:
    """Return the lines about both sides."""
    return {line.name: line for line in connector.check()}


def test_one_line_that_fails_never_hides_the_others(checks: Checks) -> None:
    """The code is that of what has to be mended first: settings, then what is not reached."""
    rights = {**NEEDED, "prvReadUser": "Global", "prvReadContact": "Basic"}
    restrict(checks.place, rights)
    checks.place.dynamics.post("clock", {"advance_s": 1000})
    checks.place.xero.post("quota", {"enabled": True, "day": 1})
    checks.rewrite(r"^clock_url.*\n", "")
    checks.rewrite(r"embedded", "amqp://ada:canary@127.0.0.1:1//")

    code, lines = checks.run()

    failed = {
        "main: clock of dynamics": "FAIL",
        "main: clock of xero": "FAIL",
        "main: privileges": "FAIL",
        "main: columns": "FAIL",
        "main: change tracking": "FAIL",
        "main: calls left": "WARN",
        "broker": "FAIL",
    }
    assert code == 3
    assert list(lines) == LINES
    assert failing(lines) == failed
    assert "prvReadContact" in lines["main: privileges"]["text"]
    assert re.fullmatch(r"ours is (99\d|1000) s behind", lines["main: clock of xero"]["text"])
    assert lines["main: columns"]["fix"] == "dynamics-xero provision apply"
    assert all(lines[name]["fix"] for name in failing(lines))
    assert "canary" not in str(lines)

    checks.rewrite(r"amqp:[^\"]*", "embedded")
    checks.place.xero.post("quota", {"enabled": False})
    key = checks.place.serving.settings_file.parent / "key"
    sealed_by = key.read_text("ascii")
    key.write_text("A" * 43 + "=\n", "ascii")
    code, lines = checks.run()

    assert code == 2
    assert failing(lines).items() >= {"key": "FAIL", "main: sign-in to xero": "FAIL"}.items()
    assert "No key opens" in lines["key"]["text"]
    assert lines["key"]["fix"].endswith("dynamics-xero auth xero")
    assert lines["main: scopes"]["text"] == "not looked at: the sign-in to xero fails"
    assert lines["main: sign-in to dynamics"]["state"] == "OK"

    key.write_text(sealed_by, "ascii")
    checks.rewrite(r"sqlite:///state\.db", "sqlite:///no/where.db")
    code, lines = checks.run()

    assert code == 2
    assert list(lines) == [name for name in LINES if name != "key"]
    assert lines["database"]["state"] == "FAIL"
    assert lines["main: sign-in to xero"]["state"] == "OK"


class WithColumn(AccountToContact):
    """Reads a column that nobody has made."""

    tax_number = Field("contoso_nowhere", "TaxNumber")


def test_what_is_only_odd_is_a_warning_and_a_column_that_is_not_there_is_named(
    checks: Checks,
) -> None:
    checks.command("provision", "apply")
    restrict(checks.place, {**NEEDED, "prvReadUser": "Global", "prvWriteAccount": "Basic"})
    checks.rewrite(r"^clock_url.*\n", "")
    checks.place.dynamics.post("clock", {"advance_s": 60})

    code, lines = checks.run()

    warned = ("main: clock of dynamics", "main: clock of xero", "main: privileges")
    assert (code, failing(lines)) == (0, dict.fromkeys(warned, "WARN"))
    assert lines["main: privileges"]["text"] == "not for records of other owners: prvWriteAccount"
    with Connector.from_settings(
        checks.place.serving.settings_file, mappings=[WithColumn]
    ) as connector:
        columns = by_name(connector)["main: columns"]
    assert columns.state == "FAIL"
    assert "contoso_nowhere" in columns.text


def test_a_side_that_is_not_reached_says_so_once(checks: Checks) -> None:
    checks.rewrite(re.escape(checks.place.serving.dynamics_url), "https://localhost:1")

    code, lines = checks.run()

    assert code == 3
    assert failing(lines) == {
        "main: clock of dynamics": "WARN",
        "main: sign-in to dynamics": "FAIL",
        "main: privileges": "WARN",
        "main: columns": "WARN",
        "main: change tracking": "WARN",
    }
    assert "not looked at" in lines["main: columns"]["text"]
    assert all("dynamics-xero" in lines[name]["fix"] for name in failing(lines))
    assert lines["main: sign-in to dynamics"]["fix"].endswith(
        "then: dynamics-xero auth dynamics --connection main"
    )


def test_settings_that_are_wrong_are_listed_each_on_a_line(
    checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    checks.rewrite(r"^first_run.*", 'first_run = "now"\nbroken = 1')
    file = str(checks.place.serving.settings_file)

    assert main(["--config", file, "check", "--json"]) == 2

    document = json.loads(capsys.readouterr().out)
    assert faults("check", document) == []
    assert {line["name"] for line in document["checks"]} == {"settings"}
    texts = " ".join(line["text"] for line in document["checks"])
    assert "first_run" in texts
    assert "broken" in texts
    assert {line["fix"] for line in document["checks"]} == {SETTINGS_FIX}


def test_a_command_that_mends_the_settings_stands_in_its_own_column(checks: Checks) -> None:
    file = checks.place.serving.settings_file
    key = file.parent / "key"

    key.chmod(0o644)
    code, lines = checks.run()
    assert (code, lines["settings"]["fix"]) == (2, f"chmod 600 {key}")
    key.unlink()
    assert checks.run()[1]["settings"]["fix"] == "dynamics-xero init"
    file.unlink()
    assert checks.run()[1]["settings"]["fix"] == "dynamics-xero init"
