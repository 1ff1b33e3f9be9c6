"""A clock and the small stores of the sides, in memory, for tests of one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class SteppedClock:
    """The machine's time plus what was slept or added; sleeping takes no time."""

    offset: timedelta = timedelta()
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.offset += timedelta(seconds=seconds)


class MemoryTokens:
    """A TokenStore for threads of one process."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, int]] = {}

    def load(self, name: str) -> tuple[str, int] | None:
        return self.rows.get(name)

    def save(self, name: str, secret: str, *, generation: int) -> bool:
        if self.rows.get(name, ("", 0))[1] >= generation:
            return False
        self.rows[name] = (secret, generation)
        return True

    def forget(self, name: str) -> None:
        self.rows[name] = ("", self.rows[name][1] + 1)


class MemoryBudgets:
    """A BudgetStore for threads of one process."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}

    def load(self, names: Sequence[str]) -> dict[str, str]:
        return {name: self.rows[name] for name in names if name in self.rows}

    def update(self, changes: Mapping[str, tuple[str | None, str]]) -> bool:
        if any(self.rows.get(name) != before for name, (before, _after) in changes.items()):
            return False
        self.rows.update({name: after for name, (_before, after) in changes.items()})
        return True
