"""The consent page and what comes of it, as xero.md section 1 describes it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.contract.xero_server import Json, Xero
from tests.trips.browser import consent

REDIRECT = "http://localhost:8740/callback"
SCOPE = "openid offline_access accounting.contacts accounting.settings"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
ORG1, ORG2 = "Demo Company (org1)", "Demo Company (org2)"


@dataclass
class App:
    """An app registered with the twin, on its way through a consent."""

    xero: Xero
    id: str
    secret: str = ""

    def page(self, **changes: str) -> str:
        """Return the address to open; an empty change leaves a parameter out."""
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": REDIRECT,
            "scope": SCOPE,
            "state": "a state & more",
            "code_challenge": CHALLENGE.decode(),
            "code_challenge_method": "S256",
        }
        kept = {name: text for name, text in {**asked, **changes}.items() if text}
        return f"{self.xero.url}/identity/connect/authorize?{urlencode(kept)}"

    def consented(self, *organisations: str, **changes: str) -> dict[str, str]:
        """Let a user consent; return what comes back to the app."""
        home = consent(self.xero.session, self.page(**changes), *organisations)
        assert home.startswith(f"{REDIRECT}?")
        return {name: values[0] for name, values in parse_qs(urlsplit(home).query).items()}

    def trade(self, code: str, **changes: str) -> requests.Response:
        form = {
            "grant_type": "authorization_code",
            "client_id": self.id,
            "client_secret": self.secret,
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
        }
        return self.xero.token(**{n: t for n, t in {**form, **changes}.items() if t})

    def signed_in(self, *organisations: str, **changes: str) -> Json:
        answer = self.trade(self.consented(*organisations, **changes)["code"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refreshed(self, token: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": self.id}
        return self.xero.token(**form, client_secret=self.secret)

    def connections(self, access: str, **params: str) -> list[Json]:
        answer = self.xero.session.get(
            f"{self.xero.url}/connections", params=params, headers=bearer(access), timeout=20
        )
        return list(answer.json())


def bearer(access: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access}", "Accept": "application/json"}


@pytest.fixture
def both(running_xero: Xero) -> Iterator[Xero]:
    """Give the twin with nobody let into either organisation."""
    running_xero.session.post(f"{running_xero.url}/_sandbox/reset?organisation=org2", timeout=20)
    yield running_xero.fresh()
    running_xero.fresh()


@pytest.fixture
def web(both: Xero) -> App:
    facts = both.endpoint.facts
    return App(both, facts["web_client_id"], facts["web_client_secret"])


@pytest.fixture
def native(both: Xero) -> App:
    return App(both, both.endpoint.facts["native_client_id"])


def test_a_consent_gives_a_code_once_and_the_state_as_it_was(web: App) -> None:
    """xero.md 1, Authorization code: one use; state comes back unchanged."""
    back = web.consented(ORG1)

    first, second = web.trade(back["code"]), web.trade(back["code"])

    assert back["state"] == "a state & more"
    assert first.json().keys() == {
        "access_token", "refresh_token", "id_token", "expires_in", "token_type", "scope",
    }  # fmt: skip
    # It tells who signed in, and lets nobody in.
    headers = bearer(first.json()["id_token"])
    assert web.xero.call("GET", "/Contacts", headers=headers).status_code == 401
    assert (first.json()["expires_in"], first.json()["scope"]) == (1800, SCOPE)
    assert (second.status_code, second.text) == (400, '{"error":"invalid_grant"}')


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://localhost:8741/callback"},
        {"code_verifier": ""},
        {"code_verifier": "w" * 43},
        {"code_verifier": "short"},
    ],
)
def test_a_code_is_bound_to_its_address_and_its_verifier(
    native: App, changes: dict[str, str]
) -> None:
    """xero.md 1, PKCE: S256; a failed attempt spends the code."""
    code = native.consented(ORG1)["code"]

    refused = native.trade(code, **changes)

    assert (refused.status_code, refused.text) == (400, '{"error":"invalid_grant"}')
    assert native.trade(code).status_code == 400
    assert native.trade("unknown").text == refused.text


def test_a_code_belongs_to_its_app_and_lives_five_minutes(web: App, native: App) -> None:
    """xero.md 1, Authorization code: about five minutes (not verified)."""
    assert native.trade(web.consented(ORG1)["code"]).text == '{"error":"invalid_grant"}'
    late = web.consented(ORG1)["code"]

    web.xero.control("POST", "clock", {"advance_s": 301})

    assert web.trade(late).text == '{"error":"invalid_grant"}'


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://localhost:9999/callback"},
        {"response_type": "token"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"scope": "accounting.contacts everything"},
        {"scope": ""},
    ],
)
def test_a_faulty_request_shows_a_page_and_sends_nobody_anywhere(
    native: App, changes: dict[str, str]
) -> None:
    """xero.md 1: redirect URIs are registered, PKCE is a native app's; lacking scopes: a page."""
    answer = native.xero.session.get(native.page(**changes), timeout=20, allow_redirects=False)

    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "<h1>" in answer.text


def test_custom_connections_have_no_page_and_other_apps_no_client_credentials(web: App) -> None:
    """xero.md 1, Custom connection."""
    custom = App(web.xero, web.xero.endpoint.facts["client_id"])

    assert web.xero.session.get(custom.page(), timeout=20).status_code == 400
    answer = web.xero.token(
        grant_type="client_credentials", client_id=web.id, client_secret=web.secret
    )
    assert answer.text == '{"error":"unauthorized_client"}'


def test_who_says_no_and_who_may_hear_of_scopes(web: App) -> None:
    """RFC 6749, 4.1.2.1: access_denied; whether invalid_scope comes back is a switch."""
    home = consent(web.xero.session, web.page(), ORG1, answer="deny")
    web.xero.control("POST", "switches", {"authorise_scope_refusal": "redirect"})
    lacking = web.xero.session.get(
        web.page(scope="accounting.transactions"), timeout=20, allow_redirects=False
    )

    assert parse_qs(urlsplit(home).query)["error"] == ["access_denied"]
    assert "error=invalid_scope" in lacking.headers["Location"]


@pytest.mark.parametrize(
    ("model", "scope", "status"),
    [
        ("granular", "offline_access accounting.invoices.read", 200),
        ("granular", "offline_access accounting.transactions", 400),
        ("broad", "offline_access accounting.transactions", 200),
        ("broad", "offline_access accounting.payments", 400),
        ("both", "offline_access accounting.payments accounting.transactions", 200),
    ],
)
def test_the_page_knows_granular_and_older_scopes(
    web: App, model: str, scope: str, status: int
) -> None:
    """xero.md 1, Scopes and the 2026 change."""
    web.xero.control("POST", "switches", {"scope_model": model})

    assert web.xero.session.get(web.page(scope=scope), timeout=20).status_code == status


def test_scopes_are_those_of_the_consent_and_offline_access_brings_the_refresh_token(
    web: App,
) -> None:
    """xero.md 1, offline_access; a refreshed token has no more scopes than were consented."""
    brief = web.signed_in(ORG1, scope="accounting.contacts")
    lasting = web.signed_in(ORG1, scope="offline_access accounting.settings.read")
    renewed = web.refreshed(lasting["refresh_token"]).json()

    assert not {"refresh_token", "id_token"} & brief.keys()
    assert "id_token" not in renewed
    assert renewed["scope"] == "offline_access accounting.settings.read"
    for token, expected in ((brief, 200), (renewed, 401)):
        headers = bearer(token["access_token"])
        assert web.xero.call("GET", "/Contacts", headers=headers).status_code == expected


def test_each_organisation_is_let_in_apart_and_the_filter_tells_which_was_last(web: App) -> None:
    """xero.md 1, /connections: authEventId; one organisation a consent unless bulk is bought."""
    web.signed_in(ORG1)
    latest = web.signed_in(ORG2)["access_token"]
    every = web.connections(latest)
    event = next(one["authEventId"] for one in every if one["tenantName"] == ORG2)

    assert {one["tenantName"] for one in every} == {ORG1, ORG2}
    assert [one["tenantName"] for one in web.connections(latest, authEventId=event)] == [ORG2]
    form = {"organisation": [one["tenantId"] for one in every], "answer": "allow"}
    query = dict(parse_qs(urlsplit(web.page()).query))
    url = f"{web.xero.url}/identity/connect/authorize"
    assert web.xero.session.post(url, data={**query, **form}, timeout=20).status_code == 400
    web.xero.control("POST", "switches", {"bulk_consent": "yes"})
    assert len(web.connections(web.signed_in(ORG1, ORG2)["access_token"])) == 2


def test_a_deleted_connection_is_one_apps_own_and_a_consent_brings_it_back(
    web: App, native: App
) -> None:
    """xero.md 1, DELETE /connections/{id}; 403 from the API then."""
    access = web.signed_in(ORG1)["access_token"]
    other = native.signed_in(ORG1)["access_token"]
    (element,) = web.connections(access)
    url = f"{web.xero.url}/connections/{element['id']}"

    assert web.xero.session.delete(url, headers=bearer(other), timeout=20).status_code == 404
    assert web.xero.session.delete(url, headers=bearer(access), timeout=20).status_code == 204
    assert web.xero.call("GET", "/Contacts", headers=bearer(access)).status_code == 403
    assert web.xero.call("GET", "/Contacts", headers=bearer(other)).status_code == 200
    again = web.signed_in(ORG1)["access_token"]
    assert web.xero.call("GET", "/Contacts", headers=bearer(again)).status_code == 200
    assert web.connections(again)[0]["id"] != element["id"]


def test_a_native_app_refreshes_without_a_secret_and_a_web_app_does_not(
    web: App, native: App
) -> None:
    """xero.md 1, PKCE: token and refresh calls carry client_id only."""
    token = native.signed_in(ORG1)["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": native.id}

    assert native.xero.token(**form).status_code == 200
    held = web.signed_in(ORG1)["refresh_token"]
    assert web.xero.token(**{**form, "refresh_token": held, "client_id": web.id}).text == (
        '{"error":"invalid_client"}'
    )
