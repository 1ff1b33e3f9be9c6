"""Sign-in by unmodified msal and its refusals, as dataverse.md section 1 describes it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests import certificates
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


@pytest.fixture
def registered(dynamics: Dynamics) -> Iterator[dict[str, str]]:
    """Upload the app's certificate; give what msal signs with."""
    private, certificate = certificates.pem(1)
    file = dynamics.serving.home / "app-certificate.pem"
    file.write_text(certificate, "ascii")
    yield {"private_key": private, "public_certificate": certificate}
    file.unlink(missing_ok=True)


@pytest.mark.judge
def test_unmodified_msal_signs_in_by_certificate(
    dynamics: Dynamics, registered: dict[str, str]
) -> None:
    """Section 1.2: client_assertion, a signed JWT for the token endpoint."""
    with application(dynamics, client_credential=registered) as client:
        result = client.acquire_token_for_client(scopes=[f"{dynamics.url}/.default"])

    headers = {"Authorization": f"Bearer {result['access_token']}"}
    assert dynamics.call("GET", "WhoAmI", headers=headers).status_code == 200


@pytest.mark.judge
def test_msal_reports_a_certificate_that_is_not_the_apps(
    dynamics: Dynamics, registered: dict[str, str]
) -> None:
    """Section 1.2; the number AADSTS700027 is not verified live."""
    private, certificate = certificates.pem(2)
    other = {"private_key": private, "public_certificate": certificate}
    forged = registered | {"private_key": private}
    for credential in (other, forged):
        with application(dynamics, client_credential=credential) as client:
            result = client.acquire_token_for_client(scopes=[f"{dynamics.url}/.default"])
        assert (result["error"], result["error_codes"]) == ("invalid_client", [700027])


def signed(facts: dict[str, str], registered: dict[str, str], **changes: object) -> str:
    """Return an assertion made by hand."""
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": facts["client_id"],
        "sub": facts["client_id"],
        "aud": f"{facts['url']}/{facts['tenant_id']}/oauth2/v2.0/token",
        "nbf": now,
        "exp": now + 600,
    }
    key = serialization.load_pem_private_key(registered["private_key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    certificate = x509.load_pem_x509_certificate(registered["public_certificate"].encode())
    head = {"alg": "RS256", "x5t#S256": encoded(certificate.fingerprint(hashes.SHA256()))}
    parts = [encoded(json.dumps(part).encode()) for part in (head, claims | changes)]
    proof = key.sign(".".join(parts).encode(), padding.PKCS1v15(), hashes.SHA256())
    return ".".join((*parts, encoded(proof)))


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({}, None),
        ({"aud": "https://elsewhere.example/token"}, 700023),
        ({"iss": "someone"}, 700021),
        ({"exp": 1}, 700024),
        ({"nbf": 9_999_999_999}, 700024),
        ({"spoilt": True}, 50027),
    ],
)
def test_an_assertion_is_for_this_app_this_address_and_now(
    dynamics: Dynamics, registered: dict[str, str], changes: dict[str, object], number: int | None
) -> None:
    """Section 1.2: aud = token endpoint; issuer and subject are the app (RFC 7523)."""
    facts = dynamics.serving.endpoints[0].facts
    assertion = "no.jwt" if "spoilt" in changes else signed(facts, registered, **changes)
    form = {
        "grant_type": "client_credentials",
        "client_id": facts["client_id"],
        "scope": f"{dynamics.url}/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }

    answer = dynamics.session.post(
        f"{dynamics.serving.authority}/oauth2/v2.0/token", data=form, timeout=20
    )

    assert answer.json().get("error_codes", [None]) == [number]
    assert answer.status_code == (200 if number is None else 401)


@pytest.mark.judge
@pytest.mark.parametrize("own", [True, False])
def test_unmodified_msal_signs_in_as_the_machine_it_runs_on(
    dynamics: Dynamics, monkeypatch: pytest.MonkeyPatch, *, own: bool
) -> None:
    """Section 1.2: the metadata service, where AZURE_POD_IDENTITY_AUTHORITY_HOST says it is."""
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", dynamics.url)
    identity = (
        msal.SystemAssignedManagedIdentity()
        if own
        else msal.UserAssignedManagedIdentity(client_id=dynamics.serving.environments[0].client_id)
    )
    client = msal.ManagedIdentityClient(identity, http_client=dynamics.session)
    result = client.acquire_token_for_client(resource=dynamics.url)
    unknown = client.acquire_token_for_client(resource="https://elsewhere.example")

    headers = {"Authorization": f"Bearer {result['access_token']}"}
    assert dynamics.call("GET", "WhoAmI", headers=headers).status_code == 200
    assert unknown["error"] == "invalid_resource"


@pytest.mark.parametrize(
    ("headers", "changes", "status"),
    [
        ({"Metadata": "true"}, {}, 200),
        ({}, {}, 400),
        ({"Metadata": "true"}, {"api-version": "2017-01-01"}, 400),
        ({"Metadata": "true"}, {"resource": ""}, 400),
        ({"Metadata": "true"}, {"client_id": "someone"}, 400),
    ],
)
def test_the_metadata_service_wants_its_header_version_and_an_identity_it_has(
    dynamics: Dynamics, headers: dict[str, str], changes: dict[str, str], status: int
) -> None:
    """Section 1.1, managed identity: header Metadata, api-version 2018-02-01."""
    asked = {"api-version": "2018-02-01", "resource": dynamics.url} | changes
    url = f"{dynamics.url}/metadata/identity/oauth2/token"

    answer = dynamics.session.get(url, params=asked, headers=headers, timeout=20)

    assert answer.status_code == status
    assert "access_token" in answer.json() or answer.json()["error"] == "invalid_request"


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
