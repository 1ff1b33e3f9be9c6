"""What a pair would need, one action after the other, if all went well; pure, for plans.

An action goes one way. Where both ways are needed the second one is decided on what the first one
will have left behind, as the engine itself would see it then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dynamics_xero.mapping.check import ORGANIZATION
from dynamics_xero.model import (
    Action,
    ActionKind,
    Answer,
    Link,
    LinkOutcome,
    Pair,
    Record,
    RecordState,
    SideName,
)
from dynamics_xero.sync.decide import Judge, decide
from dynamics_xero.sync.endings import Ending, Kinds, ending_of, settled

MOST_STEPS = 4
"""A pair that is restored, then written on both sides, takes three."""

_STATES = {ActionKind.RESTORE: RecordState.LIVE, ActionKind.ARCHIVE: RecordState.ARCHIVED}


def foresee(pair: Pair, judge: Judge, *, organization: str) -> Iterator[Action]:
    """Yield what the pair needs now, and what will follow from it.

    organization: the Dynamics OrganizationId, which a row that is still to be made will show.
    """
    now: Pair | None = pair
    for _step in range(MOST_STEPS):
        action = decide(now, judge) if now is not None else None
        if now is None or action is None:
            return
        yield action
        if _is_made_here(action):
            now = replace(now, dynamics=_bare(action, organization))
        now = _after(now, judge, action) if action.again or _is_made_here(action) else None


def _is_made_here(action: Action) -> bool:
    """Say whether a row is made, which then may give its contact in Xero our own number."""
    return action.kind is ActionKind.CREATE and action.side is SideName.DYNAMICS


def _bare(action: Action, organization: str) -> Record:
    row_id = action.link.dynamics_id
    own = {f"{action.resource}id": row_id, ORGANIZATION: organization}
    return Record(action.resource, row_id, 0, own)


def _after(pair: Pair, judge: Judge, action: Action) -> Pair | None:
    """Return the pair as it will stand; None where only the remote can tell."""
    kinds = Kinds(judge.mapping, judge.part)
    if action.kind is ActionKind.RELINK and pair.survivor is not None:
        survivor = pair.survivor
        met = _settled(replace(pair, xero=survivor, survivor=None), settled(kinds, action))
        return replace(met, link=replace(met.link, xero_id=survivor.id))
    target = pair.xero if action.side is SideName.XERO else pair.dynamics
    foreseen = action.kind in (ActionKind.UPDATE, *_STATES) or _is_made_here(action)
    if target is None or not foreseen:
        return None
    written = _written(target, action)
    ended = ending_of(kinds, action, Answer(record=written), hit=None)
    here = pair.dynamics if action.side is SideName.XERO else written
    there = written if action.side is SideName.XERO else pair.xero
    return _settled(replace(pair, dynamics=here, xero=there), ended)


def _written(record: Record, action: Action) -> Record:
    return replace(
        record,
        values={**record.values, **action.values},
        parts={**record.parts, **action.lists},
        state=_STATES.get(action.kind, record.state),
    )


def _settled(pair: Pair, ended: Ending) -> Pair:
    left = {n: side for n, side in pair.choices.items() if n not in ended.action.chosen}
    parts = tuple((record, _part(pair, record, link, ended.parts)) for record, link in pair.parts)
    return replace(pair, link=_link(pair.link, ended.outcome), parts=parts, choices=left)


def _part(
    pair: Pair, record: Record, link: Link | None, outcomes: Sequence[LinkOutcome]
) -> Link | None:
    outcome = next((one for one in outcomes if one.dynamics_id == record.id), None)
    if outcome is None:
        return link
    own = pair.link
    known = link or Link(0, own.connection, outcome.entity, record.id, parent_id=own.id)
    return replace(_link(known, outcome), parent_id=own.id)


def _link(link: Link, outcome: LinkOutcome) -> Link:
    before = {} if outcome.fresh else link.base
    return replace(
        link,
        base={**before, **outcome.base},
        status=outcome.status,
        remark=outcome.remark,
        life=outcome.life,
    )
