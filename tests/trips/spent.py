"""What a piece of work cost in calls, told by the twins' own counters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.sandbox import Control

RECORD = re.compile(r"GET /(accounts|contacts|Contacts)/\{id\}")


@dataclass(frozen=True)
class Spent:
    """Calls between two looks at the counters. batch_parts: operations inside write-backs."""

    xero_writes: int
    xero_reads: int
    dynamics_reads: int
    write_backs: int
    batch_parts: int
    rows_written_back: int
    lookups: int


class Meter:
    """Remember how the counters stand, and tell later what was added.

    A look-up is a read of one record by its id; inside a batch it would be a part that wrote
    nothing.
    """

    def __init__(self, *, dynamics: Control, xero: Control) -> None:
        self._sides = {"dynamics": dynamics, "xero": xero}
        self._before = self._counters()

    def spent(self) -> Spent:
        """Return the differences since the beginning."""
        now = self._counters()
        dynamics, xero = (_difference(now[side], self._before[side]) for side in self._sides)
        return Spent(
            xero_writes=xero["writes"],
            xero_reads=xero["reads"],
            dynamics_reads=dynamics["reads"],
            write_backs=dynamics["writes"],
            batch_parts=dynamics["parts"],
            rows_written_back=dynamics["rows_written"],
            lookups=dynamics["lookups"] + xero["lookups"],
        )

    def _counters(self) -> dict[str, dict[str, int]]:
        return {side: _plain(control.get("stats")) for side, control in self._sides.items()}


def _plain(stats: Any) -> dict[str, int]:
    endpoints: Mapping[str, Mapping[str, int]] = stats["by_endpoint"]
    return {
        "reads": stats["reads"],
        "writes": stats["writes"],
        "rows_written": stats["rows_written"],
        "parts": sum(counts.get("parts", 0) for counts in endpoints.values()),
        "lookups": sum(n["calls"] for name, n in endpoints.items() if RECORD.fullmatch(name)),
    }


def _difference(after: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {name: count - before[name] for name, count in after.items()}
