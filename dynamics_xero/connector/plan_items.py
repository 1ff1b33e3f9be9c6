"""The actions of a plan as plain JSON, and whether one still means the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from dynamics_xero.connector.listings import plain
from dynamics_xero.model import Action, ActionKind, Link, PartDecision, SideName
from dynamics_xero.sync.planning import Step

Item: TypeAlias = Mapping[str, Any]
"""One action of a plan."""

CONTENT = ("entity", "action", "side", "match", "step", "fields", "parts", "remark")
"""What an action of a plan does; the rest says on whom, from what, and for how much."""


def item(step: Step, *, fingerprint: str) -> dict[str, Any]:
    """Return one action: its link, both versions, every field before and after, its price."""
    action, link = step.action, step.action.link
    return {
        "connection": link.connection,
        "entity": link.entity,
        "link": link.id or None,
        "of": step.root.id,
        "step": step.number,
        "dynamics_id": link.dynamics_id,
        "xero_id": link.xero_id or action.remote_id if _in_xero(action) else link.xero_id,
        "dynamics_version": action.dynamics_version,
        "xero_version": action.xero_version,
        "match": step.matched,
        "action": action.kind.value,
        "side": action.side.value,
        "fields": {
            name: {"before": plain(c.before), "after": plain(c.after), "rule": c.rule}
            for name, c in action.changes.items()
        },
        "parts": [_part(part) for part in action.parts if part.kind is not ActionKind.NOTHING],
        "status": action.status.value,
        "remark": action.remark,
        "calls": round(step.calls, 4),
        "fingerprint": fingerprint,
    }


def _in_xero(action: Action) -> bool:
    return action.side is SideName.XERO and action.kind is not ActionKind.CREATE


def _part(part: PartDecision) -> dict[str, Any]:
    return {
        "entity": part.entity,
        "dynamics_id": part.dynamics_id,
        "action": part.kind.value,
        "values": {name: plain(value) for name, value in part.decided.items()},
    }


def alike(planned: Sequence[Item], now: Sequence[Item]) -> bool:
    """Say whether what would be done now is what was planned."""
    return [_content(one) for one in planned] == [_content(one) for one in now]


def _content(one: Item) -> list[Any]:
    return [one["dynamics_id"], *(one[name] for name in CONTENT)]


def moved(planned: Sequence[Item], now: Sequence[Item]) -> bool:
    """Say whether a record was written by anybody since it was planned."""
    return [_versions(one) for one in planned] != [_versions(one) for one in now]


def _versions(one: Item) -> tuple[Any, Any]:
    return one["dynamics_version"], one["xero_version"]


def counts(items: Iterable[Item]) -> Counter[tuple[str, str]]:
    """Return (entity, action) -> number, as a report counts what was done."""
    found: Counter[tuple[str, str]] = Counter()
    for one in items:
        found[one["entity"], "match"] += bool(one["match"])
        found[one["entity"], _counted(one)] += 1
        found.update((part["entity"], part["action"]) for part in one["parts"])
    return found


def _counted(one: Item) -> str:
    """Name an action as history does: by where it is done if that is not Xero."""
    in_xero = one["side"] == SideName.XERO.value
    return str(one["action"]) if in_xero else f"{one['action']}_in_dynamics"


def link_of(one: Item) -> int:
    """Return the link an action is decided for; a part's action is its parent's."""
    return int(one["of"])


def named(link: Link) -> dict[str, Any]:
    """Return what tells a link from others in a list for people."""
    return {
        "connection": link.connection,
        "entity": link.entity,
        "link": link.id,
        "dynamics_id": link.dynamics_id,
        "xero_id": link.xero_id,
    }
