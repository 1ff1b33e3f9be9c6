"""Webhook steps registered over the Web API: service endpoints and what they are told (section 6).

Asynchronous steps after the operation alone: a synchronous one would take part in the write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

from dynamics_xero.sandbox.dynamics import errors
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.webhook_terms import Subscription

ENDPOINT, STEP = "serviceendpoint", "sdkmessageprocessingstep"
TABLES = (ENDPOINT, STEP)

_WEBHOOK, _KEY, _HEADER, _QUERY = 8, 4, 5, 6
_ASYNCHRONOUS, _AFTER = 1, 40
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
Row = Mapping[str, object]


@dataclass(frozen=True)
class Step:
    """One registration: which message on which table, None for every table."""

    id: str
    message: str
    table: str | None
    columns: frozenset[str] = frozenset()

    def concerns(self, message: str, table: str, changed: frozenset[str]) -> bool:
        """Tell whether a write sets the step off; an Update may have to touch some columns."""
        if message != self.message or self.table not in (None, table):
            return False
        return message != "Update" or not self.columns or bool(self.columns & changed)


@dataclass(frozen=True)
class EndpointSubscription(Subscription):
    """A service endpoint with its steps; the key stands in `authvalue`'s own form."""

    authtype: int = _KEY
    steps: tuple[Step, ...] = ()

    def proof(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the query parameters and the headers that carry the key."""
        if self.authtype == _KEY:
            return {"code": self.key}, {}
        pairs = settings(self.key)
        return (pairs, {}) if self.authtype == _QUERY else ({}, pairs)


def registered(tx: sqlite3.Connection) -> list[EndpointSubscription]:
    """Return every endpoint on this machine with the steps that are enabled now."""
    found = tx.execute("SELECT * FROM row_serviceendpoint ORDER BY rid").fetchall()
    return [
        EndpointSubscription(row["url"], row["authvalue"], row["authtype"], _steps(tx, row))
        for row in found
        if urlsplit(row["url"]).hostname in _HERE
    ]


def settings(text: str) -> dict[str, str]:
    """Return the pairs of an `authvalue` in XML. Raises ODataError for another text."""
    try:
        tree = ElementTree.fromstring(text)  # noqa: S314 - our own tests write it
    except ElementTree.ParseError as fault:
        raise errors.bad_request("The authvalue is no XML of settings.") from fault
    pairs = {one.get("name", ""): one.get("value", "") for one in tree.iter("setting")}
    if not pairs or "" in pairs:
        raise errors.bad_request("The authvalue holds no setting.")
    return pairs


def check(session: Session, table: TableSchema, row: Row) -> None:
    """Raise ODataError for an endpoint or step that this twin cannot serve."""
    if table.name == ENDPOINT:
        _check_endpoint(row)
    elif table.name == STEP:
        _check_step(session, row)


def _check_endpoint(row: Row) -> None:
    if row.get("contract") != _WEBHOOK:
        raise errors.unsupported("Service endpoints other than webhooks are not offered here.")
    for name in ("name", "url", "authtype", "authvalue"):
        if not row.get(name):
            raise errors.bad_request(f"A webhook needs its '{name}'.", "0x80040203")
    if urlsplit(str(row["url"])).scheme not in ("http", "https"):
        raise errors.bad_request(f"'{row['url']}' is no URL of a webhook.", "0x80040203")
    if row["authtype"] in (_HEADER, _QUERY):
        settings(str(row["authvalue"]))


def _check_step(session: Session, row: Row) -> None:
    for name in ("name", "sdkmessageid", "eventhandler", "stage"):
        if not row.get(name):
            raise errors.bad_request(f"A step needs its '{name}'.", "0x80040203")
    if row.get("mode") != _ASYNCHRONOUS:
        raise errors.unsupported("Synchronous webhook steps are not offered by this twin.")
    if row["stage"] != _AFTER:
        raise errors.bad_request("An asynchronous step runs after the operation.", "0x80044184")
    filter_id = row.get("sdkmessagefilterid")
    if filter_id is not None:
        found = session.tx.execute(
            "SELECT * FROM row_sdkmessagefilter WHERE sdkmessagefilterid = ?", (filter_id,)
        ).fetchone()
        if found["sdkmessageid"] != row["sdkmessageid"]:
            raise errors.bad_request("Message and filter of the step do not belong together.")
        _check_columns(session, row, found["primaryobjecttypecode"])


def _check_columns(session: Session, row: Row, table: str) -> None:
    """Refuse a step that waits for columns the table does not have: it would never be told."""
    wanted = _names(str(row.get("filteringattributes") or ""))
    unknown = sorted(wanted - session.table(table).columns.keys())
    if unknown:
        raise errors.unknown_query_property(unknown[0], table)


def _steps(tx: sqlite3.Connection, endpoint: Row) -> tuple[Step, ...]:
    found = tx.execute(
        "SELECT step.sdkmessageprocessingstepid AS id, message.name AS message, "
        "filter.primaryobjecttypecode AS table_name, step.filteringattributes AS columns "
        "FROM row_sdkmessageprocessingstep AS step "
        "JOIN row_sdkmessage AS message ON message.sdkmessageid = step.sdkmessageid "
        "LEFT JOIN row_sdkmessagefilter AS filter "
        "ON filter.sdkmessagefilterid = step.sdkmessagefilterid "
        "WHERE step.eventhandler = ? AND step.statecode = 0 ORDER BY step.rank, step.rid",
        (endpoint["serviceendpointid"],),
    )
    return tuple(
        Step(row["id"], row["message"], row["table_name"], _names(row["columns"])) for row in found
    )


def _names(text: str | None) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in (text or "").split(",") if name.strip())
