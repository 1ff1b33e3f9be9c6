"""Seeded faults: rules that make some calls go wrong, the same ones each time."""

from __future__ import annotations

import random
import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

REFUSALS = frozenset(
    {
        "429_minute",
        "429_day",
        "429_concurrent",
        "429_app",
        "500",
        "503",
        "html",
    }
)
DELAYS = frozenset({"slow"})
CUTS = frozenset({"timeout_after_commit", "drop_answer", "truncate"})
TWIN_KINDS = frozenset(
    {
        "duplicate_webhook",
        "lose_webhook",
        "expire_delta",
        "revoke_token",
        "hostile_nextlink",
        "hostile_delivery",
        "hostile_enum",
        "hostile_null",
        "remove_privilege",
    }
)
KERNEL_KINDS = REFUSALS | DELAYS | CUTS
KINDS = KERNEL_KINDS | TWIN_KINDS


@dataclass(frozen=True)
class Rule:
    """One line of the fault list.

    `method` and `path` of None mean any; a path with `*` or `?` is a pattern for the whole path,
    any other is sought anywhere in it, both without regard to case. `times` of None means always.
    With `up_to_seconds` the length is drawn anew each time, from `seconds` up to it.
    """

    kind: str
    method: str | None = None
    path: str | None = None
    probability: float = 1.0
    times: int | None = None
    seconds: float | None = None
    up_to_seconds: float | None = None

    def applies_to(self, method: str, path: str) -> bool:
        """Tell whether the rule is about such a call."""
        if self.method is not None and self.method.upper() != method.upper():
            return False
        if self.path is None:
            return True
        wanted, actual = self.path.lower(), path.lower()
        if "*" in wanted or "?" in wanted:
            return fnmatchcase(actual, wanted)
        return wanted in actual


@dataclass(frozen=True)
class Fault:
    """A fault that strikes now; `seconds` is None where the rule names none."""

    kind: str
    seconds: float | None = None


class Faults:
    """Draw faults from the rules of one endpoint."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.replace((), seed=0)

    def replace(self, rules: Iterable[Rule], *, seed: int) -> None:
        """Take a new list in place of the old one."""
        with self._lock:
            self._rules = list(rules)
            self._left = [rule.times for rule in self._rules]
            # A source for each rule: what strikes webhooks, drawn in a thread of its own, must not
            # change what strikes calls.
            self._randoms = [
                random.Random(f"{seed}/{index}")  # noqa: S311 - repeatable on purpose
                for index in range(len(self._rules))
            ]

    def draw(self, method: str, path: str, *, named_only: bool = False) -> list[Fault]:
        """Return what the kernel shall do to this call, in the order of the rules.

        `named_only` leaves out the rules without a path.
        """
        return self._draw(KERNEL_KINDS, method, path, named_only=named_only)

    def draw_kind(self, kind: str, method: str, path: str) -> Fault | None:
        """Return the fault of one kind that strikes this call; asked by the twin itself."""
        return next(iter(self._draw((kind,), method, path)), None)

    def _draw(
        self, kinds: Collection[str], method: str, path: str, *, named_only: bool = False
    ) -> list[Fault]:
        if not self._rules:
            return []
        struck = []
        with self._lock:
            for index, rule in enumerate(self._rules):
                if rule.kind not in kinds or (named_only and rule.path is None):
                    continue
                if rule.applies_to(method, path) and self._strikes(index):
                    struck.append(Fault(rule.kind, self._length(index)))
        return struck

    def _length(self, index: int) -> float | None:
        rule = self._rules[index]
        if rule.up_to_seconds is None:
            return rule.seconds
        return self._randoms[index].uniform(rule.seconds or 0.0, rule.up_to_seconds)

    def _strikes(self, index: int) -> bool:
        left = self._left[index]
        if left == 0 or self._randoms[index].random() >= self._rules[index].probability:
            return False
        if left is not None:
            self._left[index] = left - 1
        return True
