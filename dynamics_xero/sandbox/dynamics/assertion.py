"""Sign-in by certificate: the JWT an app signs instead of sending a secret (dataverse.md 1.1).

The app's registration knows one certificate: the file app-certificate.pem in the sandbox's folder,
which is put there as one uploads it in Entra.
"""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from dynamics_xero.sandbox.endpoint import Endpoint

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FILE_NAME = "app-certificate.pem"
_PADDINGS: dict[str, padding.AsymmetricPadding] = {
    "RS256": padding.PKCS1v15(),
    "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH),
}


def fault_of(endpoint: Endpoint, assertion: str, *, audience: str) -> tuple[int, str] | None:
    """Return AADSTS number and text of what is wrong with an assertion; None when nothing is."""
    try:
        signed, _, signature = assertion.rpartition(".")
        head, claims = (json.loads(_decoded(part)) for part in signed.split("."))
        proof = _decoded(signature)
    except (ValueError, binascii.Error):
        return 50027, "JWT token is invalid or malformed."
    certificate = _registered(endpoint)
    shown = str(head.get("x5t#S256", head.get("x5t"))).rstrip("=")
    if certificate is None or shown not in _prints(certificate):
        return (
            700027,
            "The certificate with identifier used to sign the client assertion is not "
            "registered on application.",
        )
    if not _is_signed(certificate, head, signed, proof):
        return 700027, "Client assertion failed signature validation."
    return _claims_fault(endpoint, claims, audience)


def _claims_fault(
    endpoint: Endpoint, claims: dict[str, Any], audience: str
) -> tuple[int, str] | None:
    if not claims.get("iss") == claims.get("sub") == endpoint.facts["client_id"]:
        return 700021, "Client assertion application identifier doesn't match 'client_id'."
    if claims.get("aud") != audience:
        return 700023, "Client assertion audience claim does not match Realm issuer."
    # By the machine's time: whoever signs knows no other, wherever the sandbox's clock stands.
    now_s = endpoint.clock.seconds() - endpoint.clock.offset.total_seconds()
    if not claims.get("nbf", 0) - 300 <= now_s < claims.get("exp", 0):
        return 700024, "Client assertion is not within its valid time range."
    return None


def _registered(endpoint: Endpoint) -> x509.Certificate | None:
    file: Path = endpoint.database.path.parent / FILE_NAME
    return x509.load_pem_x509_certificate(file.read_bytes()) if file.exists() else None


def _prints(certificate: x509.Certificate) -> set[str]:
    digests = (certificate.fingerprint(kind) for kind in (hashes.SHA256(), hashes.SHA1()))  # noqa: S303 - Entra's own name of a certificate
    return {base64.urlsafe_b64encode(one).rstrip(b"=").decode("ascii") for one in digests}


def _is_signed(
    certificate: x509.Certificate, head: dict[str, Any], signed: str, proof: bytes
) -> bool:
    key, how = certificate.public_key(), _PADDINGS.get(str(head.get("alg")))
    if not isinstance(key, rsa.RSAPublicKey) or how is None:
        return False
    try:
        key.verify(proof, signed.encode("ascii"), how, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
