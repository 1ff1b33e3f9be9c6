"""What history keeps of an outcome, so that it can be explained later (R40); pure.

Record, both versions, what each field was before and became, the base it was weighed against, the
rule that chose it, the request it travelled in and the code of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dynamics_xero.model import Action, ActionKind, Base, Change, Link, PartDecision, SideName
from dynamics_xero.rows import HistoryRow
from dynamics_xero.sync.endings import Ending


@dataclass(frozen=True)
class Scene:
    """What all outcomes stored together have in common. parts: the links of parts, as they were."""

    run_id: str
    at: datetime
    request_id: str | None
    parts: Mapping[int, Link]


def worth_telling(ending: Ending) -> bool:
    """Outcomes that changed nothing would only hide the story (R40)."""
    link, outcome = ending.action.link, ending.outcome
    before, after = (link.status, link.remark, link.life), (outcome.status, outcome.remark)
    return outcome.carried or outcome.fresh or before != (*after, outcome.life)


def story(scene: Scene, ending: Ending) -> HistoryRow:
    """Return the row of the outcome itself."""
    action, outcome = ending.action, ending.outcome
    sent = scene.request_id is not None and action.kind is not ActionKind.REPAIR
    versions = _versions(ending)
    return HistoryRow(
        connection=action.link.connection,
        entity=action.link.entity,
        link_id=action.link.id,
        dynamics_id=action.link.dynamics_id,
        xero_id=_xero_id(ending),
        at=scene.at,
        run_id=scene.run_id,
        action="refused" if sent and ending.record is None else named(action),
        status=outcome.status,
        remark=outcome.remark,
        changes=_with_base(action.changes, action.link.base),
        dynamics_version=versions[SideName.DYNAMICS],
        xero_version=versions[SideName.XERO],
        request_id=scene.request_id,
        code=ending.code,
    )


def named(action: Action) -> str:
    """Name what was done, and where if not in Xero: reports count by these names."""
    kind = action.kind.value
    return kind if action.side is SideName.XERO else f"{kind}_in_dynamics"


def unanswered(done: str) -> str:
    """Name what was sent and may have been done, since no answer came (R22)."""
    return f"unanswered_{done}"


def part_stories(scene: Scene, ending: Ending) -> list[HistoryRow]:
    """Parts count under their own entity, though they travel inside their parent."""
    if ending.record is None:
        return []
    parts = (part for part in ending.action.parts if part.kind is not ActionKind.NOTHING)
    return [_part_story(scene, ending, part) for part in parts]


def _part_story(scene: Scene, ending: Ending, part: PartDecision) -> HistoryRow:
    parent, versions = ending.action.link, _versions(ending)
    known = scene.parts.get(part.link_id or 0)
    return HistoryRow(
        connection=parent.connection,
        entity=part.entity,
        link_id=part.link_id,
        dynamics_id=part.dynamics_id,
        xero_id=None,
        at=scene.at,
        run_id=scene.run_id,
        action=part.kind.value,
        status=part.status,
        remark=part.remark,
        changes=sent(part, known.base if known else {}),
        dynamics_version=versions[SideName.DYNAMICS],
        xero_version=versions[SideName.XERO],
        request_id=scene.request_id,
        code=ending.code,
    )


def sent(part: PartDecision, base: Base) -> dict[str, Change]:
    """Return what a part's row in Xero showed otherwise before: a part travels whole."""
    return {
        name: Change(part.shown.get(name), value, "sent", base.get(name))
        for name, value in part.decided.items()
        if part.shown.get(name) != value
    }


def _with_base(changes: Mapping[str, Change], base: Base) -> dict[str, Change]:
    return {
        name: Change(each.before, each.after, each.rule, base.get(name))
        for name, each in changes.items()
    }


def _versions(ending: Ending) -> dict[SideName, int | None]:
    """Return the versions it was decided on; of the side that was written, what it made of it."""
    action = ending.action
    versions = {SideName.DYNAMICS: action.dynamics_version, SideName.XERO: action.xero_version}
    if ending.record is not None:
        versions[action.side] = ending.record.version
    return versions


def _xero_id(ending: Ending) -> str | None:
    action = ending.action
    if action.kind is ActionKind.RELINK:
        return action.remote_id
    in_xero = action.side is SideName.XERO
    return ending.record.id if ending.record and in_xero else action.link.xero_id
