"""Calls made and time gone by since a run began, for its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from dynamics_xero.model import SideName
from dynamics_xero.ports import Side


@dataclass(frozen=True)
class Meter:
    """Measure from a moment on.

    before: what the sides had counted by then; empty counts since the process began.
    """

    sides: Mapping[SideName, Side]
    started: datetime
    before: Mapping[SideName, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def start(cls, sides: Mapping[SideName, Side], now: datetime) -> Self:
        """Begin to count now."""
        counted = {name: dict(side.calls.counts()) for name, side in sides.items()}
        return cls(sides, now, counted)

    def calls(self) -> dict[SideName, dict[str, int]]:
        """Return the calls made since, by side and kind."""
        return {
            name: {
                kind: count - self.before.get(name, {}).get(kind, 0)
                for kind, count in side.calls.counts().items()
            }
            for name, side in self.sides.items()
        }

    def seconds(self, now: datetime) -> float:
        """Return the time gone by."""
        return (now - self.started).total_seconds()
