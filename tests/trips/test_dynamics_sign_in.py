"""The Dynamics side signs in by secret, by certificate and as the machine it runs on."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
import trustme

from dynamics_xero.dynamics.auth import DynamicsSignIn
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.dynamics.transport import MAX_SIGN_IN_BYTES, SIGN_IN_ANSWER_S
from dynamics_xero.errors import SignInError, UnavailableError
from dynamics_xero.sandbox.serving import Serving
from dynamics_xero.settings import DynamicsSettings, Secret
from tests import certificates
from tests.listener import Handler, listening
from tests.memory import SteppedClock
from tests.sandbox import start

pytestmark = pytest.mark.trip

IDENTITY_HOST = "AZURE_POD_IDENTITY_AUTHORITY_HOST"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with start(tmp_path_factory.mktemp("home"), plain_http=True) as serving:
        (serving.home / "app-certificate.pem").write_text(certificates.pem(1)[1], "ascii")
        yield serving


def settings_of(serving: Serving, **changes: object) -> DynamicsSettings:
    environment = serving.environments[0]
    plain = DynamicsSettings(
        url=environment.url,
        authority=serving.authority,
        client_id=environment.client_id,
        client_secret=Secret(""),
        ca_file=serving.ca_file,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # the caller knows the fields


def name_of(settings: DynamicsSettings) -> str:
    return DynamicsSide(settings, SteppedClock()).identify().remote_id


def plain_url(serving: Serving) -> str:
    assert serving.dynamics_plain_api_url is not None
    return serving.dynamics_plain_api_url.partition("/api/")[0]


def test_a_certificate_signs_in_and_another_one_is_told_apart(
    serving: Serving, tmp_path: Path
) -> None:
    known = settings_of(serving, certificate_file=certificates.written(tmp_path))
    strange = settings_of(serving, certificate_file=certificates.written(tmp_path, 2))
    (tmp_path / "half.pem").write_text(certificates.pem(1)[1], "ascii")
    half = settings_of(serving, certificate_file=tmp_path / "half.pem")
    spoilt = certificates.pem(1)[1] + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
    (tmp_path / "spoilt.pem").write_text(spoilt, "ascii")

    assert name_of(known)
    with pytest.raises(SignInError, match="does not know the certificate in certificate_file"):
        name_of(strange)
    with pytest.raises(SignInError, match="private key and its certificate"):
        name_of(half)
    mixed = certificates.pem(2)[0] + certificates.pem(1)[1]
    (tmp_path / "mixed.pem").write_text(mixed, "ascii")
    with pytest.raises(SignInError, match="belong together"):
        name_of(settings_of(serving, certificate_file=tmp_path / "mixed.pem"))
    with pytest.raises(SignInError, match="belong together"):
        name_of(settings_of(serving, certificate_file=tmp_path / "spoilt.pem"))


def test_a_managed_identity_signs_in_without_any_secret_and_past_every_proxy(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IDENTITY_HOST, plain_url(serving))
    own = settings_of(serving, managed_identity=True, authority="", client_id="")
    given = replace(own, client_id=serving.environments[0].client_id)

    assert name_of(own) == name_of(given)
    assert DynamicsSignIn(replace(own, proxy="http://127.0.0.1:9"), SteppedClock()).token()
    with pytest.raises(SignInError, match="no managed identity with the client_id"):
        name_of(replace(own, client_id="someone"))
    with pytest.raises(SignInError, match="Check url"):
        name_of(replace(own, url="https://elsewhere.crm.dynamics.com"))


def test_a_token_that_is_rejected_is_fetched_once_more_whichever_way(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(IDENTITY_HOST, plain_url(serving))
    secret = Secret(serving.environments[0].client_secret)
    for way in (
        settings_of(serving, client_secret=secret),
        settings_of(serving, certificate_file=certificates.written(tmp_path)),
        settings_of(serving, managed_identity=True, authority="", client_id=""),
    ):
        sign_in = DynamicsSignIn(way, SteppedClock())
        first = sign_in.token()

        again = sign_in.token(rejected=first)

        assert again != first
        assert [sign_in.token(), sign_in.token(rejected=first)] == [again, again]


def test_a_machine_without_a_metadata_service_says_what_is_wrong(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IDENTITY_HOST, "http://127.0.0.1:9")

    with pytest.raises(UnavailableError, match="Does this run in Azure"):
        name_of(settings_of(serving, managed_identity=True, authority="", client_id=""))


class Visitor(Handler):
    """An authority whose document leads elsewhere, or that redirects; it notes who was asked."""

    asked: ClassVar[list[str]] = []
    document: ClassVar[dict[str, str]] = {}
    redirects: ClassVar[str] = ""
    more: ClassVar[bytes] = b""
    then: ClassVar[Callable[[], object]]

    def do_GET(self) -> None:
        self._answer(json.dumps(self.document).encode() + self.more)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"{}")

    def _answer(self, body: bytes) -> None:
        self.asked.append(f"{self.command} {self.path}")
        self.send_response(307 if self.command == self.redirects else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body[:1])
            type(self).then()
            self.wfile.write(body[1:])

    @classmethod
    def leads_to(cls, url: str, token_endpoint: str) -> None:
        """Give a document as the authority at the URL would, and forget who was asked."""
        cls.asked.clear()
        cls.redirects, cls.more, cls.then = "", b"", lambda: None
        cls.document = {
            "issuer": f"{url}/v2.0",
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": token_endpoint,
        }


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve such an authority over TLS; give its address and the file to trust."""
    issuer = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert("localhost").configure_cert(context)
    issuer.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with listening(Visitor, tls=context) as url:
        yield f"{url}/tenant", tmp_path / "ca.pem"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/tenant/token",
        "https://localhost:1/tenant/token",
        "http://localhost/t/t",
    ],
)
def test_r37_no_secret_goes_where_a_document_of_the_authority_leads(
    serving: Serving, authority: tuple[str, Path], elsewhere: str
) -> None:
    url, ca_file = authority
    Visitor.leads_to(url, elsewhere)
    settings = settings_of(serving, authority=url, ca_file=ca_file, client_secret=Secret("canary"))

    with pytest.raises(SignInError, match="Check authority"):
        name_of(settings)

    assert [one.split()[0] for one in Visitor.asked] == ["GET"]


def test_r37_a_sign_in_that_redirects_or_rambles_is_given_up(
    serving: Serving, authority: tuple[str, Path]
) -> None:
    url, ca_file = authority
    settings = settings_of(serving, authority=url, ca_file=ca_file, client_secret=Secret("canary"))
    clock = SteppedClock()
    spoilt: list[tuple[str, object, int]] = [
        ("redirects", "GET", 1),
        ("redirects", "POST", 2),
        ("more", b" " * MAX_SIGN_IN_BYTES, 1),
        ("then", lambda: clock.sleep(2 * SIGN_IN_ANSWER_S), 1),
    ]
    for name, value, asked in spoilt:
        Visitor.leads_to(url, f"{url}/token")
        setattr(Visitor, name, value)

        with pytest.raises(UnavailableError, match="does not answer"):
            DynamicsSignIn(settings, clock).token()

        assert len(Visitor.asked) == asked
        assert "elsewhere" not in str(Visitor.asked)
