"""What the settings say, as frozen values. Reading them is the business of `reading`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit


class Secret(str):
    """Text whose repr shows nothing, so that a printed value or a traceback does not tell it."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return a fixed text, whatever is inside."""
        return "Secret(...)"


class FirstRun(StrEnum):
    """What a connection's very first cycle does (R12)."""

    PLAN = "plan"
    APPLY = "apply"


CUSTOM_CONNECTION, CODE_FLOW = "custom_connection", "code"
"""How Xero lets us in: by a secret, or because a person consented."""


@dataclass(frozen=True, slots=True)
class DynamicsSettings:
    """One environment: where it is and as whom we sign in. proxy None = none, whatever the OS says.

    Of client_secret, certificate_file and managed_identity one is set. client_id is empty where a
    managed identity is the machine's own. url and authority carry no slash at their end. poll_s:
    seconds between two looks.
    """

    url: str
    authority: str
    client_id: str
    client_secret: Secret
    certificate_file: Path | None = None
    managed_identity: bool = False
    ca_file: Path | None = None
    proxy: str | None = None
    poll_s: float = 10.0


@dataclass(frozen=True, slots=True)
class XeroSettings:
    """One organisation. tenant_id None = the only one the custom connection may use, or the one
    that was chosen at the consent.

    client_secret is empty for an app that has none. redirect_port: where the browser brings the
    answer of a consent to. calls_a_day: what the app's tier has, None = as Xero's answers tell.
    """

    client_id: str
    client_secret: Secret
    flow: str = CUSTOM_CONNECTION
    tenant_id: str | None = None
    api_url: str = "https://api.xero.com/api.xro/2.0"
    identity_url: str = "https://identity.xero.com"
    login_url: str = "https://login.xero.com"
    redirect_port: int = 8740
    ca_file: Path | None = None
    proxy: str | None = None
    poll_s: float = 300.0
    calls_a_day: int | None = None


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """A pair of endpoints under the name that a person gave it."""

    name: str
    dynamics: DynamicsSettings
    xero: XeroSettings


@dataclass(frozen=True, slots=True)
class EntitySettings:
    """What may be said about one entity."""

    enabled: bool = True
    edits_from_xero: bool = True
    new_from_xero: bool = False
    match_first: str | None = None


@dataclass(frozen=True, slots=True)
class LimitsSettings:
    """How Xero is written to.

    batch: records in one call; batch_most: as many when few calls are left of the day. call_s: the
    longest a call may take once it has left. deadline_s: how long after it was written down a call
    may still take effect.
    """

    batch: int = 50
    batch_most: int = 400
    call_s: float = 35.0
    deadline_s: float = 100.0

    @property
    def turn_s(self) -> float:
        """Seconds a call may wait for its turn: what the deadline leaves, less a little."""
        return self.deadline_s * 0.97 - self.call_s


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file, checked.

    keys: Fernet keys that seal what the store holds; the first one seals, all of them open.
    key_file: where they stand; None when the environment gives them.
    linger_s: how long a partial batch waits for more; None = by what the day's budget affords.
    keep_days: how long history is kept. reconcile_days: how often the worker compares both sides
    whole, 0 = never.
    A URL with a password is a Secret. path is the file they came from.
    """

    path: Path
    state: str
    broker: str
    keys: tuple[Secret, ...]
    connections: Mapping[str, ConnectionSettings]
    entities: Mapping[str, EntitySettings] = field(default_factory=dict)
    key_file: Path | None = None
    first_run: FirstRun = FirstRun.PLAN
    from_date: date | None = None
    clock_url: str | None = None
    linger_s: float | None = None
    keep_days: int = 730
    reconcile_days: int = 7
    sentry_dsn: Secret | None = None
    limits: LimitsSettings = field(default_factory=LimitsSettings)

    @property
    def home(self) -> Path:
        """Return the folder that relative paths start from."""
        return self.path.parent

    def secrets(self) -> tuple[str, ...]:
        """Return every secret of the file, for the filter that keeps them out of texts (R38)."""
        sides = [
            secret
            for connection in self.connections.values()
            for secret in (connection.dynamics.client_secret, connection.xero.client_secret)
        ]
        proxies = [
            proxy
            for connection in self.connections.values()
            for proxy in (connection.dynamics.proxy, connection.xero.proxy)
        ]
        passwords = [password_of(url) for url in (self.state, self.broker, *proxies)]
        return tuple(text for text in (*sides, *self.keys, self.sentry_dsn, *passwords) if text)


def password_of(url: str | None) -> str | None:
    """Return the password inside a URL, if there is one."""
    return urlsplit(url).password if url else None
