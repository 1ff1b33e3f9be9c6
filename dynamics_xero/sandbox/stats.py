"""Counters of one endpoint: what performance and quota claims are measured by."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

_TOTALS = (
    "calls",
    "reads",
    "writes",
    "rows_read",
    "rows_written",
    "bytes_in",
    "bytes_out",
    "in_flight_max",
)


@dataclass(frozen=True)
class Call:
    """One counted request; a $batch is one call with many `parts`; bytes as on the wire."""

    endpoint: str
    write: bool
    rows_read: int = 0
    rows_written: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    parts: int = 0


class Stats:
    """Count the calls of one environment or organisation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight = 0
        self._signing_in: Counter[str] = Counter()
        self.clear()

    def clear(self) -> None:
        """Start again from zero."""
        with self._lock:
            self._totals = Counter(dict.fromkeys(_TOTALS, 0))
            self._refused: Counter[str] = Counter()
            self._by_endpoint: dict[str, Counter[str]] = {}
            self._sign_ins: dict[str, Counter[str]] = {}

    def enter(self) -> int:
        """Note a call that has begun; return how many are under way."""
        with self._lock:
            self._in_flight += 1
            self._totals["in_flight_max"] = max(self._totals["in_flight_max"], self._in_flight)
            return self._in_flight

    def leave(self) -> None:
        """Note that a call has ended."""
        with self._lock:
            self._in_flight -= 1

    def enter_sign_in(self, label: str) -> None:
        """Note a call outside quota and counters that has begun, such as a refresh."""
        with self._lock:
            self._signing_in[label] += 1
            row = self._sign_ins.setdefault(label, Counter(calls=0, in_flight_max=0))
            row["calls"] += 1
            row["in_flight_max"] = max(row["in_flight_max"], self._signing_in[label])

    def leave_sign_in(self, label: str) -> None:
        """Note that such a call has ended."""
        with self._lock:
            self._signing_in[label] -= 1

    def refuse(self, kind: str) -> None:
        """Count a call that was turned away unprocessed."""
        with self._lock:
            self._refused[kind] += 1

    def count(self, call: Call) -> None:
        """Add one answered call."""
        with self._lock:
            self._totals.update(
                calls=1,
                reads=int(not call.write),
                writes=int(call.write),
                rows_read=call.rows_read,
                rows_written=call.rows_written,
                bytes_in=call.bytes_in,
                bytes_out=call.bytes_out,
            )
            row = self._by_endpoint.setdefault(call.endpoint, Counter())
            row.update(
                calls=1,
                rows=call.rows_read + call.rows_written,
                bytes_in=call.bytes_in,
                bytes_out=call.bytes_out,
            )
            if call.parts:
                row["parts"] += call.parts

    def snapshot(self) -> dict[str, object]:
        """Return the counters in the contract's form."""
        with self._lock:
            by_endpoint = {label: dict(row) for label, row in sorted(self._by_endpoint.items())}
            return {
                **self._totals,
                "refused": dict(self._refused),
                "by_endpoint": by_endpoint,
                "sign_ins": {label: dict(row) for label, row in sorted(self._sign_ins.items())},
            }

    def restore(self, snapshot: Mapping[str, object]) -> None:
        """Go on from an earlier `snapshot`."""
        refused, by_endpoint = snapshot.get("refused"), snapshot.get("by_endpoint")
        sign_ins = snapshot.get("sign_ins")
        with self._lock:
            for name in _TOTALS:
                value = snapshot.get(name)
                self._totals[name] = value if isinstance(value, int) else 0
            if isinstance(refused, dict):
                self._refused = Counter(refused)
            if isinstance(by_endpoint, dict):
                self._by_endpoint = {label: Counter(row) for label, row in by_endpoint.items()}
            if isinstance(sign_ins, dict):
                self._sign_ins = {label: Counter(row) for label, row in sign_ins.items()}
