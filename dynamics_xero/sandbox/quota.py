"""Limits of one endpoint: Xero's per organisation, Dataverse's per user of an environment."""

from __future__ import annotations

import math
import threading
import zlib
from dataclasses import dataclass, replace
from enum import Enum

from dynamics_xero.sandbox.clock import SandboxClock
from dynamics_xero.sandbox.people import CONNECTOR
from dynamics_xero.sandbox.window import FixedWindow, RollingWindow, Window

MINUTE_S, DAY_S, DYNAMICS_WINDOW_S = 60, 86_400, 300


WINDOW = "window"
"""Setting of a quota, and switch of a twin that cannot be sure of it."""


class Api(Enum):
    """Whose rules apply."""

    DYNAMICS = "dynamics"
    XERO = "xero"


@dataclass(frozen=True)
class QuotaSettings:
    """The figures of xero.md section 2 and dataverse.md section 5; `scale` multiplies them all."""

    enabled: bool = True
    scale: float = 1.0
    minute: int = 60
    day: int = 5000
    concurrent: int = 5
    app_minute: int = 10_000
    window: str = "fixed"
    dynamics_requests: int = 6000
    dynamics_in_flight: int = 52

    def scaled(self, figure: int) -> int:
        """Return a limit as it stands under the scale, at least one."""
        return max(1, int(figure * self.scale))


@dataclass(frozen=True)
class Refusal:
    """A call over a limit; the kind is the one the faults use as well."""

    kind: str
    retry_after_s: int


@dataclass(frozen=True)
class Remaining:
    """What is left of the windows, for the headers of every answer."""

    minute: int
    day: int
    app_minute: int
    dynamics_requests: int


class AppWindow:
    """The app's own minute, shared by all organisations of a serve (xero.md section 2)."""

    def __init__(self) -> None:
        self.window: Window = FixedWindow(MINUTE_S)
        self.lock = threading.Lock()


class Quota:
    """The limits of one endpoint and how much of them is used."""

    def __init__(
        self, api: Api, clock: SandboxClock, *, name: str, app: AppWindow | None = None
    ) -> None:
        """Start with full quotas; `name` decides when an organisation's fixed windows reset."""
        self._api = api
        self._clock = clock
        self._app = app or AppWindow()
        self._phase = zlib.crc32(name.encode())
        self._lock = threading.Lock()
        self._in_flight: dict[str, int] = {}
        self.settings = QuotaSettings()
        self.clear()

    def configure(self, settings: QuotaSettings) -> None:
        """Take other figures; windows of another kind start empty."""
        kind_changed = settings.window != self.settings.window
        self.settings = settings
        if kind_changed:
            self.clear()

    def clear(self) -> None:
        """Forget what was used."""
        with self._lock:
            fixed = self.settings.window == "fixed"
            self._minute = self._window(MINUTE_S, fixed=fixed)
            self._day = self._window(DAY_S, fixed=fixed)
            self._users: dict[str, RollingWindow] = {}
        with self._app.lock:
            self._app.window = self._window(MINUTE_S, fixed=fixed)

    def _window(self, period_s: int, *, fixed: bool) -> Window:
        return FixedWindow(period_s, self._phase % period_s) if fixed else RollingWindow(period_s)

    def admit(self, actor: str) -> Refusal | None:
        """Count a call by `actor`, or say which limit it breaks; `leave` gives its place back."""
        if self._api is Api.XERO:
            return self._admit_xero(actor)
        return self._admit_dynamics(actor)

    def _admit_xero(self, actor: str) -> Refusal | None:
        """Apply the limits of an app in an organisation; people at Xero's screens use none.

        A refused call uses nothing up.
        """
        limits, now = self.settings, self._clock.seconds()
        with self._lock, self._app.lock:
            if limits.enabled and actor == CONNECTOR:
                refusal = self._xero_refusal(actor, now)
                if refusal is not None:
                    return refusal
                for window in (self._minute, self._day, self._app.window):
                    window.add(now)
            self._enter(actor)
        return None

    def _xero_refusal(self, actor: str, now: float) -> Refusal | None:
        limits = self.settings
        if self._in_flight.get(actor, 0) >= limits.scaled(limits.concurrent):
            return Refusal("429_concurrent", 0)
        checks: tuple[tuple[str, Window, int], ...] = (
            ("429_day", self._day, limits.scaled(limits.day)),
            ("429_minute", self._minute, limits.scaled(limits.minute)),
            ("429_app", self._app.window, limits.scaled(limits.app_minute)),
        )
        for kind, window, limit in checks:
            if window.used(now) >= limit:
                return Refusal(kind, window.wait_s(now, limit))
        return None

    def _admit_dynamics(self, actor: str) -> Refusal | None:
        """Apply service protection, which is per user (dataverse.md section 5).

        Refused calls count too: who goes on hammering waits longer.
        """
        limits, now = self.settings, self._clock.seconds()
        with self._lock:
            if limits.enabled:
                if self._in_flight.get(actor, 0) >= limits.scaled(limits.dynamics_in_flight):
                    return Refusal("429_concurrent", 1)
                window = self._users.setdefault(actor, RollingWindow(DYNAMICS_WINDOW_S))
                limit, used = limits.scaled(limits.dynamics_requests), window.used(now)
                window.add(now)
                if used >= limit:
                    return Refusal("429_minute", window.wait_s(now, limit))
            self._enter(actor)
        return None

    def leave(self, actor: str) -> None:
        """Give back the place in flight of an admitted call."""
        with self._lock:
            self._in_flight[actor] -= 1

    def _enter(self, actor: str) -> None:
        self._in_flight[actor] = self._in_flight.get(actor, 0) + 1

    def remaining(self, actor: str = CONNECTOR) -> Remaining:
        """Return what is left; an organisation's figures are the app's, whoever asks."""
        limits, now = self.settings, self._clock.seconds()
        with self._lock, self._app.lock:
            user = self._users.get(actor)
            return Remaining(
                minute=_left(limits.scaled(limits.minute), self._minute.used(now)),
                day=_left(limits.scaled(limits.day), self._day.used(now)),
                app_minute=_left(limits.scaled(limits.app_minute), self._app.window.used(now)),
                dynamics_requests=_left(
                    limits.scaled(limits.dynamics_requests), user.used(now) if user else 0
                ),
            )

    def wait_s(self, kind: str) -> int:
        """Return what Retry-After says when a fault, not the count, turns a call away."""
        now = self._clock.seconds()
        with self._lock, self._app.lock:
            windows = {
                "429_minute": self._minute,
                "429_day": self._day,
                "429_app": self._app.window,
            }
            window = windows.get(kind)
            return 0 if window is None else window.wait_s(now, 1)

    def charge_day(self, calls: int) -> None:
        """Count calls made before a restart to the day."""
        now = self._clock.seconds()
        with self._lock:
            for _ in range(calls):
                self._day.add(now)

    def used_today(self) -> int:
        """Return the calls charged to the day."""
        with self._lock:
            return self._day.used(self._clock.seconds())


def changed_settings(settings: QuotaSettings, changes: dict[str, object]) -> QuotaSettings:
    """Return other settings. Raises ValueError for an unknown name or an impossible figure."""
    for name, value in changes.items():
        _check(name, value)
    return replace(settings, **changes)  # type: ignore[arg-type]  # checked just above


def _check(name: str, value: object) -> None:
    if name not in QuotaSettings.__dataclass_fields__:
        raise ValueError(f"{name} is no quota setting")
    if name == "enabled":
        if not isinstance(value, bool):
            raise ValueError("enabled is true or false")
    elif name == "window":
        if value not in ("fixed", "rolling"):
            raise ValueError("window is fixed or rolling")
    elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"{name} is a number above 0")
    elif name != "scale" and not isinstance(value, int):
        raise ValueError(f"{name} is a whole number")


def _left(limit: int, used: int) -> int:
    return max(0, limit - used)
