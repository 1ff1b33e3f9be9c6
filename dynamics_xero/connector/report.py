"""What a run did, in the JSON that contract.md section 3 fixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dynamics_xero.model import SideName, Status
from dynamics_xero.rows import TroubleRow

TO_XERO = ("create", "update", "replace", "archive", "restore", "void", "delete", "transition")
TO_DYNAMICS = ("create", "update", "archive", "restore")
STANDING = {
    "blocked": Status.BLOCKED,
    "conflict": Status.CONFLICT,
    "failed": Status.FAILED,
    "skipped": Status.SKIPPED,
}
LISTED = 1000
"""Troubled links named in one report."""


@dataclass(frozen=True)
class ConnectionReport:
    """One connection's part of a report.

    actions: (entity, action) -> number done, or planned. paused: why the run ended before
    everything was done, None when it did not. asks: what a person has to do before the rest is.
    planned: nothing was written, the counts say what would be.
    """

    name: str
    entities: Sequence[str]
    actions: Mapping[tuple[str, str], int]
    unchanged: Mapping[str, int]
    standing: Mapping[tuple[str, Status], int]
    calls: Mapping[SideName, Mapping[str, int]]
    seconds: float
    troubled: Sequence[TroubleRow] = ()
    paused: str | None = None
    asks: Sequence[str] = ()
    planned: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the object under the connection's name."""
        return {
            "entities": {entity: self._entity(entity) for entity in self.entities},
            "calls": {
                "xero": self._calls(SideName.XERO, "read", "write"),
                "dynamics": self._calls(SideName.DYNAMICS, "read", "write", "write_back"),
            },
            "seconds": round(self.seconds, 3),
            "paused": self.paused,
            "asks": list(self.asks),
        }

    def _calls(self, side: SideName, *kinds: str) -> dict[str, int]:
        return {kind: self.calls[side].get(kind, 0) for kind in kinds}

    def _entity(self, entity: str) -> dict[str, object]:
        return {
            "matched": self.actions.get((entity, "match"), 0),
            "unchanged": self.unchanged.get(entity, 0),
            **{name: self.standing.get((entity, status), 0) for name, status in STANDING.items()},
            "to_xero": {action: self.actions.get((entity, action), 0) for action in TO_XERO},
            "to_dynamics": {
                action: self.actions.get((entity, f"{action}_in_dynamics"), 0)
                for action in TO_DYNAMICS
            },
        }


@dataclass(frozen=True)
class Report:
    """What a run did."""

    connections: Sequence[ConnectionReport]

    @property
    def planned(self) -> bool:
        """Whether a connection was only planned, because its first plan is still to be read."""
        return any(connection.planned for connection in self.connections)

    @property
    def asks(self) -> list[str]:
        """What a person has to do before everything is written."""
        return [text for connection in self.connections for text in connection.asks]

    @property
    def failed(self) -> list[TroubleRow]:
        """The links a person should look at."""
        return [row for connection in self.connections for row in connection.troubled]

    @property
    def paused(self) -> str | None:
        """Why a connection stopped early, None when none did."""
        reasons = [c.paused for c in self.connections if c.paused is not None]
        return reasons[0] if reasons else None

    def as_json(self) -> dict[str, object]:
        """Return the one JSON document of `sync --json`."""
        document: dict[str, object] = {
            "connections": {c.name: c.as_json() for c in self.connections},
            "failed": [_trouble(row) for row in self.failed],
        }
        if self.planned:
            document["planned"] = True
        return document


def _trouble(row: TroubleRow) -> dict[str, str]:
    return {
        "connection": row.connection,
        "entity": row.entity,
        "dynamics_id": row.dynamics_id,
        "xero_id": row.xero_id or "",
        "status": row.status.value,
        "remark": row.remark or "",
    }
