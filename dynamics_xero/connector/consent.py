"""What a person has to agree to before anything is written: the first plan, a changed mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.fingerprint import fingerprint
from dynamics_xero.store_port import Transaction

FIRST_PLAN = (
    "{}: nothing is written before its first plan was read: run `dynamics-xero plan --out FILE`, "
    "read it, then `dynamics-xero apply FILE`."
)
CHANGED = (
    "{}: the mapping of {} is not the one this connection works by, so nothing of it is written. "
    "Run `dynamics-xero plan --out FILE`, read it, then `dynamics-xero apply FILE`."
)


@dataclass(frozen=True)
class Mappings:
    """The mappings of a process with their fingerprints.

    free: the settings say first_run = "apply": what is new is agreed to, what changed is not.
    adopting: entities whose new Xero records get a row in Dynamics; to switch that on is to
    change the mapping.
    """

    classes: Sequence[type[EntityMapping]]
    free: bool
    adopting: frozenset[str] = frozenset()
    prints: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Take the fingerprints once: mappings do not change while a process lives."""
        prints = {one.name: self._print(one) for one in self.classes}
        object.__setattr__(self, "prints", prints)

    def _print(self, mapping: type[EntityMapping]) -> str:
        new = "-and-new" if mapping.name in self.adopting else ""
        return fingerprint(mapping) + new


@dataclass(frozen=True)
class Consent:
    """How far a connection may be written.

    waits: for its first plan. changed: entities whose mapping is not the one adopted. held: those
    that are therefore not pushed, parents of changed parts included.
    """

    connection: str
    waits: bool = False
    changed: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()

    @property
    def asks(self) -> tuple[str, ...]:
        """What a person is asked to do."""
        if self.waits:
            return (FIRST_PLAN.format(self.connection),)
        names = ", ".join(self.changed)
        return (CHANGED.format(self.connection, names),) if self.changed else ()


def consent(tx: Transaction, connection: str, mappings: Mappings) -> Consent:
    """Return what was agreed to for a connection."""
    known = tx.fingerprints.of(connection)
    if tx.fingerprints.approved_at(connection) is None and not mappings.free:
        return Consent(connection, waits=True)
    changed = [name for name, value in mappings.prints.items() if _is_changed(known, name, value)]
    if not mappings.free:
        changed += [name for name in mappings.prints if name not in known]
    parents = [m.part_of for m in mappings.classes if m.part_of and m.name in changed]
    tops = [m.name for m in mappings.classes if any(issubclass(m, one) for one in parents)]
    return Consent(connection, changed=tuple(changed), held=frozenset((*changed, *tops)))


def _is_changed(known: Mapping[str, str], entity: str, value: str) -> bool:
    return known.get(entity, value) != value


def begin(tx: Transaction, connection: str, mappings: Mappings, *, now: datetime) -> Consent:
    """Return the same; where the settings agree beforehand, it is noted down."""
    if mappings.free:
        known = tx.fingerprints.of(connection)
        new = {name: value for name, value in mappings.prints.items() if name not in known}
        tx.fingerprints.adopt(connection, new, now=now)
        tx.fingerprints.approve(connection, now=now)
    return consent(tx, connection, mappings)


def agree(
    tx: Transaction, connection: str, fingerprints: Mapping[str, str], *, now: datetime
) -> None:
    """Note that a person read the plan of these mappings and had it carried out."""
    tx.fingerprints.adopt(connection, fingerprints, now=now)
    tx.fingerprints.approve(connection, now=now)
