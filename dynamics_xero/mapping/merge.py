"""Which way one field goes: a three-way merge against the pair of values last settled (R7-R10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto

from dynamics_xero.mapping.fields import Direction, FirstContact, Owner
from dynamics_xero.mapping.rule import FieldRule
from dynamics_xero.model import SideName, Value


class Verdict(Enum):
    """What one field needs.

    NOTHING: no side changed, or only the target of a one-way field. SETTLE: there is nothing to
    carry, the base takes what both show: they are equal, or a one-way field met an empty source.
    KEEP: first contact of two different values: stored as it stands, and listed.
    """

    NOTHING = auto()
    SETTLE = auto()
    TO_XERO = auto()
    TO_DYNAMICS = auto()
    CONFLICT = auto()
    KEEP = auto()


def merge(
    rule: FieldRule,
    dynamics: Value,
    xero: Value,
    base: tuple[Value, Value] | None,
    *,
    newer: SideName | None = None,
) -> Verdict:
    """Weigh what both sides show now against what each showed when the field was last settled.

    dynamics and xero are canonical. base: (what Dynamics showed, what Xero showed), None for a
    new link or field. newer: the side that was edited last, None when nobody can tell (R13).
    """
    if base is None:
        verdict = _first_contact(rule, dynamics, xero)
    else:
        verdict = _later(rule, dynamics, xero, base, newer)
    if verdict is Verdict.TO_XERO and rule.only_if_empty and xero is not None:
        return Verdict.NOTHING
    if verdict is Verdict.TO_DYNAMICS and _shortened(rule, dynamics):
        return Verdict.CONFLICT
    return verdict


def newest(here: datetime | None, there: datetime | None, tie: timedelta) -> SideName | None:
    """Return the side whose edit is the newer one, None when the two are too close to tell (R13).

    here, there: the remote's time of the version in which the edit was first seen. tie: edits that
    are closer than this ask a person.
    """
    if here is None or there is None or abs(here - there) < tie or here == there:
        return None
    return SideName.DYNAMICS if here > there else SideName.XERO


def _later(
    rule: FieldRule,
    dynamics: Value,
    xero: Value,
    base: tuple[Value, Value],
    newer: SideName | None,
) -> Verdict:
    changed_here, changed_there = dynamics != base[0], xero != base[1]
    if not changed_here and not changed_there:
        return Verdict.NOTHING
    if rule.fit(dynamics) == xero:
        return Verdict.SETTLE
    if rule.direction is Direction.TO_XERO:
        return Verdict.TO_XERO if changed_here or rule.enforce else Verdict.NOTHING
    if rule.direction is Direction.TO_DYNAMICS:
        return Verdict.TO_DYNAMICS if changed_there or rule.enforce else Verdict.NOTHING
    if changed_here and changed_there:
        return _by_owner(rule, newer)
    return Verdict.TO_XERO if changed_here else Verdict.TO_DYNAMICS


def _first_contact(rule: FieldRule, dynamics: Value, xero: Value) -> Verdict:
    if rule.fit(dynamics) == xero:
        return Verdict.SETTLE
    if xero is None:
        return Verdict.TO_XERO if rule.direction is not Direction.TO_DYNAMICS else Verdict.SETTLE
    if dynamics is None:
        return Verdict.TO_DYNAMICS if rule.direction is not Direction.TO_XERO else Verdict.SETTLE
    if rule.only_if_empty:
        return Verdict.SETTLE
    if rule.first_contact is FirstContact.KEEP:
        return Verdict.KEEP
    if rule.first_contact is FirstContact.ASK:
        return Verdict.CONFLICT
    # At first contact nobody has seen an edit yet, so there is nothing `newest` could compare.
    return _allowed(rule, _by_owner(rule, None))


def _by_owner(rule: FieldRule, newer: SideName | None) -> Verdict:
    """Let the owner's value stand; who cannot be told asks."""
    owners = {Owner.DYNAMICS: SideName.DYNAMICS, Owner.XERO: SideName.XERO, Owner.NEWEST: newer}
    owner = owners.get(rule.owner)
    if owner is None:
        return Verdict.CONFLICT
    return Verdict.TO_XERO if owner is SideName.DYNAMICS else Verdict.TO_DYNAMICS


def _allowed(rule: FieldRule, verdict: Verdict) -> Verdict:
    """Keep the pair as it stands where the owner's value may not travel."""
    forbidden = {Direction.TO_XERO: Verdict.TO_DYNAMICS, Direction.TO_DYNAMICS: Verdict.TO_XERO}
    return Verdict.KEEP if forbidden.get(rule.direction) is verdict else verdict


def _shortened(rule: FieldRule, dynamics: Value) -> bool:
    """Say whether Xero holds only a short form, which must not replace the long one (R9)."""
    return rule.lossy and rule.fit(dynamics) != dynamics
