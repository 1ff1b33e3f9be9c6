"""A person lets the app into Xero, at the command line, with a browser and without."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from dynamics_xero.cli.commands import commands
from dynamics_xero.cli.outcomes import run
from dynamics_xero.connector import Connector, sign_in
from dynamics_xero.connector.connection import Connection
from dynamics_xero.errors import SignInError, WrongEndpointError
from dynamics_xero.model import SideName
from dynamics_xero.sandbox.serving import Serving
from dynamics_xero.settings import load
from dynamics_xero.xero.auth_consent import Asking
from dynamics_xero.xero.auth_grant import Tenant
from tests.json_schemas import faults
from tests.sandbox import Control, caller, start
from tests.trips import browser
from tests.waiting import until

pytestmark = pytest.mark.trip

LIMIT_S = 60
FIRST, SECOND = "Demo Company (org1)", "Demo Company (org2)"
QUIET = {name: text for name, text in os.environ.items() if "DYNAMICS_XERO_" not in name}


@dataclass(frozen=True)
class Place:
    """A sandbox of two organisations, and the folder of a settings file."""

    serving: Serving
    session: requests.Session
    control: Control
    file: Path

    def program(self, *arguments: str) -> list[str]:
        """Return the command line of a process of its own."""
        return [sys.executable, "-m", "dynamics_xero.cli", "--config", str(self.file), *arguments]

    def run(self, *arguments: str) -> int:
        """Run a command in this process."""
        return run(commands, ["--config", str(self.file), *arguments])

    def connector(self) -> Connector:
        return Connector.from_settings(self.file)

    def let_in(
        self,
        connector: Connector,
        name: str,
        *organisations: str,
        choose: sign_in.Choose = lambda found: found[0],
        older_scopes: bool = False,
    ) -> sign_in.SignedIn:
        """Let a connection into organisations, as its command does."""
        one = _of(connector, name)
        asking = sign_in.ask(one, port=None, older_scopes=older_scopes)
        home = browser.consent(self.session, asking.url, *organisations)
        return sign_in.finish(connector.desk, one, asking, home, choose)

    def wait_out_token(self, connector: Connector) -> None:
        """Move the sandbox's clock past a token's end, and see that the connector's went along."""
        clock = connector.desk.shop.clock
        end = clock.now() + timedelta(seconds=1800)
        self.control.post("clock", {"advance_s": 1801})
        until("the connector to notice", lambda: clock.now() > end)

    def sign_ins(self) -> int:
        """Return how often the token endpoint was asked."""
        stats = self.control.get("stats")
        assert isinstance(stats, dict)
        return int(stats["sign_ins"].get("POST /connect/token", {"calls": 0})["calls"])


def _of(connector: Connector, name: str) -> Connection:
    return connector.desk.connections[name]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with start(tmp_path_factory.mktemp("home"), organisations=2) as serving:
        yield serving


@pytest.fixture(params=["web", "native"])
def place(serving: Serving, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """Give two connections that people let in, by an app with a secret or one without."""
    app = next(one for one in serving.apps if one.name == request.param)
    text = serving.settings_file.read_text("utf-8")
    secret = f'client_secret = "{app.client_secret}"\n' if app.client_secret else ""
    for organisation in serving.organisations:
        text = text.replace(organisation.client_id, app.client_id)
        text = text.replace(f'client_secret = "{organisation.client_secret}"\n', secret)
        text = text.replace(f'tenant_id = "{organisation.tenant_id}"\n', "")
    file, key = tmp_path / "dynamics-xero.toml", tmp_path / "key"
    file.write_text(text.replace('flow = "custom_connection"', 'flow = "code"'), "utf-8")
    key.write_bytes((serving.home / "key").read_bytes())
    key.chmod(0o600)
    with caller(serving) as session:
        for name in ("org1", "org2"):
            control = Control(session, serving.xero_url, organisation=name)
            control.post("reset")
            control.post("faults", {"seed": 1, "rules": []})
        yield Place(serving, session, Control(session, serving.xero_url), file)


only_web = pytest.mark.parametrize("place", ["web"], indirect=True)
only_native = pytest.mark.parametrize("place", ["native"], indirect=True)


def free_port() -> int:
    """Return one of the apps' registered ports that nobody has."""
    for port in range(8741, 8790):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("every registered port is taken")


@only_native
def test_the_command_lets_the_app_in_with_a_browser_and_by_a_pasted_address(place: Place) -> None:
    shown = f"{shlex.quote(sys.executable)} {browser.__file__} {place.serving.ca_file} '{FIRST}' %s"
    visit = subprocess.run(
        place.program("auth", "xero", "--connection", "main", f"--port={free_port()}", "--json"),
        env={**QUIET, "BROWSER": shown},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    with subprocess.Popen(
        place.program("auth", "xero", "--no-browser", "--connection", "org2", "--json"),
        env=QUIET,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        url = next(line for line in process.stderr if line.startswith("https://")).strip()
        home = browser.consent(place.session, url, SECOND)
        out, errors = process.communicate(f"{home}\n", timeout=LIMIT_S)

    assert (visit.returncode, process.returncode) == (0, 0), visit.stderr + errors
    for text, organisation in ((visit.stdout, 0), (out, 1)):
        document = json.loads(text)
        assert faults("auth-xero", document) == []
        (signed_in,) = document["signed_in"]
        assert signed_in["id"] == place.serving.organisations[organisation].tenant_id
        assert signed_in["way"] == "code"


@only_web
def test_auth_dynamics_keeps_whose_connection_it_is_and_rotates_the_key(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.run("auth", "dynamics", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert place.run("auth", "xero") == 2
    assert "--connection which one to sign in: main, org2" in capsys.readouterr().err
    assert place.run("auth", "rotate-key", "--json") == 0
    rotated = json.loads(capsys.readouterr().out)

    with place.connector() as connector, connector.desk.shop.store.begin() as tx:
        pinned = tx.endpoints.pinned("main")
        assert tx.endpoints.connection("main") is None, "one half is not a connection yet"
        tx.endpoints.put_connection(replace(pinned, dynamics_key="dynamics:another"))
    assert place.run("auth", "dynamics", "--connection", "main") == 4
    assert "made for another environment" in capsys.readouterr().err

    assert pinned.dynamics_key == f"dynamics:{document['signed_in'][0]['id']}"
    assert pinned.xero_key == ""
    assert faults("auth-dynamics", document) == []
    assert [one["way"] for one in document["signed_in"]] == ["client_secret", "client_secret"]
    assert faults("auth-rotate-key", rotated) == []
    assert rotated == {"tokens": 0, "keys": 2}


def test_r33_two_connections_of_one_app_are_let_into_an_organisation_each(place: Place) -> None:
    with place.connector() as connector:
        before = connector.status()
        for name, organisation in (("main", FIRST), ("org2", SECOND)):
            place.let_in(connector, name, organisation)
        found = {name: _identified(connector, name) for name in ("main", "org2")}
        after = connector.status()
    place.control.post("clock", {"advance_s": 1801})  # renewed without a secret too (trap 15)
    with place.connector() as fresh:
        again = {name: _identified(fresh, name) for name in ("main", "org2")}
        with pytest.raises(WrongEndpointError, match="org2"):
            place.let_in(fresh, "main", SECOND)
        assert _identified(fresh, "main") == found["main"], "it goes on as before"

    tenants = [one.tenant_id for one in place.serving.organisations]
    assert list(found.values()) == tenants
    assert again == found
    assert "dynamics-xero auth xero --connection main" in str(_asks(before, "main"))
    assert "auth xero" not in str(_asks(after, "main"))


def _identified(connector: Connector, name: str) -> str:
    return _of(connector, name).sides[SideName.XERO].identify().remote_id


def _asks(status: Any, name: str) -> Sequence[str]:
    asks: Sequence[str] = status["connections"][name]["asks"]
    return asks


SPOILT: dict[str, tuple[Callable[[str], str], str]] = {
    "another state": (lambda home: home.replace("state=", "state=x"), "another attempt"),
    "no state": (lambda home: home.partition("&state")[0], "another attempt"),
    "only the query": (lambda home: home.partition("?")[2], "pasted whole"),
    "another host": (lambda home: home.replace("localhost", "evil.example"), "pasted whole"),
    "another port": (lambda home: home.replace("localhost:", "localhost:1"), "pasted whole"),
    "a user before the host": (lambda home: home.replace("//", "//x@"), "pasted whole"),
    "no code": (lambda home: home.replace("code=", "coda="), "did not let the app in"),
    "another code": (lambda home: home.replace("code=", "code=x"), "used or too old"),
}


@only_web
def test_what_does_not_answer_this_very_request_counts_for_nothing(place: Place) -> None:
    with place.connector() as connector:
        one = _of(connector, "main")

        def finish(asking: Asking, home: str) -> None:
            sign_in.finish(connector.desk, one, asking, home, lambda found: found[0])

        asking = sign_in.ask(one, port=None, older_scopes=False)
        for name, (spoil, expected) in SPOILT.items():
            home = browser.consent(place.session, asking.url, FIRST)
            with pytest.raises(SignInError, match=expected) as caught:
                finish(asking, spoil(home))
            assert asking.state not in str(caught.value), name
            assert asking.verifier not in repr(asking)
        other = sign_in.ask(one, port=None, older_scopes=False)
        with pytest.raises(SignInError, match="another attempt"):
            finish(other, browser.consent(place.session, asking.url, FIRST))
        with pytest.raises(SignInError, match="did not let the app in"):
            finish(asking, browser.consent(place.session, asking.url, FIRST, answer="deny"))
        narrow = asking.url.replace("accounting.contacts+", "")
        with pytest.raises(SignInError, match="lacks the scope"):
            finish(asking, browser.consent(place.session, narrow, FIRST))
        assert sign_in.asks(one), "nothing of a consent that is too narrow is kept"
        home = browser.consent(place.session, asking.url, FIRST)
        finish(asking, home)
        with pytest.raises(SignInError, match="used or too old"):
            finish(asking, home)
        assert _identified(connector, "main") == place.serving.organisations[0].tenant_id


@only_web
def test_one_of_several_organisations_is_chosen_and_the_older_scopes_do_too(place: Place) -> None:
    def second(found: Sequence[Tenant]) -> Tenant:
        assert [tenant.name for tenant in found] == [FIRST, SECOND]
        return found[1]

    place.control.post("switches", {"bulk_consent": "yes", "scope_model": "broad"})
    try:
        with place.connector() as connector:
            asking = sign_in.ask(_of(connector, "main"), port=None, older_scopes=False)
            refused = place.session.get(asking.url, timeout=LIMIT_S)
            signed_in = place.let_in(
                connector, "main", FIRST, SECOND, choose=second, older_scopes=True
            )
            place.wait_out_token(connector)
            renewed = _identified(connector, "main")
    finally:
        place.control.post("switches", {"bulk_consent": "no", "scope_model": "granular"})

    assert refused.status_code == 400
    assert "Invalid scope for client" in refused.text
    assert signed_in.id == renewed == place.serving.organisations[1].tenant_id


@only_web
def test_a_consent_that_was_taken_back_is_told_once_with_the_command_that_renews_it(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    with place.connector() as connector:
        place.let_in(connector, "main", FIRST)
    rule = {"kind": "revoke_token", "path": "/connect/token", "times": 1}
    place.control.post("faults", {"seed": 1, "rules": [rule]})
    place.control.post("clock", {"advance_s": 1801})

    assert place.run("sync", "--once", "--connection", "main") == 3
    ended = capsys.readouterr().err
    calls = place.sign_ins()
    assert place.run("sync", "--once", "--connection", "main") == 3
    with place.connector() as connector:
        asks = _asks(connector.status(), "main")
        assert place.sign_ins() == calls, "Xero is not asked again until somebody consents"
        place.let_in(connector, "main", FIRST)
        assert _identified(connector, "main")

    assert "has ended" in ended
    assert "dynamics-xero auth xero --connection main" in ended
    assert any("dynamics-xero auth xero --connection main" in ask for ask in asks)


@only_web
def test_r38_a_rotated_key_reseals_the_tokens_beside_a_running_connector(place: Place) -> None:
    with place.connector() as connector:
        place.let_in(connector, "main", FIRST)
        old = (place.file.parent / "key").read_text("ascii").split()
        assert sign_in.rotate_key(load(place.file), drop_old=False) == (1, 2)
        place.wait_out_token(connector)
        assert _identified(connector, "main"), "it opened, renewed and sealed with the new key"
        assert sign_in.rotate_key(load(place.file), drop_old=True) == (1, 1)
        place.wait_out_token(connector)
        assert _identified(connector, "main")
    with place.connector() as fresh:
        assert _identified(fresh, "main")

    (new,) = (place.file.parent / "key").read_text("ascii").split()
    assert new not in old
    assert (place.file.parent / "key").stat().st_mode & 0o777 == 0o600


@only_web
def test_who_lost_the_key_signs_in_again_by_the_command_that_is_named(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    with place.connector() as connector:
        place.let_in(connector, "main", FIRST)
    (place.file.parent / "key").write_text("A" * 43 + "=\n", "ascii")
    assert place.run("sync", "--once", "--connection", "main") == 2
    assert "sign in again: dynamics-xero auth xero" in capsys.readouterr().err

    with place.connector() as connector:
        place.let_in(connector, "main", FIRST)
        assert _identified(connector, "main")


@only_web
def test_a_connection_without_consent_pauses_and_holds_up_no_other(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    with place.connector() as connector:
        connector.provision_apply()
        place.let_in(connector, "org2", SECOND)

    assert place.run("sync", "--once") == 3
    assert "dynamics-xero auth xero --connection main" in capsys.readouterr().err
    with place.connector() as connector, connector.desk.shop.store.read() as tx:
        assert tx.endpoints.connection("org2") is not None, "its turn came all the same"
        assert tx.endpoints.connection("main") is None

    with subprocess.Popen(
        place.program("sync"),
        env=QUIET,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = next(line for line in process.stderr if "pauses" in line)
        process.terminate()
        rest = process.communicate(timeout=LIMIT_S)[1]
    assert "dynamics-xero auth xero --connection main" in said
    assert process.returncode == 0
    assert "pauses" not in rest
