"""Our own Dataverse columns: "Xero Details" (mapping.md C.1), and data Dynamics has no place for.

Read by provisioning, which makes them; by write back, which fills them; by the mappings. Columns
describe a record's home organisation, rows of LINK_TABLE every other one (R34).
"""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.mapping.columns.column import Column, ColumnType
from dynamics_xero.model import Status

TABLES = ("account", "contact")
"""The tables that carry Xero Details."""

FIRST_OPTION = 727_000_000
"""A publisher's own choice values start at its option value prefix times 10,000."""

STATUS_OPTIONS: Mapping[Status, int] = {
    status: FIRST_OPTION + place for place, status in enumerate(Status)
}
"""Status -> value of the choice `xero_status`."""


def _column(
    name: str,
    label: str,
    type_: ColumnType = ColumnType.TEXT,
    *,
    max_length: int | None = None,
    options: Mapping[int, str] | None = None,
) -> Column:
    return Column(
        name=name, label=label, type=type_, max_length=max_length, custom=True, options=options
    )


DETAILS: tuple[Column, ...] = (
    _column("xero_id", "Xero Id", max_length=36),
    _column("xero_organisationid", "Xero Organisation Id", max_length=36),
    _column("xero_number", "Xero Number", max_length=255),
    _column(
        "xero_status",
        "Status",
        ColumnType.CHOICE,
        options={value: status.value for status, value in STATUS_OPTIONS.items()},
    ),
    _column("xero_lastsyncedon", "Last Synced On", ColumnType.DATETIME),
    _column("xero_remark", "Remark", ColumnType.MEMO, max_length=4000),
    _column("xero_url", "Xero Link", max_length=500),
    _column("xero_syncrequestedon", "Sync Requested On", ColumnType.DATETIME),
)
"""How a record stands in Xero. Never canonical: a write-back that returns changes nothing (R26)."""

DATA_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "account": (
        _column("xero_taxnumber", "Tax number", max_length=50),
        _column("xero_companynumber", "Company number", max_length=50),
    ),
    "contact": (_column("xero_includeinemails", "Include in e-mails", ColumnType.BOOLEAN),),
}
"""Table -> columns for what Xero knows and Dynamics does not."""

CUSTOM_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    table: (*DETAILS, *DATA_COLUMNS[table]) for table in TABLES
}
"""Table -> every column that provisioning makes there."""

LINK_TABLE = "xero_link"
"""The table of ours with a row per record and organisation that is not the record's home."""

LINK_NAME = _column("xero_name", "Name", max_length=255)
"""What a row of it is called by: the organisation's name."""

LINK_LOOKUPS: Mapping[str, Column] = {
    table: Column(
        name=f"xero_{table}id",
        label=table.capitalize(),
        type=ColumnType.LOOKUP,
        custom=True,
        target=table,
    )
    for table in TABLES
}
"""Table -> the column of LINK_TABLE that points at its rows."""

_ON_RECORDS_ONLY = frozenset({"xero_number", "xero_syncrequestedon"})

LINK_COLUMNS: tuple[Column, ...] = (
    LINK_NAME,
    *LINK_LOOKUPS.values(),
    *(column for column in DETAILS if column.name not in _ON_RECORDS_ONLY),
)
"""Every column that provisioning makes on LINK_TABLE, the primary name first."""


def write_back_columns() -> tuple[str, ...]:
    """Return the names of the Xero Details columns."""
    return tuple(column.name for column in DETAILS)
