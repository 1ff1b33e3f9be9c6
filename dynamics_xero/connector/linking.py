"""`links suggest|accept|reject|sever|relink`: what a person decides about partners (R15, R16).

Nothing is sent from here: a changed link is due, and the next sync carries what follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.desk import Desk
from dynamics_xero.connector.shifts import waited_for
from dynamics_xero.errors import SettingsError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Base, Life, Link, LinkOutcome, RecordState, SideName, Status
from dynamics_xero.rows import HistoryRow
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.match import look_again, number_elsewhere, place_of
from dynamics_xero.sync.place import meet
from dynamics_xero.sync.suggest import Suggestion, suggest
from dynamics_xero.sync.trip import Trip

SEVERED = "Severed by a person: nothing is carried until somebody links it again."
PARENT_SEVERED = "Waits for its company, which a person severed from its contact in Xero."


@dataclass(frozen=True)
class Found:
    """One link a person named, with the trip that can look at it."""

    one: Connection
    trip: Trip
    link: Link

    @property
    def mapping(self) -> type[EntityMapping]:
        """Return the mapping of its entity."""
        return self.trip.mapping(self.link.entity)


def suggestions(desk: Desk, *, entity: str | None, limit: int) -> list[Suggestion]:
    """Return possible pairs of all connections, the likeliest first."""
    desk.known(entity)
    found: list[Suggestion] = []
    for one in desk:
        trip = desk.still(one)
        if trip is not None:
            for mapping in replace(trip, only=entity).entities:
                found += suggest(trip, mapping)
    return sorted(found, key=lambda each: each.weight, reverse=True)[:limit]


def accept(desk: Desk, dynamics_id: str, xero_id: str) -> Link:
    """Link two records because a person says that they are the same thing.

    Raises SettingsError when one of them is not known, or linked to something else.
    """
    with _named(desk, dynamics_id) as (tx, found):
        if found.link.life is not Life.SEVERED and found.link.xero_id not in (None, xero_id):
            raise SettingsError(f"It is linked to {found.link.xero_id}. Sever that link first.")
        return _link(tx, found, xero_id, action="accept")


def reject(desk: Desk, dynamics_id: str, xero_id: str) -> Link:
    """Note that two records are not the same thing: never matched, never suggested again.

    Raises SettingsError when one of them is not known, or when they are linked.
    """
    with _named(desk, dynamics_id) as (tx, found):
        link = found.link
        if link.xero_id == xero_id:
            raise SettingsError("The two are linked. `dynamics-xero links sever` takes them apart.")
        _known(tx, found, xero_id)
        now = found.trip.now()
        tx.rejections.put(link.connection, link.entity, link.dynamics_id, xero_id, now=now)
        if link.life is Life.LINKED:
            tx.links.wake([link.id], now=now)
        look_again(found.trip, tx, place_of(found.trip, found.mapping), [xero_id])
        _tell(tx, found, link, xero_id, action="reject")
        return link


def sever(desk: Desk, name: str) -> Link:
    """Take a link out of the sync: it keeps its ids, is not matched and creates nothing (R15).

    name: the number of the link, or an id of either side. Raises SettingsError when there is none.
    """
    with _named(desk, name) as (tx, found):
        link = found.link
        part = found.trip.part_mapping(found.mapping)
        parts = tx.links.parts_of(link.connection, part.name, [link.id]) if part else {}
        outcomes = [replace(_standing(link, Status.SKIPPED, SEVERED), life=Life.SEVERED)]
        for one in parts.get(link.id, []):
            waiting = _standing(one, Status.BLOCKED, PARENT_SEVERED)
            outcomes.append(replace(waiting, life=one.life))
        _save(tx, found, outcomes, loaded={link.id: link.marked})
        _tell(tx, found, link, link.xero_id, action="sever")
        return tx.links.by_id([link.id])[link.id]


def relink(desk: Desk, name: str, xero_id: str | None) -> Link:
    """Take a severed link into the sync again, with its own Xero record or another one.

    Raises SettingsError when there is no such link, when it is not severed, or when the other
    record is not free.
    """
    with _named(desk, name) as (tx, found):
        link = found.link
        if link.life is not Life.SEVERED:
            raise SettingsError(f"Link {link.id} is not severed: it is {link.life.value}.")
        if xero_id is not None:
            return _link(tx, found, xero_id, action="relink")
        _save(tx, found, [_standing(link, Status.NOT_SYNCED, None)])
        tx.links.wake([link.id], now=found.trip.now())
        _tell(tx, found, link, link.xero_id, action="relink")
        return tx.links.by_id([link.id])[link.id]


def _link(tx: Transaction, found: Found, xero_id: str, *, action: str) -> Link:
    link, trip = found.link, found.trip
    _here(tx, found)
    _known(tx, found, xero_id)
    _free(tx, found, xero_id)
    tx.rejections.take_back(link.connection, link.entity, link.dynamics_id, xero_id)
    outcome = replace(
        _standing(link, Status.NOT_SYNCED, None),
        base=_number(tx, found, xero_id),
        fresh=link.xero_id != xero_id,
        again=True,
    )
    _save(tx, found, [outcome], xero_ids={link.id: xero_id})
    tx.links.wake([link.id], now=trip.now())
    look_again(trip, tx, place_of(trip, found.mapping), [xero_id])
    _tell(tx, found, link, xero_id, action=action)
    return tx.links.by_id([link.id])[link.id]


def _number(tx: Transaction, found: Found, xero_id: str) -> Base:
    place, link = place_of(found.trip, found.mapping), found.link
    stored = tx.records.get(place.dynamics, found.mapping.dynamics, [link.dynamics_id])
    rows = [row.record for row in stored.values()]
    meeting = meet(tx, place, rows)
    if not meeting.is_numbered_elsewhere(link.dynamics_id, xero_id, found.mapping.own_key):
        return {}
    return number_elsewhere(tx, place, rows[0], xero_id)


def _here(tx: Transaction, found: Found) -> None:
    """Raise for a row that is gone: to link it now would archive the other record."""
    endpoint, row_id = found.trip.key(SideName.DYNAMICS), found.link.dynamics_id
    rows = tx.records.get(endpoint, found.mapping.dynamics, [row_id])
    if row_id not in rows or rows[row_id].record.state is not RecordState.LIVE:
        raise SettingsError(f"{row_id} is deleted or inactive in Dynamics. Activate it first.")


def _known(tx: Transaction, found: Found, xero_id: str) -> None:
    rows = tx.records.get(found.trip.key(SideName.XERO), found.mapping.xero, [xero_id])
    if xero_id not in rows or rows[xero_id].record.state is not RecordState.LIVE:
        raise SettingsError(
            f"No active Xero record {xero_id} was seen so far. If it is new, run "
            "`dynamics-xero plan` first: it reads both sides."
        )


def _free(tx: Transaction, found: Found, xero_id: str) -> None:
    """Take the record from a severed link; raise where another link works with it."""
    for entity in found.trip.entities_of(found.mapping.xero):
        for other in tx.links.by_xero(found.link.connection, entity, [xero_id]).values():
            if other.id == found.link.id:
                continue
            if other.life is not Life.SEVERED:
                raise SettingsError(
                    f"{xero_id} is linked to {other.dynamics_id} already (link {other.id}). "
                    f"`dynamics-xero links sever {other.id}` takes them apart."
                )
            tx.unlinked.give_up(other.id, now=found.trip.now())


@contextmanager
def _named(desk: Desk, name: str) -> Iterator[tuple[Transaction, Found]]:
    """Yield the link a person named, alone with it: no worker is at its connection meanwhile."""
    found = [each for one in desk for each in _find(desk, one, name)]
    if not found:
        raise SettingsError(
            f"There is no link {name}. `dynamics-xero links` lists those there are."
        )
    if len(found) > 1:
        names = ", ".join(f"{one.link.connection}: {one.link.id}" for one in found)
        raise SettingsError(f"{name} is in several links ({names}). Name one by its number.")
    (named,) = found
    with (
        waited_for(desk.shop, named.one.lane()),
        desk.shop.store.begin() as tx,
    ):
        # Read again: what a worker did until its lane was ours counts.
        yield tx, replace(named, link=tx.links.by_id([named.link.id])[named.link.id])


def _find(desk: Desk, one: Connection, name: str) -> Iterator[Found]:
    trip = desk.still(one)
    if trip is None:
        return
    with desk.shop.store.read() as tx:
        links: list[Link] = []
        for mapping in trip.entities:
            links += tx.links.by_dynamics(one.name, mapping.name, [name]).values()
            links += tx.links.by_xero(one.name, mapping.name, [name]).values()
        if name.isdecimal():
            tops = {mapping.name for mapping in trip.entities}
            numbered = tx.links.by_id([int(name)]).values()
            links += [n for n in numbered if n.connection == one.name and n.entity in tops]
    yield from (Found(one, trip, link) for link in links)


def _standing(link: Link, status: Status, remark: str | None) -> LinkOutcome:
    return LinkOutcome(link.id, link.entity, link.dynamics_id, status, remark=remark)


def _save(
    tx: Transaction,
    found: Found,
    outcomes: list[LinkOutcome],
    *,
    loaded: dict[int, int] | None = None,
    xero_ids: dict[int, str] | None = None,
) -> None:
    tx.links.save(
        found.link.connection,
        outcomes,
        run_id=found.trip.run_id,
        now=found.trip.now(),
        loaded=loaded or {},
        xero_ids=xero_ids or {},
    )


def _tell(tx: Transaction, found: Found, link: Link, xero_id: str | None, *, action: str) -> None:
    row = HistoryRow(
        connection=link.connection,
        entity=link.entity,
        link_id=link.id,
        dynamics_id=link.dynamics_id,
        xero_id=xero_id,
        at=found.trip.now(),
        run_id=found.trip.run_id,
        action=action,
        status=link.status,
        remark="A person said so.",
    )
    tx.history.add([row])
