"""The floors and the peers' costs, as formulas (performance.md sections 1.2 to 1.6); pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

MINUTE_S = 60.0
DAY_S = 86_400.0
CALLS_A_MINUTE = 60
IN_FLIGHT = 5
BATCH = 50
PAGE = 1000
WRITE_BACKS = 1000
"""Rows in one $batch."""


@dataclass(frozen=True)
class Cost:
    """Calls for N records: to Xero, and to Dynamics for the write-backs."""

    xero: int
    write_backs: int


def floor(records: int, *, batch: int = BATCH, existing: int = 0) -> Cost:
    """Return what nobody can undercut: full batches, and what Xero holds read in full pages.

    >>> floor(1000), floor(1000, batch=100), floor(50, existing=2001).xero
    (Cost(xero=20, write_backs=1), Cost(xero=10, write_backs=1), 4)
    """
    xero = math.ceil(records / batch) + math.ceil(existing / PAGE)
    return Cost(xero, math.ceil(records / WRITE_BACKS))


def one_per_record(records: int) -> Cost:
    """Return the cost of a client that sends each record in a call of its own.

    >>> one_per_record(1000)
    Cost(xero=1000, write_backs=1000)
    """
    return Cost(records, records)


def lookup_write_writeback(records: int) -> Cost:
    """Return the cost of looking a record up, writing it, and noting its id in Dynamics.

    >>> lookup_write_writeback(1000)
    Cost(xero=2000, write_backs=1000)
    """
    return Cost(2 * records, records)


def load_seconds(calls: int, *, call_s: float, calls_a_day: int, percent: int = 100) -> float:
    """Return the least time in which so many calls may be made, with the day untouched before.

    The longest of: the quota of a minute, all slots busy all the time, and the day's figure, of
    which `percent` may be spent. The first minute's calls leave at once, the last one is answered
    after call_s.

    >>> load_seconds(60, call_s=0.0, calls_a_day=5000), load_seconds(61, call_s=0, calls_a_day=5000)
    (0.0, 60.0)
    >>> load_seconds(2000, call_s=1.5, calls_a_day=5000)
    1980.0
    >>> load_seconds(200, call_s=9.0, calls_a_day=5000)
    360.0
    >>> load_seconds(1000, call_s=2.5, calls_a_day=1000, percent=60)
    86760.0
    """
    if calls <= 0:
        return 0.0
    a_day = max(1, calls_a_day * percent // 100)
    days, rest = divmod(calls - 1, a_day)
    return days * DAY_S + max(_minutes_s(rest + 1), (rest + 1) * call_s / IN_FLIGHT)


def _minutes_s(calls: int) -> float:
    return MINUTE_S * (math.ceil(calls / CALLS_A_MINUTE) - 1)


def smallest_batch(records: int, *, calls: int, least: int = BATCH) -> int:
    """Return the batch with which the records fit into so many calls.

    >>> [smallest_batch(100_000, calls=calls) for calls in (3000, 600)]
    [50, 167]
    """
    return max(least, math.ceil(records / calls))
