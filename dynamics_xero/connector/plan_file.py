"""Plans on disk: one JSON document, an action to a line, so that neither end holds it whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from dynamics_xero.connector.plan_items import Item
from dynamics_xero.errors import SettingsError

FORMAT = 1
_ACTIONS = ', "actions": ['
_END = "]"
NOT_A_PLAN = "is not a plan as `dynamics-xero plan --out` writes it. Make a new one."


@dataclass(frozen=True)
class PlanHead:
    """What stands before the actions.

    connections: name -> {"dynamics": key, "xero": key, "fingerprints": {entity: value}}.
    """

    made_at: str
    connections: Mapping[str, Mapping[str, Any]]


class PlanWriter:
    """Write a plan as it is made: head, actions, summary."""

    def __init__(self, stream: IO[str], head: PlanHead) -> None:
        self._stream = stream
        self._separator = "\n"
        opening = {"plan": FORMAT, "made_at": head.made_at, "connections": head.connections}
        stream.write(_text(opening).removesuffix("}") + _ACTIONS)

    def add(self, one: Item) -> None:
        """Write one action."""
        self._stream.write(self._separator + _text(one))
        self._separator = ",\n"

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Write the end."""
        self._stream.write(f'\n{_END}, "summary": {_text(summary)}}}\n')


@contextmanager
def reading(path: Path) -> Iterator[tuple[PlanHead, Iterator[Item]]]:
    """Open a plan; its actions are read as they are asked for.

    Raises SettingsError for anything that is not a plan, also half-way.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            yield _head(path, stream.readline()), _actions(path, stream)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The plan {path} cannot be read: {error}") from error


def _head(path: Path, line: str) -> PlanHead:
    found = _parsed(path, line.rstrip().removesuffix(_ACTIONS) + "}")
    if found.get("plan") != FORMAT:
        raise SettingsError(f"{path} {NOT_A_PLAN}")
    return PlanHead(str(found["made_at"]), found["connections"])


def _actions(path: Path, lines: Iterable[str]) -> Iterator[Item]:
    for line in lines:
        if line.startswith(_END):
            return
        yield _parsed(path, line.rstrip().removesuffix(","))
    raise SettingsError(f"The plan {path} has no end; it was not written to its end. Make it anew.")


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{path} {NOT_A_PLAN}") from error
    if not isinstance(found, dict):
        raise SettingsError(f"{path} {NOT_A_PLAN}")
    return found


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
