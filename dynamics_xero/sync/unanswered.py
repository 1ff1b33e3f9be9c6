"""Calls whose answer never came: what is written of them, and when they are decided again (R22)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from dynamics_xero.mapping.keys import normal
from dynamics_xero.model import (
    Action,
    ActionKind,
    Base,
    Change,
    Link,
    Record,
    SideName,
    Value,
    Values,
)
from dynamics_xero.rows import HistoryRow, RequestRow
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.claims import SettledList
from dynamics_xero.sync.persons import SETTLED_LIST, settle_list
from dynamics_xero.sync.pull import read_at
from dynamics_xero.sync.stories import named, sent, unanswered
from dynamics_xero.sync.trip import Trip

SENT = "sent."
"""What the names of a member begin with that stand for fields."""


def member(trip: Trip, action: Action) -> Values:
    """Return what has to be known of an action if its answer never comes (R40).

    people: by link, what their rows inside showed otherwise. listed: the list as it would be
    settled, so that whoever leaves meanwhile is still known in it. Under `SENT` and its name, each
    field that is carried.
    """
    changes = dict(action.changes)
    if action.kind is ActionKind.CREATE:
        changes = {}  # nothing of anybody's was there
    updated = (part for part in action.parts if part.kind is ActionKind.UPDATE and part.row)
    people = {str(part.link_id): _dumped(sent(part, {})) for part in updated if part.link_id}
    return {
        "link_id": action.link.id,
        "action": named(action),
        "changes": json.dumps(_dumped(changes), default=str),
        "people": json.dumps(people, default=str),
        "listed": _listed(trip, action),
        **_carried(action),
    }


def _carried(action: Action) -> Values:
    if action.kind not in (ActionKind.CREATE, ActionKind.UPDATE):
        return {}
    return {f"{SENT}{name}": value for name, value in action.decided.items()}


def _listed(trip: Trip, action: Action) -> str | None:
    part = trip.part_mapping(trip.mapping(action.link.entity))
    if part is None or part.parts not in action.lists:
        return None
    settled, _shown = settle_list(part, action.parts, action.lists[part.parts])
    return settled.dump()


def _dumped(changes: Mapping[str, Change]) -> dict[str, list[Value]]:
    return {name: [c.before, c.after, c.rule] for name, c in changes.items()}


def release_unanswered(trip: Trip) -> None:
    """Decide again what travelled in a call without answer.

    Only once its deadline has passed and the remote's feed was read after it: by then the call has
    taken effect or never will, and whatever it made is found by its natural key.
    """
    with trip.store.read() as tx:
        rows = tx.requests.opened(trip.connection)
    for row in rows:
        if row.sent_at is None or _is_over(trip, row):
            _release(trip, row)


def _is_over(trip: Trip, row: RequestRow) -> bool:
    side = SideName(row.endpoint.partition(":")[0])
    read = read_at(trip, trip.source(side, row.resource))
    left = row.sent_at or row.deadline
    lapsed = max(row.deadline, left + timedelta(seconds=trip.limits.deadline_s))
    return read is not None and read >= lapsed


def _release(trip: Trip, row: RequestRow) -> None:
    ids = [int(str(one["link_id"])) for one in row.members]
    with trip.lane.begin() as tx:
        if row.sent_at is not None:
            tx.history.add(_people_stories(trip, tx, row))
            links = tx.links.by_id(ids)
            pairs = [(links[i], one) for i, one in zip(ids, row.members, strict=True) if i in links]
            made = _made_here(trip, tx, row, [link for link, _one in pairs])
            tx.history.add(
                [_story(trip, row, link, one, done=link.id in made) for link, one in pairs]
            )
            tx.links.remember(_bases(trip, tx, row, pairs))
        tx.links.set_request(ids, None)
        tx.requests.close(row.id)


def _bases(
    trip: Trip, tx: Transaction, row: RequestRow, pairs: Sequence[tuple[Link, Values]]
) -> dict[int, Base]:
    """Return the links' bases with what the remote shows just as it was sent: that is settled.

    Else it would pass for an edit of somebody's there, once the row here changes again (R22).
    """
    side = SideName(row.endpoint.partition(":")[0])
    ids = _ids_there(trip, tx, row, pairs)
    rows = tx.records.get(row.endpoint, row.resource, ids.values())
    bases: dict[int, Base] = {}
    for link, one in pairs:
        there = rows.get(ids.get(link.id, ""))
        if there is not None:
            shown = _shown(trip, link, side, one, there.record)
            people = _list_shown(trip, link, one, there.record)
            bases[link.id] = {**link.base, **shown, **people}
    return bases


def _ids_there(
    trip: Trip, tx: Transaction, row: RequestRow, pairs: Sequence[tuple[Link, Values]]
) -> dict[int, str]:
    """Return the ids of the rows that were written; what a create made bears our own key."""
    if row.endpoint == trip.key(SideName.DYNAMICS):
        return {link.id: link.dynamics_id for link, _one in pairs}
    known = {link.id: link.xero_id for link, _one in pairs if link.xero_id is not None}
    keys = {link.id: trip.mapping(link.entity).own_key or "" for link, _one in pairs}
    values = {link.id: normal(one.get(f"{SENT}{keys[link.id]}")) for link, one in pairs}
    for key in set(keys.values()):
        lost = [i for i, value in values.items() if value and keys[i] == key and i not in known]
        held = tx.records.holders(row.endpoint, row.resource, key, [values[i] for i in lost])
        known |= {i: held[values[i]][0][0] for i in lost if values[i] in held}
    return known


def _shown(
    trip: Trip, link: Link, side: SideName, one: Values, record: Record
) -> dict[str, tuple[Value, Value]]:
    mapping = trip.mapping(link.entity)
    carried = {name[len(SENT) :]: value for name, value in one.items() if name.startswith(SENT)}
    rules = {name: rule for name, rule in mapping.fields.items() if name in carried}
    if side is SideName.XERO:
        shown = mapping.read_xero(record.values)
        both = {name: (carried[name], shown.get(name)) for name in rules}
    else:
        values, _problems = mapping.read_dynamics(record.values)
        both = {name: (values.get(name), carried[name]) for name in rules}
    return {n: (here, there) for n, (here, there) in both.items() if rules[n].fit(here) == there}


def _list_shown(trip: Trip, link: Link, one: Values, record: Record) -> Base:
    part = trip.part_mapping(trip.mapping(link.entity))
    listed = one.get("listed")
    if part is None or listed is None:
        return {}
    sent = SettledList.load(listed)
    shown = sent.is_shown(part, record.parts.get(part.parts, ()))
    return {SETTLED_LIST: (None, listed)} if shown else {}


def _made_here(trip: Trip, tx: Transaction, row: RequestRow, links: Sequence[Link]) -> set[int]:
    """Return the links whose Dynamics row was made after all: it is found by its id (R24)."""
    own = trip.key(SideName.DYNAMICS)
    if row.endpoint != own or row.action != ActionKind.CREATE.value:
        return set()
    found = tx.records.get(own, row.resource, [link.dynamics_id for link in links])
    return {link.id for link in links if link.dynamics_id in found}


def _story(trip: Trip, row: RequestRow, link: Link, one: Values, *, done: bool) -> HistoryRow:
    """Say what may have been written: if it was, the next decision finds both sides equal.

    done: it is known to have been.
    """
    action = str(one["action"])
    changes = json.loads(str(one["changes"]))
    return _line(trip, row, link, action if done else unanswered(action), changes)


def _people_stories(trip: Trip, tx: Transaction, row: RequestRow) -> list[HistoryRow]:
    """People count under their own entity, though they travelled inside their company.

    A call that an older version wrote down tells of none.
    """
    told = [json.loads(str(one.get("people", "{}"))) for one in row.members]
    changes = {int(link_id): found for people in told for link_id, found in people.items()}
    links = tx.links.by_id(changes)
    action = unanswered(ActionKind.UPDATE.value)
    return [_line(trip, row, link, action, changes[i]) for i, link in links.items()]


def _line(
    trip: Trip, row: RequestRow, link: Link, action: str, changes: Mapping[str, Sequence[Any]]
) -> HistoryRow:
    return HistoryRow(
        connection=link.connection,
        entity=link.entity,
        link_id=link.id,
        dynamics_id=link.dynamics_id,
        xero_id=link.xero_id,
        at=trip.now(),
        run_id=trip.run_id,
        action=action,
        status=link.status,
        remark="No answer came.",
        changes={name: Change(*told) for name, told in changes.items()},
        request_id=row.id,
    )
