"""Rows that every process changes, such as what was spent of a limit (R35)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from dynamics_xero.ports import BudgetStore

Result = TypeVar("Result")


class SharedRows:
    """Some rows of the store, changed as if by nobody else.

    A change begins with the texts that were seen last, so that a process that is alone reads
    nothing; it counts only if the store still holds them.
    """

    def __init__(self, store: BudgetStore, names: Sequence[str]) -> None:
        self._store = store
        self._names = names
        self._seen: Mapping[str, str] = {}
        self._turn = threading.Lock()

    def load(self) -> Mapping[str, str]:
        """Return the texts by name, as they are now; a name without one is left out."""
        return self._store.load(self._names)

    def change(
        self, work: Callable[[Mapping[str, str]], tuple[Result, Mapping[str, str]]]
    ) -> Result:
        """Put texts in the place of others, and return what `work` says of that.

        work: is given the texts by name, and returns its result with the new ones. It is asked
        again, with newer texts, when another process was first.
        """
        with self._turn:
            while True:
                before = self._seen
                result, after = work(before)
                changes = {
                    name: (before.get(name), text)
                    for name, text in after.items()
                    if text != before.get(name)
                }
                if changes and self._store.update(changes):
                    self._seen = {**before, **after}
                    return result
                self._seen = self.load()
                if not changes and self._seen == before:
                    return result
