"""What people type: mostly values that nobody typed before, so that each can be told apart."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

NAMES = ("Alfreds", "Berglunds", "Comércio", "Drachenblut", "Ernst Handel", "Frankenversand")
CITIES = ("Berlin", "København", "São Paulo", "München", "Lisboa")
COUNTRIES = ("Germany", "Denmark", "Brazil", "Portugal")
FIRST_NAMES = ("Maria", "Hans", "Zoë", "Ana", "Ole", "Ines")

Item = TypeVar("Item")

AGAIN = 0.15
WANTED = 0.6
EMPTY = 0.15


@dataclass
class Words:
    """A source of values; the same chances give the same words."""

    chance: random.Random
    count: int = 0

    def one_of(self, all_of_them: Sequence[Item], wanted: Sequence[Item]) -> Item:
        """Choose one, as a rule a wanted one if there is any."""
        if wanted and self.chance.random() < WANTED:
            return self.chance.choice(wanted)
        return self.chance.choice(all_of_them)

    def for_column(self, column: str) -> str | None:
        """Return a value for a Dynamics column, now and then none."""
        if self.chance.random() < EMPTY and column not in ("name", "lastname"):
            return None
        return self.filled(column)

    def filled(self, column: str) -> str:
        """Return a value that fits the column."""
        if column == "name":
            return self._numbered(self.chance.choice(NAMES))
        if "emailaddress" in column:
            return f"{self._numbered('mail').replace(' ', '')}@people.example"
        if column.endswith("_country"):
            return self.chance.choice(COUNTRIES)
        if column.endswith("_city"):
            return self._numbered(self.chance.choice(CITIES))
        if column == "firstname":
            return self.chance.choice(FIRST_NAMES)
        return self._numbered(column[:4])

    def _numbered(self, stem: str) -> str:
        """Number a word; now and then an old number comes again, as people repeat each other."""
        if self.count and self.chance.random() < AGAIN:
            return f"{stem} {self.chance.randint(1, self.count)}"
        self.count += 1
        return f"{stem} {self.count}"
