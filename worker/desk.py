"""The one connector of a worker process, and what happens when a call into it fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.exc import OperationalError

from dynamics_xero.connector import Connector
from dynamics_xero.errors import DynamicsXeroError, RetryableError, UnavailableError
from dynamics_xero.settings import Settings
from dynamics_xero.store.faults import told

FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 300.0

Result = TypeVar("Result")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """Why a connection rests, until when, and how often in a row it failed."""

    cause: str
    times: int
    until: float


class Desk:
    """Opens the connector at the first call and shares it between the pool's threads.

    A connection that fails rests a little, longer each time, so that a remote that is down or
    refuses us is not asked at every tick; one cause is told once (R32).
    """

    def __init__(self, settings: Callable[[], Settings], *, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._connector: Connector | None = None
        self._troubles: dict[str, Trouble] = {}

    def attempt(self, name: str, call: Callable[[Connector], Result]) -> Result | None:
        """Make a call; None when it failed or its name still rests. Defects are raised."""
        before = self._troubles.get(name)
        if before is not None and self._clock() < before.until:
            return None
        started = self._clock()
        try:
            result = call(self._open())
        except DynamicsXeroError as error:
            self._failed(name, error, before)
            return None
        except OperationalError as error:
            self._failed(name, UnavailableError(told(error)), before)
            return None
        self._troubles.pop(name, None)
        if before is not None:
            log.info("%s works again", name)
        log.debug("%s duration_ms=%d", name, (self._clock() - started) * 1000)
        return result

    def close(self) -> None:
        """Close the connector, if it was opened."""
        with self._lock:
            connector, self._connector = self._connector, None
        if connector is not None:
            connector.close()

    def _open(self) -> Connector:
        with self._lock:
            if self._connector is None:
                self._connector = Connector.from_settings(self._settings())
            return self._connector

    def _failed(self, name: str, error: DynamicsXeroError, before: Trouble | None) -> None:
        times = before.times + 1 if before else 1
        wait_s = error.retry_after_s or FIRST_PAUSE_S * 2 ** min(times - 1, 10)
        wait_s = min(wait_s, LONGEST_PAUSE_S)
        self._troubles[name] = Trouble(str(error), times, self._clock() + wait_s)
        known = before is not None and before.cause == str(error)
        expected = isinstance(error, RetryableError)
        level = logging.DEBUG if known else logging.WARNING if expected else logging.ERROR
        log.log(level, "%s failed: %s; again in %.0f s", name, error, wait_s)
