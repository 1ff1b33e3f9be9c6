"""Sign-in: tokens, rotation, revocation, connections."""

from __future__ import annotations

import base64
import json

import pytest
import requests

from tests.contract.xero_server import Json, Xero, served

DAY_S = 86_400


def refresh(xero: Xero, token: str, **form: str) -> requests.Response:
    """Trade a refresh token."""
    facts = xero.endpoint.facts
    return xero.token(
        **{
            "grant_type": "refresh_token",
            "refresh_token": token,
            "client_id": facts["client_id"],
            "client_secret": facts["client_secret"],
            **form,
        }
    )


@pytest.fixture
def spare(xero: Xero) -> str:
    """Return a refresh token nobody used yet."""
    return xero.consent()


def claims(token: str) -> Json:
    """Read the middle part of a JWT."""
    middle = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))))


def test_client_credentials_give_half_an_hour_without_refresh(xero: Xero) -> None:
    """xero.md 1, Custom connection: no refresh token, 30 min; 7: only the known keys."""
    facts = xero.endpoint.facts
    answer = xero.token(
        grant_type="client_credentials",
        client_id=facts["client_id"],
        client_secret=facts["client_secret"],
        scope="accounting.contacts accounting.settings",
    )
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"access_token", "expires_in", "token_type", "scope"}
    assert (body["expires_in"], body["token_type"]) == (1800, "Bearer")
    assert body["scope"] == "accounting.contacts accounting.settings"


def test_access_tokens_are_jwts_with_claims(xero: Xero) -> None:
    """xero.md 1: JWT; its claims, authentication_event_id and scope[] among them."""
    said = claims(xero.sign_in())
    assert {"nbf", "exp", "iss", "aud", "jti", "authentication_event_id"} <= said.keys()
    assert said["exp"] - said["nbf"] == 1800
    assert said["client_id"] == xero.endpoint.facts["client_id"]
    assert "accounting.contacts" in said["scope"]


def test_credentials_may_come_by_basic_auth(xero: Xero) -> None:
    """xero.md 1, Confidential client: Basic or body; the twin must accept both."""
    facts = xero.endpoint.facts
    for secret, expected in ((facts["client_secret"], 200), ("wrong", 400)):
        answer = xero.session.post(
            f"{xero.url}/connect/token",
            data={"grant_type": "client_credentials"},
            auth=(facts["client_id"], secret),
            timeout=20,
        )
        assert answer.status_code == expected


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"scope": "accounting.transactions"}, "invalid_scope"),
        ({"scope": "accounting.contacts marketing"}, "invalid_scope"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
    ],
)
def test_token_errors_are_compact_json(xero: Xero, form: dict[str, str], error: str) -> None:
    """xero.md 1, Token errors: HTTP 400 and exactly this body."""
    facts = xero.endpoint.facts
    asked = {
        "grant_type": "client_credentials",
        "client_id": facts["client_id"],
        "client_secret": facts["client_secret"],
        **form,
    }
    answer = xero.token(**asked)
    assert (answer.status_code, answer.text) == (400, f'{{"error":"{error}"}}')


@pytest.mark.parametrize(
    ("model", "scope", "status"),
    [
        ("granular", "accounting.invoices", 200),
        ("granular", "accounting.classicexpenses.read paymentservices", 200),
        ("granular", "accounting.reports.aged.read", 200),
        ("granular", "accounting.reports.read", 400),
        ("granular", "accounting.transactions", 400),
        ("granular", "accounting.contacts offline_access", 400),
        ("granular", "openid", 400),
        ("broad", "accounting.transactions", 200),
        ("broad", "accounting.invoices", 400),
        ("both", "accounting.transactions accounting.invoices.read", 200),
    ],
)
def test_which_scopes_an_app_holds_is_a_switch(
    running_xero: Xero, model: str, scope: str, status: int
) -> None:
    """xero.md 1, Scopes and the 2026 change: granular for new apps, broad for old ones."""
    xero = running_xero.fresh(scope_model=model)
    facts = xero.endpoint.facts
    answer = xero.token(
        grant_type="client_credentials",
        client_id=facts["client_id"],
        client_secret=facts["client_secret"],
        scope=scope,
    )
    assert answer.status_code == status


def test_refresh_rotates(xero: Xero, spare: str) -> None:
    """xero.md 1, Refresh token: single-use, rotates at each refresh."""
    answer = refresh(xero, spare)
    body = answer.json()
    assert answer.status_code == 200
    assert body.keys() == {
        "access_token",
        "refresh_token",
        "expires_in",
        "token_type",
        "scope",
        "id_token",
    }
    assert body["refresh_token"] != spare
    assert refresh(xero, body["refresh_token"]).status_code == 200
    assert "xero_userid" in claims(body["access_token"])
    headers = {**xero.headers, "Authorization": f"Bearer {body['access_token']}"}
    assert xero.call("GET", "/Contacts", headers=headers).status_code == 200


def test_the_old_refresh_token_has_half_an_hour_of_grace(xero: Xero, spare: str) -> None:
    """xero.md 1, Grace: the old token may be retried for 30 minutes, then consent is needed."""
    refresh(xero, spare)
    xero.control("POST", "clock", {"advance_s": 29 * 60})
    retried = refresh(xero, spare)
    assert retried.status_code == 200
    xero.control("POST", "clock", {"advance_s": 2 * 60})
    late = refresh(xero, spare)
    assert (late.status_code, late.text) == (400, '{"error":"invalid_grant"}')
    assert refresh(xero, retried.json()["refresh_token"]).status_code == 200


@pytest.mark.parametrize(("days", "status"), [(59, 200), (61, 400)])
def test_an_unused_refresh_token_lives_sixty_days(
    xero: Xero, spare: str, days: int, status: int
) -> None:
    """xero.md 1, Refresh token: unused lifetime 60 days."""
    xero.control("POST", "clock", {"advance_s": days * DAY_S})
    assert refresh(xero, spare).status_code == status


def test_a_refresh_token_belongs_to_its_app(xero: Xero, spare: str) -> None:
    """xero.md 1, Token errors: invalid_grant."""
    other = xero.endpoints[1].facts
    answer = refresh(
        xero, spare, client_id=other["client_id"], client_secret=other["client_secret"]
    )
    assert answer.text == '{"error":"invalid_grant"}'


def test_revocation_ends_the_consent_and_its_connections(xero: Xero, spare: str) -> None:
    """xero.md 1, Revocation: kills the user's connections to the app; 200."""
    facts = xero.endpoint.facts
    form = {"token": spare, "client_id": facts["client_id"]}
    url = f"{xero.url}/connect/revocation"
    assert xero.session.post(url, data=form, timeout=20).json() == {"error": "invalid_client"}
    form["client_secret"] = facts["client_secret"]
    assert xero.session.post(url, data=form, timeout=20).status_code == 200
    assert refresh(xero, spare).text == '{"error":"invalid_grant"}'
    assert (
        xero.session.get(f"{xero.url}/connections", headers=xero.headers, timeout=20).json() == []
    )
    assert xero.call("GET", "/Contacts").status_code == 403


@pytest.mark.parametrize("path", ["/connections", "/Connections"])
def test_connections_are_listed(xero: Xero, path: str) -> None:
    """xero.md 1, /connections element: naive ISO with 7 fractional digits; any case."""
    facts = xero.endpoint.facts
    (element,) = xero.session.get(xero.url + path, headers=xero.headers, timeout=20).json()
    assert element.keys() == {
        "id",
        "authEventId",
        "tenantId",
        "tenantType",
        "tenantName",
        "createdDateUtc",
        "updatedDateUtc",
    }
    assert (element["tenantId"], element["tenantType"]) == (facts["tenant_id"], "ORGANISATION")
    assert len(element["createdDateUtc"].split(".")[1]) == 7
    event = claims(xero.headers["Authorization"])["authentication_event_id"]
    for wanted, count in ((event, 1), (element["id"], 0)):
        answer = xero.session.get(
            xero.url + path, params={"authEventId": wanted}, headers=xero.headers, timeout=20
        )
        assert len(answer.json()) == count


def test_a_connection_is_deleted(xero: Xero) -> None:
    """xero.md 1, Connections: DELETE /connections/{id} -> 204, 404 unknown; API then 403."""
    url = f"{xero.url}/connections"
    (element,) = xero.session.get(url, headers=xero.headers, timeout=20).json()
    for status in (204, 404):
        answer = xero.session.delete(f"{url}/{element['id']}", headers=xero.headers, timeout=20)
        assert answer.status_code == status
    assert xero.call("GET", "/Contacts").status_code == 403


def test_connections_need_a_token(xero: Xero) -> None:
    """xero.md 1, Auth errors on API calls."""
    answer = xero.session.get(f"{xero.url}/connections", timeout=20)
    assert (answer.status_code, answer.json()["Detail"]) == (401, "AuthenticationUnsuccessful")


def test_tokens_and_contacts_survive_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """contract.md 2: the same folder starts where it stopped."""
    home = tmp_path_factory.mktemp("home")
    with served(home=home) as before:
        made = before.created(Name="A", ContactNumber="n")
        headers = before.headers
        rotated = refresh(before, before.endpoint.facts["refresh_token"]).json()["refresh_token"]
        connections = before.session.get(f"{before.url}/connections", headers=headers, timeout=20)
    with served(home=home, fresh=False) as after:
        after.headers = headers
        assert after.contact("n") == made
        assert after.created(Name="B")["ContactID"] != made["ContactID"]
        assert refresh(after, rotated).status_code == 200
        again = after.session.get(f"{after.url}/connections", headers=headers, timeout=20)
        assert again.json() == connections.json()


def test_a_consent_can_be_revoked_while_refreshing(xero: Xero, spare: str) -> None:
    """contract.md 2, faults: revoke_token; xero.md 1: invalid_grant, retrying is useless."""
    rules = [{"kind": "revoke_token", "path": "/connect/token", "times": 1}]
    xero.control("POST", "faults", {"seed": 1, "rules": rules})
    for _ in range(2):
        assert refresh(xero, spare).text == '{"error":"invalid_grant"}'
