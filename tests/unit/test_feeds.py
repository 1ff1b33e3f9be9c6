"""What of a row is content, and what only describes it (R26)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dynamics_xero.entities import BUILT_IN
from dynamics_xero.mapping.columns.xero_details import write_back_columns
from dynamics_xero.model import Record, RecordState, SideName
from dynamics_xero.sync.feeds import Source, sources

ROW = Record("account", "a1", 7, {"name": "Alfreds", "telephone1": "1"})
WRITTEN_BACK = {
    *("xero_id", "xero_organisationid", "xero_status", "xero_lastsyncedon"),
    *("xero_remark", "xero_url"),
}


def source(resource: str) -> Source:
    """Return the feed of a Dynamics table."""
    found = (one for one in sources(BUILT_IN) if one.side is SideName.DYNAMICS)
    return next(one for one in found if one.feed.resource == resource)


def test_r26_every_write_back_column_is_read_and_none_is_content() -> None:
    assert set(write_back_columns()) >= WRITTEN_BACK
    for resource in ("account", "contact"):
        feed = source(resource)
        row = replace(ROW, resource=resource)
        for column in write_back_columns():
            described = replace(row, version=8, values={**row.values, column: "another"})
            assert column in feed.feed.columns
            assert feed.content(described) == feed.content(row), column


@pytest.mark.parametrize(
    "edited",
    [
        replace(ROW, values={**ROW.values, "telephone1": "2"}),
        replace(ROW, values={"name": "Alfreds"}),
        replace(ROW, state=RecordState.ARCHIVED),
        replace(ROW, parent_id="a2"),
        replace(ROW, merged_into="a2"),
    ],
)
def test_r26_everything_else_that_a_row_shows_is_content(edited: Record) -> None:
    feed = source("account")

    assert feed.content(edited) != feed.content(ROW)
