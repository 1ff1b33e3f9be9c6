"""What a running sandbox tells about itself: the one line of `sandbox serve`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dynamics_xero.sandbox.endpoint import Endpoint


@dataclass(frozen=True)
class Environment:
    """One Dynamics environment; each has a port of its own."""

    name: str
    url: str
    tenant: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Organisation:
    """One Xero organisation; they share a port and differ by `xero-tenant-id`."""

    name: str
    tenant_id: str
    client_id: str
    client_secret: str
    refresh_token: str


@dataclass(frozen=True)
class App:
    """A Xero app that people consent to; the native one has an empty secret (PKCE)."""

    name: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Serving:
    """Addresses and credentials; the single fields name the first of several."""

    dynamics_url: str
    dynamics_api_url: str
    dynamics_plain_api_url: str | None
    authority: str
    xero_url: str
    xero_api_url: str
    xero_plain_api_url: str | None
    xero_identity_url: str
    xero_login_url: str
    ca_file: Path
    settings_file: Path
    clock_url: str
    environments: tuple[Environment, ...]
    organisations: tuple[Organisation, ...]
    apps: tuple[App, ...]
    home: Path
    endpoints: tuple[Endpoint, ...]

    def line(self) -> str:
        """Return the JSON line of the contract."""
        facts = {
            name: value
            for name, value in vars(self).items()
            if name not in ("environments", "organisations", "apps", "endpoints")
        }
        parts: dict[str, Sequence[Environment | Organisation | App]] = {
            "environments": self.environments,
            "organisations": self.organisations,
            "apps": self.apps,
        }
        facts |= {name: [asdict(one) for one in group] for name, group in parts.items()}
        return json.dumps(facts, default=str)
