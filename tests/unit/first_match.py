"""Decision tables: rows read from the top, the first one that fits the facts says what happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Generic, TypeVar

Facts = Mapping[str, str]
"""Dimension -> position."""

T = TypeVar("T")


@dataclass(frozen=True)
class Row(Generic[T]):
    """One line of a table. when: dimension -> the positions it is for; left out = any."""

    rule: str
    then: T
    when: Mapping[str, tuple[str, ...]]

    def fits(self, facts: Facts) -> bool:
        """Say whether the line is for these facts."""
        return all(facts[name] in positions for name, positions in self.when.items())


def row(rule: str, then: T, **when: str) -> Row[T]:
    """Return a line; positions are separated by " | "."""
    return Row(rule, then, {name: tuple(text.split(" | ")) for name, text in when.items()})


def combinations(dimensions: Mapping[str, Sequence[str]]) -> Iterator[Facts]:
    """Return every combination of positions."""
    for chosen in product(*dimensions.values()):
        yield dict(zip(dimensions, chosen, strict=True))


def answer(rows: Sequence[Row[T]], facts: Facts) -> Row[T]:
    """Return the line that answers; every combination must have one."""
    return next(each for each in rows if each.fits(facts))


def faults(rows: Sequence[Row[T]], dimensions: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is misspelt in a table."""
    return [
        f"{name}: {position}"
        for each in rows
        for name, positions in each.when.items()
        for position in positions
        if position not in dimensions.get(name, ())
    ]


def told(each: Row[T], columns: Sequence[str]) -> list[str]:
    """Return the cells of a line for a page: these columns, and one for all other conditions."""
    found = {name.replace("_", " "): " / ".join(each.when[name]) for name in each.when}
    others = [f"{name}: {text}" for name, text in found.items() if name not in columns]
    return [*(found.get(name, "") for name in columns), "; ".join(others)]
