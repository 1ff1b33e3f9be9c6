"""Sign-in by unmodified msal and its refusals, as dataverse.md section 1 describes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msal
import pytest
import requests

from tests.contract.dynamics_server import Dynamics


@contextmanager
def application(dynamics: Dynamics, **changes: Any) -> Iterator[Any]:
    """Give msal's confidential client, pointed at the twin's authority."""
    environment = dynamics.serving.environments[0]
    with requests.Session() as http:
        http.trust_env = False
        http.verify = str(dynamics.serving.ca_file)
        arguments = {
            "client_id": environment.client_id,
            "client_credential": environment.client_secret,
            "authority": dynamics.serving.authority,
            "instance_discovery": False,
            "http_client": http,
        }
        yield msal.ConfidentialClientApplication(**arguments | changes)


@pytest.mark.judge
def test_unmodified_msal_signs_in_and_its_token_works(dynamics: Dynamics) -> None:
    """Section 1.2: discovery below the authority, then the token endpoint named there."""
    with application(dynamics) as client:
        result = client.acquire_token_for_client(scopes=[f"{dynamics.url}/.default"])
        again = client.acquire_token_for_client(scopes=[f"{dynamics.url}/.default"])

    assert result["token_type"] == "Bearer"
    assert 3000 < result["expires_in"] <= 3600
    assert again["token_source"] == "cache"
    headers = {"Authorization": f"Bearer {result['access_token']}"}
    assert dynamics.call("GET", "WhoAmI", headers=headers).status_code == 200


@pytest.mark.judge
def test_msal_accepts_the_discovery_document_as_an_oidc_authority(dynamics: Dynamics) -> None:
    """Section 1.2: the issuer must equal the authority."""
    authority = f"{dynamics.serving.authority}/v2.0"
    with application(dynamics, authority=None, oidc_authority=authority) as client:
        result = client.acquire_token_for_client(scopes=[f"{dynamics.url}/.default"])

    assert "access_token" in result


@pytest.mark.judge
def test_msal_reports_a_wrong_secret(dynamics: Dynamics) -> None:
    """Section 1.2: invalid_client with AADSTS7000215."""
    with application(dynamics, client_credential="wrong") as client:
        result = client.acquire_token_for_client(scopes=[f"{dynamics.url}/.default"])

    assert result["error"] == "invalid_client"
    assert result["error_codes"] == [7000215]
    assert result["error_description"].startswith("AADSTS7000215: ")


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type", 70003),
        ({"client_id": "someone"}, "unauthorized_client", 700016),
        ({"client_secret": "wrong"}, "invalid_client", 7000215),
        ({"scope": "openid"}, "invalid_scope", 1002012),
        ({"scope": "https://elsewhere.example/.default"}, "invalid_resource", 500011),
    ],
)
def test_a_wrong_token_request_is_refused_in_entras_form(
    dynamics: Dynamics, changes: dict[str, str], error: str, number: int
) -> None:
    """Section 1.2: error, error_description, error_codes; the scope ends in /.default."""
    answer = dynamics.token(**changes)

    assert answer.status_code in (400, 401)
    document = answer.json()
    assert (document["error"], document["error_codes"]) == (error, [number])
    assert document["error_description"].startswith(f"AADSTS{number}: ")


def test_another_tenant_is_unknown(dynamics: Dynamics) -> None:
    """Section 1.2: the authority names the tenant."""
    url = f"{dynamics.url}/other/v2.0/.well-known/openid-configuration"

    answer = dynamics.session.get(url, timeout=20)

    assert answer.status_code == 400
    assert answer.json()["error_codes"] == [90002]


def test_a_token_expires_with_the_sandbox_clock(dynamics: Dynamics) -> None:
    """contract.md section 2: one clock for everything."""
    assert dynamics.call("GET", "WhoAmI").status_code == 200

    dynamics.control.post("clock", {"advance_s": 3600})

    assert dynamics.call("GET", "WhoAmI").status_code == 401


def test_a_revoked_token_stays_revoked(dynamics: Dynamics) -> None:
    """contract.md section 2: fault kind revoke_token."""
    rule = {"kind": "revoke_token", "times": 1}
    dynamics.control.post("faults", {"seed": 1, "rules": [rule]})

    assert dynamics.call("GET", "WhoAmI").status_code == 401
    assert dynamics.call("GET", "WhoAmI").status_code == 401
    dynamics.sign_in()
    assert dynamics.call("GET", "WhoAmI").status_code == 200


def test_sign_in_is_not_counted(dynamics: Dynamics) -> None:
    """contract.md section 2: identity and control calls are not counted."""
    before = dynamics.control.stats()["calls"]

    dynamics.sign_in()

    assert dynamics.control.stats()["calls"] == before
