"""`sandbox serve`: its one line, its files, its end, and its second start."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from dynamics_xero.sandbox.assembly import ServeOptions
from dynamics_xero.sandbox.background import running
from dynamics_xero.settings import load as load_settings
from tests.sandbox import Control, caller, start
from tests.tiny_twin import TINY_TWINS

PROGRAM = """
import pathlib, sys
from dynamics_xero.sandbox.assembly import ServeOptions
from dynamics_xero.sandbox.serve import serve
serve(ServeOptions(home=pathlib.Path(sys.argv[1]), seed=5), sys.stdout)
"""
KEYS = {
    "dynamics_url",
    "dynamics_api_url",
    "dynamics_plain_api_url",
    "authority",
    "xero_url",
    "xero_api_url",
    "xero_plain_api_url",
    "xero_identity_url",
    "ca_file",
    "settings_file",
    "clock_url",
    "environments",
    "organisations",
}
LIMIT_S = 30


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_prints_one_json_line_and_ends_well_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        with requests.Session() as session:
            session.trust_env, session.verify = False, facts["ca_file"]
            people = session.get(f"{facts['xero_url']}/_sandbox/people", timeout=LIMIT_S)
            process.send_signal(number)
            rest, errors = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
        process.wait()

    assert facts.keys() >= KEYS
    assert facts["environments"][0].keys() == {
        "name", "url", "tenant", "client_id", "client_secret",
    }  # fmt: skip
    assert facts["organisations"][0].keys() == {
        "name", "tenant_id", "client_id", "client_secret", "refresh_token",
    }  # fmt: skip
    assert facts["dynamics_plain_api_url"] is None
    assert people.status_code == 200
    assert (process.returncode, rest, errors) == (0, "", "")


def test_the_same_home_starts_where_it_stopped(tmp_path: Path) -> None:
    options = ServeOptions(home=tmp_path, seed=5)
    with running(options, TINY_TWINS) as first, caller(first) as session:
        control = Control(session, first.dynamics_url)
        made = session.post(f"{first.dynamics_url}/things", json={"name": "a"}).json()
        control.post("clock", {"advance_s": 86_400})
        control.post("quota", {"minute": 7})
        control.post("switches", {"colour": "blue"})
        kept = [control.get(call) for call in ("stats", "quota", "switches", "people", "ledger")]
        key = (tmp_path / "key").read_bytes()

    with running(options, TINY_TWINS) as second, caller(second) as session:
        control = Control(session, second.dynamics_url)
        again = [control.get(call) for call in ("stats", "quota", "switches", "people", "ledger")]
        rows = control.rows("thing")
        other = session.post(f"{second.dynamics_url}/things", json={"name": "b"}).json()
        clock = control.get("clock")

    assert again == kept
    assert rows == [made]
    assert other["id"] != made["id"]
    assert isinstance(clock, dict)
    assert clock["offset_s"] == 86_400
    assert (second.dynamics_url, second.xero_url) == (first.dynamics_url, first.xero_url)
    assert second.environments == first.environments
    assert second.organisations == first.organisations
    assert (tmp_path / "key").read_bytes() == key


def test_the_same_seed_gives_the_same_ids_and_tokens(tmp_path: Path) -> None:
    def facts(home: str, seed: int) -> tuple[object, ...]:
        with (
            running(ServeOptions(home=tmp_path / home, seed=seed), TINY_TWINS) as serving,
            caller(serving) as session,
        ):
            made = session.post(f"{serving.dynamics_url}/things", json={"name": "a"}).json()
            people = Control(session, serving.xero_url).get("people")
            tenants = [environment.tenant for environment in serving.environments]
            return made, people, tenants, serving.organisations

    first = facts("one", 5)

    assert facts("two", 5) == first
    assert facts("three", 6) != first


def test_the_settings_file_names_every_connection(tmp_path: Path) -> None:
    options = ServeOptions(home=tmp_path, seed=5, organisations=3, environments=2)
    with running(options, TINY_TWINS) as serving:
        settings = tomllib.loads(serving.settings_file.read_text("utf-8"))
        key_file = tmp_path / settings["key_file"]

        assert settings["state"].startswith("sqlite:///")
        assert (settings["broker"], settings["first_run"]) == ("embedded", "apply")
        assert settings["clock_url"] == serving.clock_url
        assert settings["from_date"].isoformat() == "2026-01-01"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        Fernet(key_file.read_bytes().strip())
        ends = settings["connections"]
        assert list(ends) == ["main", "org2", "org3"]
        urls = [environment.url for environment in serving.environments]
        assert [one["dynamics"]["url"] for one in ends.values()] == [urls[0], urls[1], urls[1]]
        assert [one["xero"]["tenant_id"] for one in ends.values()] == [
            organisation.tenant_id for organisation in serving.organisations
        ]
        assert ends["main"]["dynamics"] == {
            "url": urls[0],
            "authority": serving.authority,
            "client_id": serving.environments[0].client_id,
            "client_secret": serving.environments[0].client_secret,
            "ca_file": str(serving.ca_file),
            "allow_custom_host": True,
            "poll_s": 1,
        }
        assert ends["main"]["xero"] == {
            "flow": "custom_connection",
            "client_id": serving.organisations[0].client_id,
            "client_secret": serving.organisations[0].client_secret,
            "tenant_id": serving.organisations[0].tenant_id,
            "api_url": serving.xero_api_url,
            "identity_url": serving.xero_identity_url,
            "login_url": serving.xero_login_url,
            "ca_file": str(serving.ca_file),
            "allow_custom_host": True,
            "poll_s": 2,
        }


def test_the_connector_takes_the_settings_file_as_it_is(tmp_path: Path) -> None:
    with running(ServeOptions(home=tmp_path, seed=5, organisations=2), TINY_TWINS) as serving:
        settings = load_settings(serving.settings_file, {})

        assert list(settings.connections) == ["main", "org2"]
        assert settings.linger_s == 0
        assert settings.clock_url == serving.clock_url
        assert settings.connections["main"].dynamics.poll_s == 1
        assert settings.connections["main"].xero.poll_s == 2


def test_plain_ports_serve_the_api_but_no_sign_in(tmp_path: Path) -> None:
    options = ServeOptions(home=tmp_path, seed=5, plain_http=True)
    with running(options, TINY_TWINS) as serving, caller(serving) as session:
        assert serving.xero_plain_api_url is not None
        assert serving.xero_plain_api_url.endswith("/api.xro/2.0")
        plain = serving.xero_plain_api_url.removesuffix("/api.xro/2.0")

        assert plain.startswith("http://localhost:")
        assert session.get(f"{plain}/things").status_code == 200
        assert session.post(f"{plain}/token").status_code == 404
        assert session.post(f"{serving.xero_url}/token").status_code == 200


def test_a_stranger_to_the_sandboxs_authority_refuses_its_certificate(tmp_path: Path) -> None:
    with (
        running(ServeOptions(home=tmp_path, seed=5), TINY_TWINS) as serving,
        requests.Session() as session,
    ):
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(serving.dynamics_url)
        session.verify = str(serving.ca_file)
        port = serving.dynamics_url.rpartition(":")[2]
        assert session.get(f"https://127.0.0.1:{port}/things").status_code == 200


def test_a_fresh_sandbox_holds_people_but_no_records(tmp_path: Path) -> None:
    with start(tmp_path) as serving, caller(serving) as session:
        dynamics = Control(session, serving.dynamics_url)
        xero = Control(session, serving.xero_url)

        assert dynamics.rows("account") == dynamics.rows("contact") == []
        assert xero.rows("contact") == []
        assert len(dynamics.rows("systemuser")) >= 3
        assert dynamics.entries() == xero.entries() == []


def test_a_wanted_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    with running(ServeOptions(home=tmp_path / "one", seed=5), TINY_TWINS) as serving:
        taken = int(serving.xero_url.rpartition(":")[2])

        with (
            pytest.raises(OSError, match="in use"),
            running(ServeOptions(home=tmp_path / "two", seed=5, xero_port=taken), TINY_TWINS),
        ):
            pass


def test_a_folder_houses_one_sandbox_at_a_time(tmp_path: Path) -> None:
    with (
        running(ServeOptions(home=tmp_path), TINY_TWINS),
        pytest.raises(OSError, match="another sandbox already serves"),
        running(ServeOptions(home=tmp_path), TINY_TWINS),
    ):
        pytest.fail("two sandboxes share their databases")
    with running(ServeOptions(home=tmp_path), TINY_TWINS) as serving:
        assert serving.home == tmp_path
