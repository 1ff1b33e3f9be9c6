"""The data on remote columns agrees with itself."""

from __future__ import annotations

import re

import pytest

from dynamics_xero.entities import BUILT_IN
from dynamics_xero.mapping.columns import dynamics, xero, xero_details
from dynamics_xero.mapping.columns.column import Columns, ColumnType
from dynamics_xero.model import Status

ALL = {**dynamics.TABLES, **xero.RESOURCES}


@pytest.mark.parametrize("table", ALL)
def test_every_column_stands_under_its_own_name_with_a_label(table: str) -> None:
    columns: Columns = ALL[table]

    assert [name for name, column in columns.items() if column.name != name] == []
    assert [name for name, column in columns.items() if not column.label.strip()] == []


def test_columns_of_one_write_group_begin_with_its_name() -> None:
    grouped = [c for columns in ALL.values() for c in columns.values() if c.write_group]

    assert len(grouped) == 2 * 9 + 5 * 3
    assert [c.name for c in grouped if not c.name.startswith(f"{c.write_group}.")] == []


@pytest.mark.parametrize("table", xero_details.TABLES)
def test_our_own_columns_carry_our_prefix_and_are_known_to_the_mappings(table: str) -> None:
    columns = xero_details.CUSTOM_COLUMNS[table]

    assert [c.name for c in columns if not re.fullmatch(r"xero_[a-z]+", c.name)] == []
    assert [c.name for c in columns if dynamics.TABLES[table].get(c.name) is not c] == []
    assert all(column.custom for column in columns)
    assert "xero_organisationid" in {column.name for column in columns}


def test_no_standard_column_counts_as_ours() -> None:
    ours = {c.name for columns in dynamics.TABLES.values() for c in columns.values() if c.custom}

    on_records = {c.name for table in xero_details.CUSTOM_COLUMNS.values() for c in table}
    assert ours == on_records | {c.name for c in xero_details.LINK_COLUMNS}


def test_the_status_column_offers_every_status_from_the_publishers_first_value_on() -> None:
    (status,) = (c for c in xero_details.DETAILS if c.type is ColumnType.CHOICE)

    assert status.options == {
        727_000_000 + place: text for place, text in enumerate([s.value for s in Status])
    }
    assert xero_details.STATUS_OPTIONS[Status.NOT_SYNCED] == 727_000_000


def test_r26_no_write_back_column_is_read_by_a_mapping() -> None:
    read = {column for mapping in BUILT_IN for column in mapping.dynamics_columns()}

    assert read.isdisjoint(xero_details.write_back_columns())
