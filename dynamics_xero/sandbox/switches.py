"""Switches: every behaviour nobody could verify live, with the positions it might have."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Switch:
    """One uncertain behaviour; `source` says where the uncertainty stands."""

    name: str
    default: str
    positions: tuple[str, ...]
    source: str


class Switches:
    """The positions of one endpoint's switches."""

    def __init__(self, switches: Iterable[Switch] = ()) -> None:
        self._switches = {switch.name: switch for switch in switches}
        self._positions: dict[str, str] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> str:
        """Return a switch's position. Raises KeyError for a name no twin declares."""
        return self._positions.get(name, self._switches[name].default)

    def has(self, name: str) -> bool:
        """Say whether the twin declares a switch."""
        return name in self._switches

    def set(self, positions: Mapping[str, str]) -> None:
        """Move switches, all or none. Raises ValueError for an unknown name or position."""
        for name, position in positions.items():
            switch = self._switches.get(name)
            if switch is None:
                raise ValueError(f"no switch is called {name!r}")
            if position not in switch.positions:
                raise ValueError(f"{name} has no position {position!r}, only {switch.positions}")
        with self._lock:
            self._positions |= positions

    def positions(self) -> dict[str, str]:
        """Return the switches that were moved."""
        return dict(self._positions)

    def listing(self) -> list[dict[str, object]]:
        """Return every switch with where it stands."""
        return [
            {
                "name": switch.name,
                "position": self.get(switch.name),
                "default": switch.default,
                "positions": list(switch.positions),
                "source": switch.source,
            }
            for switch in self._switches.values()
        ]
