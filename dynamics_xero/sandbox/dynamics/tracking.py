"""Change tracking: first reads with a delta link, and what changed behind one (section 4)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from dynamics_xero.sandbox.dynamics import errors, records, rights, schema_store
from dynamics_xero.sandbox.dynamics.answers import applied, document, plain
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.options import MAX_PAGE
from dynamics_xero.sandbox.dynamics.paging import Cookie, read_cookie
from dynamics_xero.sandbox.dynamics.reading import render
from dynamics_xero.sandbox.dynamics.render import Projection, project
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import FLOOR, Session
from dynamics_xero.sandbox.web import Response

_REFUSED = ("filter", "orderby", "expand", "top")
_MAX_DIGITS = 18
_STAMP = "%m/%d/%Y %H:%M:%S"
_EXPIRED = "Version stamp associated with the client has expired. Please perform a full sync."


@dataclass(frozen=True)
class DeltaToken:
    """The organisation's version at a moment; on the wire `919042!08/22/2017 08:10:44`."""

    version: int
    at: datetime

    def text(self) -> str:
        """Return the value of $deltatoken."""
        return f"{self.version}!{self.at.strftime(_STAMP)}"


def read_token(text: str) -> DeltaToken:
    """Return the token in a text. Raises ODataError for one this server never wrote."""
    version, _, stamp = text.partition("!")
    try:
        if len(version) > _MAX_DIGITS:
            raise ValueError(text)
        return DeltaToken(int(version), datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC))
    except ValueError as fault:
        raise errors.bad_request(f"The delta token '{text}' is not valid.") from fault


def concerns(call: Call) -> bool:
    """Tell whether a GET of an entity set is about changes."""
    return (
        call.preferences.track_changes
        or call.options.deltatoken is not None
        or _tracking_cookie(call) is not None
    )


def answer(session: Session, table: TableSchema, call: Call) -> Response:
    """Answer a tracked first read, a following page of one, or a delta read."""
    if not table.tracks_changes:
        return _untracked(session, table, call)
    rights.demand_everywhere(session, table)
    _refuse_options(call)
    reading = _Reading(session, table, call, project(table, call.options))
    cookie = _tracking_cookie(call)
    if call.options.deltatoken is not None:
        token = _valid(session, read_token(call.options.deltatoken))
        return _changes(reading, _DeltaPlace.starting(session, token))
    if cookie is not None and "phase" in cookie.state:
        return _changes(reading, _DeltaPlace.reading(cookie))
    return _first_read(reading, cookie)


def count(session: Session, table: TableSchema, call: Call) -> Response:
    """GET .../$count?$deltatoken=...: how many rows changed or went."""
    if not table.tracks_changes:
        raise _not_tracked(table)
    rights.demand_everywhere(session, table)
    _refuse_options(call)
    token = _valid(session, read_token(call.options.deltatoken or ""))
    changed = session.tx.execute(
        f"SELECT COUNT(*) FROM {table.storage} WHERE versionnumber > ?",  # noqa: S608 - names come from the schema
        (token.version,),
    ).fetchone()[0]
    gone = session.tx.execute(
        "SELECT COUNT(*) FROM dv_tombstone WHERE table_name = ? AND version > ?",
        (table.name, token.version),
    ).fetchone()[0]
    return plain(str(changed + gone))


def _refuse_options(call: Call) -> None:
    for name in _REFUSED:
        if getattr(call.options, name) is not None:
            raise errors.bad_request(
                f'The "${name}" query parameter isn\'t supported when Change Tracking is enabled.'
            )
    if call.options.count:
        raise errors.bad_request(
            'The "$count" query parameter isn\'t supported when Change Tracking is enabled.'
        )


def _tracking_cookie(call: Call) -> Cookie | None:
    if not call.options.skiptoken:
        return None
    cookie = read_cookie(call.options.skiptoken)
    return cookie if cookie.tracking else None


def _untracked(session: Session, table: TableSchema, call: Call) -> Response:
    if session.switch("untracked_table") == "ignored" and call.options.deltatoken is None:
        return records.read_set(session, table, call, path=table.facts.entity_set)
    raise _not_tracked(table)


def _not_tracked(table: TableSchema) -> errors.ODataError:
    return errors.bad_request(
        f"Change tracking is not enabled for the entity '{table.name}'.", "0x80044331"
    )


def _valid(session: Session, token: DeltaToken) -> DeltaToken:
    organization = session.tx.execute(
        "SELECT expirechangetrackingindays FROM row_organization"
    ).fetchone()
    oldest = session.now - timedelta(days=organization["expirechangetrackingindays"])
    fault = session.endpoint.faults.draw_kind("expire_delta", session.method, session.path)
    below_floor = token.version < schema_store.number(session.tx, FLOOR)
    if fault is not None or token.at < oldest or below_floor:
        raise errors.ODataError(int(session.switch("delta_expired_code")), "0x80044352", _EXPIRED)
    return token


@dataclass(frozen=True)
class _Reading:
    """A tracked read under way: what it selects, and how its pages end."""

    session: Session
    table: TableSchema
    call: Call
    projection: Projection

    @property
    def size(self) -> int:
        """How many rows and deletions a page holds."""
        return self.call.preferences.max_page or MAX_PAGE

    def rows(self, column: str, after: object) -> list[sqlite3.Row]:
        """Return the rows behind a place in one column's order, one more than a page."""
        listed = ", ".join(f'"{name}"' for name in self.projection.sql_names)
        statement = (
            f"SELECT {listed} FROM {self.table.storage} "  # noqa: S608 - names come from the schema
            f"WHERE {column} > ? ORDER BY {column} LIMIT ?"
        )
        return self.session.tx.execute(statement, (after, self.size + 1)).fetchall()

    def objects(self, found: list[sqlite3.Row]) -> list[dict[str, object]]:
        """Return a page of rows as JSON objects."""
        return render(self.session, self.projection, found[: self.size], self.call.preferences)

    def answer(
        self, value: list[dict[str, object]], end: Cookie | DeltaToken, suffix: str = ""
    ) -> Response:
        """Answer a page that ends with a next link, or the last one with a delta link."""
        session, entity_set = self.session, self.table.facts.entity_set
        place = f"{entity_set}{self.projection.context}{suffix}"
        body = {"@odata.context": f"{session.api_url}/$metadata#{place}", "value": value}
        if isinstance(end, Cookie):
            link = records.link(session, entity_set, self.call.options, end)
            body["@odata.nextLink"] = link
        else:
            body["@odata.deltaLink"] = self._delta_link(end)
        return document(body, headers=applied(self.call.preferences.applied()))

    def _delta_link(self, token: DeltaToken) -> str:
        query = [
            f"{name}={quote(value, safe=',$')}"
            for name, value in self.call.options.pairs
            if name not in ("$skiptoken", "$deltatoken")
        ]
        query.append(f"$deltatoken={quote(token.text(), safe='!')}")
        root = f"{self.session.api_url}/{self.table.facts.entity_set}"
        return f"{root}?{'&'.join(query)}"


def _first_read(reading: _Reading, cookie: Cookie | None) -> Response:
    session = reading.session
    now = DeltaToken(session.version(), session.now)
    state = cookie.state if cookie else {"rid": 0, "token": now.text()}
    found = reading.rows("rid", state["rid"])
    value = reading.objects(found)
    if len(found) > reading.size:
        page = (cookie.page if cookie else 1) + 1
        last = found[reading.size - 1]["rid"]
        return reading.answer(value, Cookie(page, {**state, "rid": last}, tracking=True))
    at_the_end = session.switch("delta_token_minted") == "end"
    return reading.answer(value, now if at_the_end else read_token(str(state["token"])))


@dataclass(frozen=True)
class _DeltaPlace:
    """Where a delta read stands: rows first, deletions last, both by version.

    `start` is the version it began behind, `token` what its last page hands out.
    """

    phase: str
    after: int
    start: int
    token: DeltaToken
    page: int

    @classmethod
    def starting(cls, session: Session, token: DeltaToken) -> _DeltaPlace:
        minted = DeltaToken(session.version(), session.now)
        return cls("rows", token.version, token.version, minted, 1)

    @classmethod
    def reading(cls, cookie: Cookie) -> _DeltaPlace:
        state = cookie.state
        after, start = int(str(state["after"])), int(str(state["start"]))
        return cls(str(state["phase"]), after, start, read_token(str(state["token"])), cookie.page)

    def cookie(self, phase: str, after: object) -> Cookie:
        text = self.token.text()
        state = {"phase": phase, "after": after, "start": self.start, "token": text}
        return Cookie(self.page + 1, state, tracking=True)


def _changes(reading: _Reading, place: _DeltaPlace) -> Response:
    value: list[dict[str, object]] = []
    gone_after = place.after
    if place.phase == "rows":
        found = reading.rows("versionnumber", place.after)
        value = reading.objects(found)
        if len(found) > reading.size:
            last = found[reading.size - 1]["versionnumber"]
            return reading.answer(value, place.cookie("rows", last), "/$delta")
        gone_after = place.start
    room = reading.size - len(value)
    gone = _deletions(reading, gone_after, room + 1)
    value += [_deletion(reading, row_id) for row_id, _ in gone[:room]]
    if len(gone) > room:
        last = gone[room - 1][1] if room else gone_after
        return reading.answer(value, place.cookie("deleted", last), "/$delta")
    return reading.answer(value, place.token, "/$delta")


def _deletions(reading: _Reading, after: int, limit: int) -> list[tuple[str, int]]:
    found = reading.session.tx.execute(
        "SELECT id, version FROM dv_tombstone WHERE table_name = ? AND version > ? "
        "ORDER BY version LIMIT ?",
        (reading.table.name, after, limit),
    )
    return [(row["id"], row["version"]) for row in found]


def _deletion(reading: _Reading, row_id: str) -> dict[str, object]:
    reading.session.rows_read += 1
    entity_set = reading.table.facts.entity_set
    context = f"{reading.session.api_url}/$metadata#{entity_set}/$deletedEntity"
    return {"@odata.context": context, "id": row_id, "reason": "deleted"}
