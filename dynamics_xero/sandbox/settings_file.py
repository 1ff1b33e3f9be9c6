"""The settings file for the connector: it works as it is with every other command."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography.fernet import Fernet

SETTINGS_NAME, KEY_NAME, STATE_NAME = "dynamics-xero.toml", "key", "state.db"
DYNAMICS_POLL_S, XERO_POLL_S = 1, 2
FROM_DATE = date(2026, 1, 1)


@dataclass(frozen=True)
class DynamicsEnd:
    """What the connector needs to know of an environment."""

    url: str
    authority: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class XeroEnd:
    """What the connector needs to know of an organisation."""

    api_url: str
    identity_url: str
    client_id: str
    client_secret: str
    tenant_id: str


@dataclass(frozen=True)
class ConnectionEnds:
    """One connection: an environment and an organisation."""

    name: str
    dynamics: DynamicsEnd
    xero: XeroEnd


def write_settings(
    home: Path, connections: Sequence[ConnectionEnds], *, ca_file: Path, clock_url: str
) -> Path:
    """Write settings and, at the first start, the key; return the settings file's path."""
    _make_key(home / KEY_NAME)
    lines = [
        f'state = "sqlite:///{STATE_NAME}"',
        'broker = "embedded"',
        f'key_file = "{KEY_NAME}"',
        'first_run = "apply"',
        f"from_date = {FROM_DATE.isoformat()}",
        f"clock_url = {_text(clock_url)}",
        "linger_s = 0",
    ]
    for connection in connections:
        lines += ["", *_connection(connection, ca_file)]
    path = home / SETTINGS_NAME
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def _connection(connection: ConnectionEnds, ca_file: Path) -> list[str]:
    dynamics, xero = connection.dynamics, connection.xero
    return [
        f"[connections.{connection.name}.dynamics]",
        f"url = {_text(dynamics.url)}",
        f"authority = {_text(dynamics.authority)}",
        f"client_id = {_text(dynamics.client_id)}",
        f"client_secret = {_text(dynamics.client_secret)}",
        f"ca_file = {_text(str(ca_file))}",
        "allow_custom_host = true",
        f"poll_s = {DYNAMICS_POLL_S}",
        "",
        f"[connections.{connection.name}.xero]",
        'flow = "custom_connection"',
        f"client_id = {_text(xero.client_id)}",
        f"client_secret = {_text(xero.client_secret)}",
        f"tenant_id = {_text(xero.tenant_id)}",
        f"api_url = {_text(xero.api_url)}",
        f"identity_url = {_text(xero.identity_url)}",
        # Where Xero's pages are too: the twin has one port.
        f"login_url = {_text(xero.identity_url)}",
        f"ca_file = {_text(str(ca_file))}",
        "allow_custom_host = true",
        f"poll_s = {XERO_POLL_S}",
    ]


def _make_key(path: Path) -> None:
    if path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")


def _text(value: str) -> str:
    """Return a TOML basic string (toml.io 1.0, Strings)."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
