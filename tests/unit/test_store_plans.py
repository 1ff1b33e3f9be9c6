"""What each page and each answer asks finds its rows by an index, however many others there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dynamics_xero.model import Status
from dynamics_xero.store.links import Links
from dynamics_xero.store.records import Records
from dynamics_xero.store.store import Store
from tests.unit.store_cases import NOON

MANY = [f"{number}" for number in range(60)]
NARROW = ("rowid=?", "parent_id=?", "status=?", " id=?", "_id=?", "value=?")
"""Columns by which SQLite finds few rows; all others are shared by every row of an entity."""

ASKED: dict[str, Callable[[Links, Records], object]] = {
    "links of rows": lambda links, _: links.by_dynamics("main", "account", MANY),
    "links of contacts": lambda links, _: links.by_xero("main", "account", MANY),
    "due rows": lambda links, _: links.mark_due(
        "main", "account", now=NOON, dynamics_ids=MANY, only=(Status.FAILED,)
    ),
    "due contacts": lambda links, _: links.mark_due("main", "account", now=NOON, xero_ids=MANY),
    "seen contacts": lambda links, _: links.mark_seen("main", "account", "run", xero_ids=MANY),
    "links by id": lambda links, _: links.by_id(range(60)),
    "parts": lambda links, _: links.parts_of("main", "person", range(60)),
    "who is stuck": lambda links, _: links.any_of("main", (Status.FAILED, Status.CONFLICT)),
    "rows": lambda _, records: records.get("dynamics:1", "account", MANY),
    "children": lambda _, records: records.children("dynamics:1", "contact", MANY),
    "holders": lambda _, records: records.holders("dynamics:1", "account", "name", MANY),
    "touched rows": lambda _, records: records.touch("dynamics:1", "account", MANY, 1),
}


@pytest.mark.parametrize("asked", ASKED)
def test_sqlite_walks_over_no_rows_that_were_not_asked_for(tmp_path: Path, asked: str) -> None:
    told: list[str] = []
    with Store.open(f"sqlite:///{tmp_path / 'state.db'}") as store, store.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.set_trace_callback(told.append)
        ASKED[asked](Links(connection), Records(connection))
        raw.set_trace_callback(None)
        steps = [
            str(row[3])
            for text in told
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")
        ]

    searched = [step for step in steps if re.search(r"\b(link|record|record_key)\b", step)]
    assert searched
    for step in searched:
        assert any(column in step for column in NARROW), step
