"""The file that proves who we are: a private key and the certificate that Entra knows."""

from __future__ import annotations

import re
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dynamics_xero.errors import SignInError

_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)


def credential(file: Path) -> dict[str, str]:
    """Return what msal signs with. Raises SignInError with what is wrong with the file."""
    try:
        text = file.read_text("ascii")
    except (OSError, UnicodeError):
        raise SignInError(f"certificate_file cannot be read: {file}.") from None
    blocks = [found[0] for found in _PEM.finditer(text)]
    keys = [block for block in blocks if "PRIVATE KEY-----" in block]
    certificates = [block for block in blocks if block.startswith("-----BEGIN CERTIFICATE-----")]
    if not keys or not certificates:
        raise SignInError(
            f"certificate_file has to hold a private key and its certificate: {file}."
        )
    if not _belong_together(keys[0], certificates[0]):
        raise SignInError(
            "The first private key and the first certificate in certificate_file have to belong "
            f"together, RSA, without a password: {file}."
        )
    return {"private_key": keys[0], "public_certificate": certificates[0]}


def _belong_together(key: str, certificate: str) -> bool:
    """Say whether they do; raised errors are not shown, they may quote the key."""
    try:
        private = load_pem_private_key(key.encode("ascii"), password=None)
        public = x509.load_pem_x509_certificate(certificate.encode("ascii")).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(private, RSAPrivateKey) and private.public_key() == public
