"""What to do when one side's row is gone, came back, or was merged (R15); pure, part of decide.

Whether a row is there is merged like a field: the base keeps, under "@state", what each side
showed when that was last settled. What one side did is carried to the other; what both did
differently, and what Xero did alone, asks.
"""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import (
    Action,
    ActionKind,
    Base,
    Change,
    Life,
    Pair,
    Record,
    RecordState,
    SideName,
    Status,
    Value,
)

STATE = "@state"
"""Name of the pseudo field in a base."""

STATE_FIELD = "state"
"""Its name for people: in a choice, and on the command line."""

STATE_LABEL = "Active or not"

STATE_COLUMN = "ContactStatus"
"""Where it stands in Xero."""

LIVE, GONE = "live", "gone"

ARCHIVED = (
    "This company is archived in Xero and cannot be changed from here. Ask finance to restore it "
    "in Xero (Contacts, Archived), or deactivate the account."
)
CANNOT_RESTORE = (
    "This account is active again, but Xero did not let its archived contact be restored. Ask "
    "finance to restore it in Xero (Contacts, Archived)."
)
RESTORED = (
    "This company was restored in Xero while it is inactive here. Activate the account, or ask "
    "finance to archive the contact again."
)
RESTORED_DELETED = (
    "This company was restored in Xero, but its account was deleted here. Ask finance to archive "
    "the contact again, or let it stand for itself there."
)
NEVER_SETTLED = (
    "This account left before it was ever in step with its contact in Xero, which others may use. "
    "Ask finance to archive the contact in Xero if nobody does."
)
MERGED_AWAY = (
    "This company was merged in Xero into the contact of another account. Merge the two accounts "
    "here as well, or ask finance to restore the contact in Xero."
)
MERGED_HERE = (
    "This account was merged into another one, but its contact in Xero is still active. Ask "
    "finance to merge the two contacts in Xero."
)


def both_live() -> Base:
    """Return the base of two rows that are there."""
    return {STATE: (LIVE, LIVE)}


def both_gone() -> Base:
    """Return the base of two rows that are gone or inactive."""
    return {STATE: (GONE, GONE)}


def is_live(record: Record | None) -> bool:
    """Say whether a row is there and active."""
    return record is not None and record.state is RecordState.LIVE


def was_live(pair: Pair) -> tuple[bool, bool]:
    """Return whether each side's row was there when that was last settled."""
    here, there = pair.link.base.get(STATE, (LIVE, LIVE))
    return here == LIVE, there == LIVE


def bears_our_key(pair: Pair, mapping: type[EntityMapping]) -> bool:
    """Say whether the Xero record carries the key that only our own writes put there (R33)."""
    if mapping.own_key is None or pair.dynamics is None or pair.xero is None:
        return False
    key = mapping.fields[mapping.own_key]
    shown = key.from_xero(pair.xero.values)
    return shown is not None and shown == key.read(pair.dynamics.values)


def act(
    kind: ActionKind, pair: Pair, *, status: Status = Status.SYNCED, remark: str | None = None
) -> Action:
    """Return an action on a pair's own link."""
    return Action(
        kind=kind,
        link=pair.link,
        status=status,
        remark=remark,
        dynamics_version=pair.dynamics.version if pair.dynamics else None,
        xero_version=pair.xero.version if pair.xero else None,
    )


def as_it_was(pair: Pair) -> Action:
    """Return that nothing is done, and that the link stands as before."""
    link = pair.link
    kept = act(ActionKind.NOTHING, pair, status=link.status, remark=link.remark)
    return replace(kept, hold=link.hold)


def archive(pair: Pair, resource: str, *, rule: str) -> Action:
    """Archive the contact of a row that is gone; Xero's contacts are never deleted."""
    action = _set_state(ActionKind.ARCHIVE, pair, resource, before="ACTIVE", after="ARCHIVED")
    changes = {STATE_COLUMN: replace(action.changes[STATE_COLUMN], rule=rule)}
    return replace(action, changes=changes, settled=both_gone())


def restore(pair: Pair, resource: str) -> Action:
    """Bring an archived contact back; what was edited meanwhile follows in the next round."""
    action = _set_state(ActionKind.RESTORE, pair, resource, before="ARCHIVED", after="ACTIVE")
    return replace(action, settled=both_live(), again=True)


def _set_state(
    kind: ActionKind, pair: Pair, resource: str, *, before: Value, after: Value
) -> Action:
    return replace(
        act(kind, pair),
        resource=resource,
        remote_id=pair.link.xero_id,
        values={STATE_COLUMN: after},
        changes={STATE_COLUMN: Change(before, after, rule="changed in Dynamics")},
    )


def set_here(kind: ActionKind, pair: Pair, table: str) -> Action:
    """Activate or deactivate the Dynamics row, as a person chose."""
    active = kind is ActionKind.RESTORE
    change = Change(not active, active, rule="chosen by a person: xero")
    return replace(
        act(kind, pair),
        side=SideName.DYNAMICS,
        resource=table,
        remote_id=pair.link.dynamics_id,
        changes={STATE_FIELD: change},
        settled=both_live() if active else both_gone(),
        again=True,
        chosen=(STATE_FIELD,),
    )


def follow_xero(pair: Pair, mapping: type[EntityMapping]) -> Action | None:
    """Follow a merge in Xero to the contact that survived; None until that has been read.

    The survivor is a new partner: nothing of the old base holds for it (R10). Our own key stays
    with the loser, which keeps it from all others.
    """
    if pair.survivor is None:
        return None
    if pair.rival is not None and pair.rival.id != pair.link.id:
        stays = act(ActionKind.CONFLICT, pair, status=Status.CONFLICT, remark=MERGED_AWAY)
        return replace(stays, life=Life.MERGED, winner_id=pair.rival.id)
    relink = replace(act(ActionKind.RELINK, pair), remote_id=pair.survivor.id, again=True)
    if mapping.own_key is None or pair.dynamics is None:
        return relink
    key = mapping.fields[mapping.own_key]
    shown = (key.read(pair.dynamics.values), key.from_xero(pair.survivor.values))
    return replace(relink, settled={mapping.own_key: shown})


def follow_dynamics(pair: Pair) -> Action:
    """Follow a merge in Dynamics: the loser writes nothing more, and people confirm in Xero."""
    winner_id = pair.master.id if pair.master else None
    if is_live(pair.xero):
        action = act(ActionKind.CONFLICT, pair, status=Status.CONFLICT, remark=MERGED_HERE)
    else:
        action = act(ActionKind.SKIP, pair, status=Status.SKIPPED)
    return replace(action, life=Life.MERGED, winner_id=winner_id)


def absorbed_remark(pair: Pair) -> str | None:
    """Return what to do about contacts in Xero of accounts that were merged into this one."""
    if not pair.absorbed:
        return None
    names = ", ".join(f"“{name}”" for name in pair.absorbed)
    return f"Merged here, but not in Xero: ask finance to merge {names} into this company there."
