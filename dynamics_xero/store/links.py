"""Links: pairs of ids, how they stand, and which of them are due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from dynamics_xero.model import Base, Link, LinkOutcome, Status
from dynamics_xero.store import codec
from dynamics_xero.store.engine import chunks, insert_missing
from dynamics_xero.store.link_rows import (
    BEGIN,
    BY_ID,
    COLUMNS,
    ENSURE,
    FIND,
    MARK_DUE,
    MARK_DUE_ONLY,
    MARK_SEEN,
    MARK_WRITE_BACK,
    PAIR,
    PARTS_OF,
    REMEMBER,
    RETRY_LATER,
    SET_REQUEST,
    SETTLE,
    STANDING_AT,
    SURVIVE,
    WAKE,
    WRITE_BACKS,
    WRITTEN,
    named,
    of,
    to_link,
)
from dynamics_xero.store.outcomes import Settling, settled
from dynamics_xero.store.statements import Prepared
from dynamics_xero.store.tables import Instant, link


class Links:
    """Reads and writes links within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, connection: str, entity: str, dynamics_ids: Iterable[str]) -> None:
        """Insert the links that are missing; they are not due yet."""
        rows = [
            {"connection": connection, "entity": entity, "dynamics_id": dynamics_id}
            for dynamics_id in dynamics_ids
        ]
        ENSURE.run_many(self._connection, rows)

    def plant(
        self, connection: str, entity: str, pairs: Sequence[tuple[str, str]], *, now: datetime
    ) -> None:
        """Insert due links of (Dynamics id, Xero id) for rows that are still to be made."""
        due = {"connection": connection, "entity": entity, "due_at": now, "marked": 1}
        rows = [{**due, "dynamics_id": here, "xero_id": there} for here, there in pairs]
        if rows:
            self._connection.execute(insert_missing(self._connection, link), rows)

    def by_dynamics(self, connection: str, entity: str, ids: Iterable[str]) -> dict[str, Link]:
        """Return the links by Dynamics id."""
        found: dict[str, Link] = {}
        for side, some in named(ids, ()):
            links = self._find(FIND[side], some, connection, entity)
            found.update((each.dynamics_id, each) for each in links)
        return found

    def by_xero(self, connection: str, entity: str, ids: Iterable[str]) -> dict[str, Link]:
        """Return the links by Xero id; parts are left out."""
        found: dict[str, Link] = {}
        for side, some in named((), ids):
            links = self._find(FIND[side], some, connection, entity)
            found.update((each.xero_id or "", each) for each in links)
        return found

    def by_id(self, ids: Iterable[int]) -> dict[int, Link]:
        """Return the links by their own id."""
        found: dict[int, Link] = {}
        for some in chunks(ids):
            links = map(to_link, BY_ID.rows(self._connection, {"listed": some}))
            found.update((each.id, each) for each in links)
        return found

    def parts_of(
        self, connection: str, entity: str, parent_ids: Iterable[int]
    ) -> dict[int, list[Link]]:
        """Return the part links of each parent link, oldest first."""
        found: dict[int, list[Link]] = {}
        for some in chunks(parent_ids):
            for part in self._find(PARTS_OF, some, connection, entity):
                found.setdefault(part.parent_id or 0, []).append(part)
        return found

    def mark_due(
        self,
        connection: str,
        entity: str,
        *,
        now: datetime,
        dynamics_ids: Iterable[str] = (),
        xero_ids: Iterable[str] = (),
        only: Sequence[Status] = (),
    ) -> None:
        """Mark links due, even if they were waiting; severed ones stay as they are (R15)."""
        marking = MARK_DUE_ONLY if only else MARK_DUE
        asked = {"b_connection": connection, "b_entity": entity, "b_now": now}
        if only:
            asked["b_only"] = [status.value for status in only]
        for side, some in named(dynamics_ids, xero_ids):
            marking[side].run(self._connection, {**asked, "listed": some})

    def wake(self, link_ids: Iterable[int], *, now: datetime) -> None:
        """Mark links due by their own ids, severed ones too: a person or a merge asks for it."""
        self._each(WAKE, link_ids, b_now=now)

    def absorbed_by(self, link_ids: Iterable[int]) -> dict[int, list[Link]]:
        """Return, per link, the links it stands for since a merge."""
        found: dict[int, list[Link]] = {}
        for some in chunks(link_ids):
            for loser in self._select(link.c.winner_id.in_(some)):
                found.setdefault(loser.winner_id or 0, []).append(loser)
        return found

    def any_of(self, connection: str, statuses: Sequence[Status]) -> bool:
        """Say whether a link of any entity stands at one of these."""
        asked = {"b_connection": connection, "b_statuses": statuses}
        return len(STANDING_AT.rows(self._connection, asked)) > 0

    def mark_seen(
        self,
        connection: str,
        entity: str,
        run_id: str,
        *,
        dynamics_ids: Iterable[str] = (),
        xero_ids: Iterable[str] = (),
    ) -> None:
        """Note that a feed showed the links in this run."""
        asked = {"b_connection": connection, "b_entity": entity, "b_run": run_id}
        for side, some in named(dynamics_ids, xero_ids):
            MARK_SEEN[side].run(self._connection, {**asked, "listed": some})

    def due(
        self,
        connection: str,
        entity: str,
        *,
        now: datetime,
        limit: int,
        offset: int = 0,
        linked: bool | None = None,
    ) -> list[Link]:
        """Return links that are due, not waiting and in no open request, oldest mark first.

        linked: only those that have a partner, or only those that have none.
        """
        wanted = [
            *of(connection, entity),
            link.c.due_at.is_not(None),
            link.c.request_id.is_(None),
            or_(link.c.next_at.is_(None), link.c.next_at <= now),
        ]
        wanted += _partnered(linked)
        query = (
            select(*COLUMNS)
            .where(*wanted)
            .order_by(link.c.due_at, link.c.id)
            .limit(limit)
            .offset(offset)
        )
        return [to_link(row) for row in self._connection.execute(query)]

    def listed(
        self,
        connections: Sequence[str],
        *,
        entity: str | None = None,
        status: Status | None = None,
        limit: int,
    ) -> list[Link]:
        """Return links by connection, entity and id."""
        conditions: list[ColumnElement[bool]] = [link.c.connection.in_(connections)]
        if entity is not None:
            conditions.append(link.c.entity == entity)
        if status is not None:
            conditions.append(link.c.status == status.value)
        query = (
            select(*COLUMNS)
            .where(*conditions)
            .order_by(link.c.connection, link.c.entity, link.c.id)
            .limit(limit)
        )
        return [to_link(row) for row in self._connection.execute(query)]

    def next_due_at(
        self,
        connection: str,
        *,
        entities: Sequence[str] | None = None,
        linked: bool | None = None,
    ) -> datetime | None:
        """Return when the next link is due, a past time for now; None when there is none."""
        wanted = [
            link.c.connection == connection,
            link.c.due_at.is_not(None),
            link.c.request_id.is_(None),
        ]
        if entities is not None:
            wanted.append(link.c.entity.in_(entities))
        wanted += _partnered(linked)
        instant = func.min(func.coalesce(link.c.next_at, link.c.due_at), type_=Instant)
        return self._connection.scalar(select(instant).where(*wanted))

    def pair(self, pairs: Sequence[tuple[int, str]]) -> list[int]:
        """Give links their Xero ids; return those refused because another link has the id."""
        links = self.by_id(link_id for link_id, _xero_id in pairs)
        held = self._holders(links.values(), [xero_id for _link_id, xero_id in pairs])
        refused, rows = [], []
        for link_id, xero_id in pairs:
            mine = links[link_id]
            if held.setdefault((mine.connection, mine.entity, xero_id), link_id) == link_id:
                rows.append({"b_id": link_id, "b_xero_id": xero_id})
            else:
                refused.append(link_id)
        PAIR.run_many(self._connection, rows)
        return refused

    def _holders(
        self, links: Iterable[Link], xero_ids: Sequence[str]
    ) -> dict[tuple[str, str, str], int]:
        """Return which link has each Xero id, for every connection and entity concerned."""
        return {
            (connection, entity, xero_id): holder.id
            for connection, entity in {(each.connection, each.entity) for each in links}
            for xero_id, holder in self.by_xero(connection, entity, xero_ids).items()
        }

    def save(
        self,
        connection: str,
        outcomes: Sequence[LinkOutcome],
        *,
        run_id: str,
        now: datetime,
        loaded: Mapping[int, int],
        xero_ids: Mapping[int, str],
    ) -> dict[str, int]:
        """Store how links stand, free them from their request, and make write-backs due."""
        new = self._new_parts(connection, [o for o in outcomes if o.link_id is None])
        last = {_id_of(outcome, new): outcome for outcome in outcomes}
        links = self.by_id(last)
        gone = [link_id for link_id, outcome in last.items() if outcome.gone]
        for some in chunks(gone):
            self._connection.execute(delete(link).where(link.c.id.in_(some)))
        settling = Settling(run_id, now, loaded, xero_ids)
        rows = [
            settled(links[link_id], outcome, settling)
            for link_id, outcome in last.items()
            if not outcome.gone and link_id in links
        ]
        SETTLE.run_many(self._connection, rows)
        return {dynamics_id: link_id for (_entity, dynamics_id), link_id in new.items()}

    def _new_parts(
        self, connection: str, outcomes: Sequence[LinkOutcome]
    ) -> dict[tuple[str, str], int]:
        """Insert the links of parts seen for the first time; one that exists is found."""
        ids: dict[str, list[str]] = {}
        for outcome in outcomes:
            ids.setdefault(outcome.entity, []).append(outcome.dynamics_id)
        found: dict[tuple[str, str], int] = {}
        for entity, dynamics_ids in ids.items():
            self.ensure(connection, entity, dynamics_ids)
            links = self.by_dynamics(connection, entity, dynamics_ids)
            found.update(((entity, each.dynamics_id), each.id) for each in links.values())
        return found

    def retry_later(
        self, link_ids: Iterable[int], *, next_at: datetime, attempts_up: bool = True
    ) -> None:
        """Leave links due but waiting, free of their request."""
        self._each(RETRY_LATER, link_ids, b_next_at=next_at, b_up=1 if attempts_up else 0)

    def rest(self, link_ids: Iterable[int]) -> None:
        """Take links that wait for their time off the list of what is due; others stay on it."""
        for some in chunks(link_ids):
            waiting = (link.c.id.in_(some), link.c.next_at.is_not(None))
            self._connection.execute(update(link).where(*waiting).values(due_at=None, next_at=None))

    def begin(self, link_ids: Iterable[int]) -> None:
        """Count the start of work on the links, in case its process does not live to the end."""
        self._each(BEGIN, link_ids)

    def survive(self, link_ids: Iterable[int]) -> None:
        """Take starts back: the process lives, whatever became of the links (R32)."""
        self._each(SURVIVE, link_ids)

    def _each(self, changing: Prepared, link_ids: Iterable[int], **asked: Any) -> None:
        for some in chunks(link_ids):
            changing.run(self._connection, {**asked, "listed": some})

    def queue(self, connection: str, *, remark: str, now: datetime) -> None:
        """Show the links that are due and in no open request as Queued, to be written back."""
        since = func.coalesce(link.c.write_back_at, literal(now, Instant))
        queued = Status.QUEUED.value
        self._connection.execute(
            update(link)
            .where(
                link.c.connection == connection,
                link.c.due_at.is_not(None),
                link.c.request_id.is_(None),
                link.c.status != queued,
            )
            .values(status=queued, remark=remark, write_back_at=since)
        )

    def remember(self, bases: Mapping[int, Base]) -> None:
        """Give links another base, and change nothing else."""
        rows = [{"b_id": i, "b_base": codec.encode_base(base)} for i, base in bases.items()]
        REMEMBER.run_many(self._connection, rows)

    def set_request(self, link_ids: Iterable[int], request_id: str | None) -> None:
        """Bind links to the open request they travel in, or free them."""
        self._each(SET_REQUEST, link_ids, b_request=request_id)

    def write_backs(self, connection: str, *, limit: int) -> list[Link]:
        """Return links whose state is still to be written onto Dynamics, longest waiting first."""
        asked = {"b_connection": connection, "b_limit": limit}
        return [to_link(row) for row in WRITE_BACKS.rows(self._connection, asked)]

    def write_back_state(self, connection: str) -> tuple[int, datetime | None]:
        """Return how many write-backs wait, and since when the oldest does."""
        query = select(func.count(), func.min(link.c.write_back_at)).where(
            link.c.connection == connection, link.c.write_back_at.is_not(None)
        )
        count, oldest = self._connection.execute(query).one()
        return count, oldest

    def clear_write_backs(self, links: Iterable[Link]) -> None:
        """Note that these links were written back as they stand here."""
        rows = [
            {
                "b_id": each.id,
                "b_status": each.status.value,
                "b_remark": each.remark,
                "b_xero_id": each.xero_id,
                "b_last_synced_at": each.last_synced_at,
            }
            for each in links
        ]
        WRITTEN.run_many(self._connection, rows)

    def mark_write_back(
        self, connection: str, entity: str, dynamics_ids: Iterable[str], now: datetime
    ) -> None:
        """Make the links' write-backs due."""
        asked = {"b_connection": connection, "b_entity": entity, "b_now": now}
        for some in chunks(dynamics_ids):
            MARK_WRITE_BACK.run(self._connection, {**asked, "listed": some})

    def _find(
        self, query: Prepared, ids: Sequence[object], connection: str, entity: str
    ) -> list[Link]:
        asked = {"b_connection": connection, "b_entity": entity, "listed": ids}
        return [to_link(row) for row in query.rows(self._connection, asked)]

    def _select(self, *conditions: Any) -> list[Link]:
        query = select(*COLUMNS).where(*conditions).order_by(link.c.id)
        return [to_link(row) for row in self._connection.execute(query)]


def _partnered(linked: bool | None) -> list[ColumnElement[bool]]:  # noqa: FBT001  # may be None
    if linked is None:
        return []
    return [link.c.xero_id.is_not(None) if linked else link.c.xero_id.is_(None)]


def _id_of(outcome: LinkOutcome, new: Mapping[tuple[str, str], int]) -> int:
    if outcome.link_id is not None:
        return outcome.link_id
    return new[outcome.entity, outcome.dynamics_id]
