"""The sandbox's own certificate authority and its server certificate for localhost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Certificates:
    """Files: what clients verify against, and what the server shows."""

    ca_file: Path
    server_file: Path


def certificates(home: Path) -> Certificates:
    """Return the home's certificates, made at the first start and kept.

    The authority's own key is thrown away: nothing else can ever be signed by it.
    """
    files = Certificates(home / "ca.pem", home / "server.pem")
    if not (files.ca_file.exists() and files.server_file.exists()):
        authority = trustme.CA(organization_name="dynamics_xero sandbox")
        server = authority.issue_cert(*NAMES)
        files.server_file.touch(mode=0o600)
        server.private_key_and_cert_chain_pem.write_to_path(str(files.server_file))
        authority.cert_pem.write_to_path(str(files.ca_file))
    return files
