"""What can go wrong outside of us ends in one clear sentence and its exit code, nothing half done.

Every condition is a real one: sockets, certificates, roles, a database that has no room left.
"""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
import requests
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine, event

from dynamics_xero.cli import main
from dynamics_xero.connector import Connector, sign_in
from dynamics_xero.model import SideName
from dynamics_xero.xero import auth_consent
from dynamics_xero.xero.auth import granted
from dynamics_xero.xero.side import XeroSide
from tests.json_schemas import faults
from tests.roles import NEEDED, restrict
from tests.trips import browser
from tests.trips.world import World

pytestmark = pytest.mark.trip

ORGANISATION = "Demo Company (org1)"


@dataclass
class Shell:
    """Runs commands in this process on a settings file of this test's own."""

    world: World
    capsys: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        home = self.world.serving.settings_file.parent
        for name in ("key", "dynamics-xero.toml"):
            (self.world.folder / name).write_bytes((home / name).read_bytes())
            (self.world.folder / name).chmod(0o600)

    @property
    def file(self) -> Path:
        return self.world.folder / "dynamics-xero.toml"

    @property
    def state(self) -> Path:
        return self.world.folder / "state.db"

    def run(self, *arguments: str) -> tuple[int, Any]:
        """Return the exit code and the document of a command."""
        self.capsys.readouterr()
        code = main(["--config", str(self.file), "--json", *arguments])
        return code, json.loads(self.capsys.readouterr().out)

    def fails(self, *arguments: str, code: int) -> str:
        """Run a command that has to fail; return the one sentence it ends with."""
        found, document = self.run(*arguments)
        assert found == code, document
        assert faults("error", document) == []
        (sentence,) = document["error"]["problems"]
        assert "Traceback" not in sentence
        return str(sentence)

    def write(self, **changes: str) -> None:
        """Change settings; "dynamics" or "xero", two underscores, a setting."""
        lines, section = [], ""
        wanted = {tuple(path.split("__")): value for path, value in changes.items()}
        for line in self.file.read_text("utf-8").splitlines():
            if line.startswith("["):
                section = line.rpartition(".")[2].rstrip("]")
            value = wanted.get((section, line.partition(" = ")[0]))
            lines.append(line if value is None else f'{line.partition(" = ")[0]} = "{value}"')
        self.file.write_text("\n".join(lines) + "\n", "utf-8")

    def goes_on(self, accounts: int) -> None:
        """Sync once more, as if nothing had been: every account has one contact, made once."""
        assert self.run("sync", "--once")[0] == 0
        assert len(self.world.all_in_xero()) == accounts
        created = [
            entry
            for entry in self.world.xero.entries(actor="connector")
            if entry["action"] == "create"
        ]
        assert len(created) == accounts
        ids = {row["xero_id"] for row in self.world.dynamics.rows("account")}
        assert ids == {row["ContactID"] for row in self.world.all_in_xero()}


@pytest.fixture
def shell(world: World, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Give a provisioned environment with one account that waits for its contact."""
    shell = Shell(world, capsys)
    assert shell.run("provision", "apply")[0] == 0
    world.account("Harbour Tea")
    return shell


@contextmanager
def nothing_written(world: World) -> Iterator[None]:
    """Fail if the connector writes anything on either side in the block."""
    before = world.mark()
    yield
    assert world.written(before) == []


@contextmanager
def tls_server(certificate: Path, key: Path) -> Iterator[int]:
    """Shake hands with everybody on a loopback port, by that certificate; nothing comes after."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    raw, _ = listener.accept()
                except OSError:
                    return
                try:
                    with raw, context.wrap_socket(raw, server_side=True) as talk:
                        talk.recv(1)
                except OSError:
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for localhost that only its own key vouches for; return both files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - day)
        .not_valid_after(datetime.now(UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "server-key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


PLACES = [
    ("dynamics__authority", "/tenant", "sign-in address"),
    ("xero__identity_url", "", "Xero address"),
    ("xero__api_url", "/api.xro/2.0", "Xero address"),
]


@pytest.mark.parametrize("said", ["Hostname mismatch", "self-signed certificate"])
def test_a_certificate_that_is_not_theirs_is_refused(
    shell: Shell, said: str, tmp_path: Path
) -> None:
    certificate, key = self_signed(tmp_path)
    if said == "Hostname mismatch":
        authority = trustme.CA()
        other = authority.issue_cert("elsewhere.example").private_key_and_cert_chain_pem
        other.write_to_path(str(certificate))
        other.write_to_path(str(key))
        trusted = shell.world.serving.ca_file.read_bytes() + authority.cert_pem.bytes()
        ca_file = tmp_path / "both.pem"
        ca_file.write_bytes(trusted)
        shell.write(dynamics__ca_file=str(ca_file), xero__ca_file=str(ca_file))
    as_it_was = shell.file.read_text("utf-8")
    with tls_server(certificate, key) as port, nothing_written(shell.world):
        for setting, path, named in PLACES:
            shell.file.write_text(as_it_was, "utf-8")
            shell.write(**{setting: f"https://localhost:{port}{path}"})
            sentence = shell.fails("sync", "--once", code=3)
            assert "certificate" in sentence, setting
            assert "not trusted" in sentence, setting
            assert named in sentence, setting
            assert "ca_file" in sentence, setting
        shell.file.write_text(as_it_was, "utf-8")
        shell.write(xero__identity_url=f"https://localhost:{port}")
        code, document = shell.run("check")
        clock = {line["name"]: line for line in document["checks"]}["main: clock of xero"]
        assert (code, clock["state"]) == (3, "FAIL")
        assert said in clock["text"]
        assert "ca_file" in clock["fix"]

    shell.file.write_text(as_it_was, "utf-8")
    shell.goes_on(1)


@pytest.mark.parametrize("side", ["dynamics", "xero"])
def test_a_wrong_secret_names_the_setting_and_is_not_shown(shell: Shell, side: str) -> None:
    as_it_was = shell.file.read_text("utf-8")
    shell.write(**{f"{side}__client_secret": "canary-of-a-secret"})

    with nothing_written(shell.world):
        sentence = shell.fails("sync", "--once", code=3)

    assert "client_secret" in sentence
    assert "canary" not in sentence
    shell.file.write_text(as_it_was, "utf-8")
    shell.goes_on(1)


def test_a_connection_that_was_taken_back_asks_to_connect_again(shell: Shell) -> None:
    shell.goes_on(1)
    disconnect(shell.world)
    shell.world.account("Brush Co")

    with nothing_written(shell.world):
        sentence = shell.fails("sync", "--once", code=3)

    assert "not connected to any organisation" in sentence
    assert "developer portal" in sentence
    shell.world.xero.post("reset")


def disconnect(world: World) -> None:
    """Take the app's connection back, as a person does on Xero's page of connected apps."""
    organisation = world.serving.organisations[0]
    root = world.serving.xero_identity_url
    given = {"grant_type": "client_credentials", "scope": "accounting.contacts"}
    auth = (organisation.client_id, organisation.client_secret)
    answer = world.session.post(f"{root}/connect/token", data=given, auth=auth, timeout=30)
    session = requests.Session()
    session.verify, session.trust_env = world.session.verify, False
    with session:
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        (connection,) = session.get(f"{root}/connections", timeout=30).json()
        gone = session.delete(f"{root}/connections/{connection['id']}", timeout=30)
    assert gone.status_code == 204, gone.text


def test_a_missing_scope_is_named_by_check_and_stops_a_sync(shell: Shell) -> None:
    app = next(one for one in shell.world.serving.apps if one.name == "web")
    shell.write(
        xero__flow="code", xero__client_id=app.client_id, xero__client_secret=app.client_secret
    )
    with Connector.from_settings(shell.file) as connector:
        adopt(shell.world, connector, "openid offline_access accounting.settings")

    with nothing_written(shell.world):
        sentence = shell.fails("sync", "--once", code=3)
        code, document = shell.run("check")

    assert "lacks a scope" in sentence
    assert "accounting.contacts" in sentence
    lines = {line["name"]: line for line in document["checks"]}
    assert code == 3
    assert lines["main: scopes"]["state"] == "FAIL"
    assert lines["main: scopes"]["text"] == "the token lacks accounting.contacts"
    assert lines["main: scopes"]["fix"] == "dynamics-xero auth xero --connection main"


def adopt(world: World, connector: Connector, scope: str) -> None:
    """Let the app in for some scopes only, as an app that holds no others is let in."""
    (one,) = connector.desk
    side = one.sides[SideName.XERO]
    assert isinstance(side, XeroSide)
    asking = sign_in.ask(one, port=None, older_scopes=False)
    url = re.sub(r"scope=[^&]*", f"scope={quote_plus(scope)}", asking.url)
    home = browser.consent(world.session, url, ORGANISATION)
    form = {
        "grant_type": "authorization_code",
        "code": auth_consent.code_in(asking, home),
        "redirect_uri": asking.redirect_uri,
        "code_verifier": asking.verifier,
    }
    document, asked_at = side.sign_in.identity.token(form)
    grant = granted(document, asked_at)
    (tenant,) = auth_consent.let_in(side.sign_in, grant)
    side.sign_in.adopt(grant, tenant)


@pytest.mark.parametrize("missing", ["prvReadAccount", "prvWriteAccount"])
def test_a_missing_privilege_is_named_and_what_was_done_is_not_done_twice(
    shell: Shell, missing: str
) -> None:
    restrict(shell.world, {name: depth for name, depth in NEEDED.items() if name != missing})

    sentence = shell.fails("sync", "--once", code=3)

    assert "lacks a privilege" in sentence
    assert missing in sentence
    restrict(shell.world, NEEDED)
    shell.goes_on(1)


def test_a_full_disk_stops_before_anything_is_half_done(shell: Shell) -> None:
    """SQLite's own limit of pages makes it say SQLITE_FULL, wherever a page more is wanted."""
    names = [f"Account {number:02d} " + "x" * 60 for number in range(12)]
    for name in names:
        shell.world.account(name)
    shell.run("status")
    with closing(sqlite3.connect(shell.state)) as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()

    stopped = []
    for room in (0, 1, 3, 7, 11):
        with room_for(pages + room):
            code, document = shell.run("sync", "--once")
        if code == 3:
            stopped.append(len(shell.world.all_in_xero()))
            assert "disk" in str(document["error"]["problems"])
            assert "is full" in str(document["error"]["problems"])
            shell.world.dynamics.post("clock", {"advance_s": 300})  # until the dead lane is free

    assert len(stopped) >= 3
    assert (min(stopped), max(stopped)) == (0, len(names) + 1), "before and after sending"
    shell.goes_on(len(names) + 1)


def test_a_disk_that_is_full_from_the_beginning_leaves_no_half_of_a_database(
    shell: Shell,
) -> None:
    for file in shell.state.parent.glob("state.db*"):
        file.unlink()

    with room_for(2), nothing_written(shell.world):
        for command in (["status"], ["sync", "--once"], ["auth", "xero"], ["auth", "rotate-key"]):
            sentence = shell.fails(*command, code=3)
            assert "cannot be opened" in sentence, command
            assert "is full" in sentence, command

    assert len((shell.world.folder / "key").read_text("ascii").split()) == 1
    shell.goes_on(1)


@contextmanager
def room_for(pages: int) -> Iterator[None]:
    """Let no SQLite database of this process grow beyond so many pages."""

    def limit(raw: Any, _entry: object) -> None:
        raw.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def test_a_database_of_a_newer_version_is_left_alone(shell: Shell) -> None:
    shell.goes_on(1)
    with closing(sqlite3.connect(shell.state)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        before = list(database.iterdump())
    shell.world.account("Brush Co")

    with nothing_written(shell.world):
        sentence = shell.fails("sync", "--once", code=2)

    assert "revision 9999" in sentence
    assert "newer dynamics-xero" in sentence
    with closing(sqlite3.connect(shell.state)) as database:
        assert list(database.iterdump()) == before
