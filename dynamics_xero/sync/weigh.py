"""Weigh the fields of one pair: what goes to Xero, what comes to Dynamics, what asks; pure.

Part of decide. Each field is merged for itself, so one conflict holds nothing else up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dynamics_xero.errors import MappingError
from dynamics_xero.mapping.entity import EntityMapping, FieldRule
from dynamics_xero.mapping.fields import Direction, Owner
from dynamics_xero.mapping.merge import Verdict, merge
from dynamics_xero.model import Base, Change, SideName, Status, Value, Values
from dynamics_xero.sync.stamps import Stamps


@dataclass
class Weighed:
    """The fields of a pair, sorted by what they need.

    carried: canonical Dynamics values on their way to Xero; fetched: canonical Xero values on
    their way to Dynamics, columns what they fill there. chosen: fields with a person's choice
    that is now used up.
    """

    carried: dict[str, Value] = field(default_factory=dict)
    fetched: dict[str, Value] = field(default_factory=dict)
    columns: dict[str, Value] = field(default_factory=dict)
    changes: dict[SideName, dict[str, Change]] = field(
        default_factory=lambda: {side: {} for side in SideName}
    )
    settled: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def status(self) -> Status:
        """How the pair stands once everything else is carried."""
        return Status.CONFLICT if self.disputed or self.problems else Status.SYNCED

    @property
    def remark(self) -> str | None:
        """What a person should know about the fields that were left."""
        sentences = list(self.problems)
        if self.disputed:
            sentences.append(both_changed(self.disputed))
        elif self.kept and not sentences:
            labels = ", ".join(self.kept)
            sentences.append(f"Different in Xero when first linked, and left so: {labels}.")
        return " ".join(sentences) or None


@dataclass(frozen=True)
class Scales:
    """What the fields of one row are weighed by.

    shown: the Dynamics row's own columns. base and choices by field. stamps: when each side was
    edited.
    """

    mapping: type[EntityMapping]
    shown: Values
    base: Base
    choices: Mapping[str, SideName] = field(default_factory=dict)
    stamps: Stamps = field(default_factory=Stamps)


def weigh(scales: Scales, here: Values, there: Values) -> Weighed:
    """Merge each field against its base and sort the verdicts."""
    weighed = Weighed()
    for name, rule in scales.mapping.fields.items():
        verdict = verdict_of(scales, rule, here.get(name), there.get(name))
        _sort(weighed, scales, rule, verdict, here.get(name), there.get(name))
    return weighed


def verdict_of(scales: Scales, rule: FieldRule, here: Value, there: Value) -> Verdict:
    """Return what a field needs; where a person was asked, the answer counts."""
    newer = scales.stamps.newer(scales.mapping, rule, scales.shown)
    verdict = merge(rule, here, there, scales.base.get(rule.name), newer=newer)
    choice = scales.choices.get(rule.name)
    if choice is None or not _asks(rule, verdict, here, there):
        return verdict
    if choice is SideName.DYNAMICS and rule.direction is not Direction.TO_DYNAMICS:
        return Verdict.TO_XERO
    if choice is SideName.XERO and rule.written_back is not None:
        return Verdict.TO_DYNAMICS
    return Verdict.SETTLE  # the value may not travel, so what was chosen stays where it is


def _asks(rule: FieldRule, verdict: Verdict, here: Value, there: Value) -> bool:
    left = verdict is Verdict.NOTHING and _apart(rule, here, there)
    return left or verdict in (Verdict.CONFLICT, Verdict.KEEP)


def _apart(rule: FieldRule, here: Value, there: Value) -> bool:
    """Say whether a two-way field was left different on purpose (R10)."""
    filled = here is not None and there is not None
    return filled and not rule.one_way and rule.fit(here) != there


def _sort(
    weighed: Weighed, scales: Scales, rule: FieldRule, verdict: Verdict, here: Value, there: Value
) -> None:
    name = rule.name
    before = len(weighed.problems)
    if verdict is Verdict.TO_XERO:
        weighed.carried[name] = here
        change = Change(there, rule.fit(here), _why(scales, rule, here, there, to=SideName.XERO))
        weighed.changes[SideName.XERO][name] = change
    elif verdict is Verdict.TO_DYNAMICS:
        _fetch(weighed, scales, rule, here, there)
    elif verdict in (Verdict.SETTLE, Verdict.KEEP):
        weighed.settled[name] = (here, there)
    if verdict is Verdict.KEEP or (verdict is Verdict.NOTHING and _apart(rule, here, there)):
        weighed.kept.append(rule.label)
    elif verdict is Verdict.CONFLICT:
        weighed.disputed.append(rule.label)
    if name in scales.choices and len(weighed.problems) == before:
        weighed.chosen.append(name)  # one that could not be followed waits for another value


def _fetch(weighed: Weighed, scales: Scales, rule: FieldRule, here: Value, there: Value) -> None:
    """Take a value over from Xero; one that Dynamics cannot hold is told, never shortened."""
    try:
        columns = rule.to_dynamics(there)
    except MappingError as error:
        weighed.problems.extend(error.problems)
        return
    if all(scales.shown.get(column) == value for column, value in columns.items()):
        weighed.settled[rule.name] = (here, there)  # what differs stands in another column
        return
    weighed.fetched[rule.name] = there
    weighed.columns.update(columns)
    change = Change(here, there, _why(scales, rule, here, there, to=SideName.DYNAMICS))
    weighed.changes[SideName.DYNAMICS][rule.name] = change


def _why(scales: Scales, rule: FieldRule, here: Value, there: Value, *, to: SideName) -> str:
    """Name the rule by which a value travels, for the history (R40)."""
    if rule.name in scales.choices:
        return f"chosen by a person: {scales.choices[rule.name].value}"
    base, to_xero = scales.base.get(rule.name), to is SideName.XERO
    if base is None:
        filled = (there if to_xero else here) is not None
        return f"{rule.owner.value} owns it" if filled else "was empty when first linked"
    if here != base[0] and there != base[1] and not rule.one_way:
        newer = rule.owner is Owner.NEWEST
        return f"changed on both sides: {'the newer edit' if newer else rule.owner.value} stands"
    return "changed in Dynamics" if to_xero else "changed in Xero"


def both_changed(labels: Iterable[str]) -> str:
    """Return the remark for fields that both sides changed."""
    return f"Changed on both sides: {', '.join(labels)}. Make them equal to resolve it."


def whole_groups(
    mapping: type[EntityMapping], carried: Values, current: Values
) -> dict[str, Value]:
    """Columns of the carried fields, each write group completed with what Xero shows (R8)."""
    columns: dict[str, Value] = {}
    for name in carried:
        for group in mapping.fields[name].groups_xero:
            members = {c: v for c, v in current.items() if c.startswith(f"{group}.")}
            columns = {**members, **columns}
    for name, value in carried.items():
        columns.update(mapping.fields[name].to_xero(value))
    return columns


def changed_in_xero(scales: Scales, there: Values) -> Sequence[str]:
    """Return the labels of two-way fields that somebody edited in Xero since they were settled."""
    return [
        rule.label
        for name, rule in scales.mapping.fields.items()
        if rule.written_back and name in scales.base and scales.base[name][1] != there.get(name)
    ]
