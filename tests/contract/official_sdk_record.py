"""A record of which methods of a client were called; the client itself stays as it is."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Any

_OURS = "PowerPlatform.Dataverse.operations"


class Recorded:
    """Pass everything on to an object of the client's, and count the calls of its methods."""

    def __init__(self, target: Any, name: str, seen: Counter[str]) -> None:
        self._target = target
        self._name = name
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        """Return a part of the object, recorded too, or its method."""
        part, path = getattr(self._target, name), f"{self._name}.{name}".lstrip(".")
        if not callable(part):
            return self._around(part, path)

        def call(*arguments: Any, **named: Any) -> Any:
            self._seen[path] += 1
            return self._around(part(*arguments, **named), path)

        return call

    def __enter__(self) -> Any:
        """Enter the object's own block."""
        return self._around(self._target.__enter__(), self._name)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave it."""
        self._target.__exit__(kind, error, trace)

    def _around(self, value: Any, path: str) -> Any:
        is_part = type(value).__module__.startswith(_OURS)
        return Recorded(value, path, self._seen) if is_part else value
