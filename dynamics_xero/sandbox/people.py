"""People: who edits records beside the connector, by the same public APIs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

CONNECTOR = "connector"
NAMES = ("loader", "ada", "grace")


@dataclass(frozen=True)
class Person:
    """One user with a token that never expires."""

    name: str
    email: str
    token: str


class People:
    """The users of one environment or organisation."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = tuple(people)
        self._names = {person.token: person.name for person in self._people}

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people)

    def actor_of(self, token: str | None) -> str | None:
        """Return the person's name, or None for a token that belongs to nobody here."""
        return None if token is None else self._names.get(token)

    def named(self, name: str) -> Person:
        """Return one person. Raises KeyError when nobody is called so."""
        for person in self._people:
            if person.name == name:
                return person
        raise KeyError(name)
