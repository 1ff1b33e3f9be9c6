"""How many records one call carries: by what is left of the day, and by how long answers take.

Calls are what Xero counts, so the fewer are left the more each has to carry (performance.md
section 0, decision 2). Bytes are the side's business, which knows the records.
"""

from __future__ import annotations

import threading

from dynamics_xero.xero.allowance import CALLS_A_DAY

ROUND = 500
"""Records decided together; batches are cut so that they divide it without a small rest.

Where five calls carry more than that, rounds grow with them (`Trip.round_size`).
"""

FEW = 5
"""A day that has so many times fewer calls is Starter's, or nearly over."""

SLOW_S = 14.0
"""An answer that took this long asks for smaller calls: far below the 35 s it may take."""

_CALLS = 5
_LEAST = 10
_STEP = 10


def by_day(ordinary: int, most: int, left: int) -> int:
    """Return the batch for so many calls left of the day; the most from a fifth of one on.

    >>> [by_day(50, 400, left) for left in (5000, 4000, 2500, 1200, 1000, 0)]
    [50, 63, 100, 208, 400, 400]
    """
    if most <= ordinary or left >= CALLS_A_DAY:
        return ordinary
    if left * FEW <= CALLS_A_DAY:
        return most
    wanted = min(most, ordinary * CALLS_A_DAY // max(left, 1))
    if wanted * _CALLS >= ROUND:
        return wanted
    return min(most, -(-ROUND // (ROUND // wanted)))


class AnswerTimes:
    """The most records that Xero answers for in good time; several threads note what they saw."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._most: int | None = None

    def within(self, wanted: int) -> int:
        """Return the batch wanted, or what is known to be answered in time."""
        most = self._most
        return wanted if most is None else min(wanted, most)

    def note(self, records: int, took_s: float) -> None:
        """Halve after a slow answer, or none in time; grow a little after a quick one."""
        with self._lock:
            if took_s >= SLOW_S and records > _LEAST:
                self._most = max(_LEAST, records // 2)
            elif self._most is not None and took_s < SLOW_S / 2 and records >= self._most:
                self._most += _STEP
