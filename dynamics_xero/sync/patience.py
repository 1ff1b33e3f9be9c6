"""Make a call that may be made twice, and wait a short outage out (R32)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dynamics_xero.errors import (
    CursorExpiredError,
    LockedError,
    RetryableError,
    ThrottledError,
)
from dynamics_xero.sync.trip import Trip

TRIES = 4
BACKOFF_S = 0.5
LONGEST_WAIT_S = 60.0
"""A longer wait ends the run, which says so (contract.md section 3)."""

Answered = TypeVar("Answered")


def patiently(trip: Trip, call: Callable[[], Answered]) -> Answered:
    """Return what the call returns, once the remote takes it.

    A limit is waited out as often as needed, an outage a few times with full jitter. Raises the
    remote's error when that does not help, and at once in a worker's slice: others want its time.
    """
    outages = 0
    while True:
        try:
            return call()
        except (CursorExpiredError, LockedError):
            raise
        except RetryableError as error:
            outages += not isinstance(error, ThrottledError)
            wait = trip.random.uniform(0, BACKOFF_S * 2 ** max(outages - 1, 0))
            wait = max(wait, error.retry_after_s or 0.0)
            if not trip.patient or outages == TRIES or wait > LONGEST_WAIT_S:
                raise
            trip.clock.sleep(wait)
