"""Xero Details of a link: on its Dynamics row at home, elsewhere on a row of `xero_link` (R34)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from dynamics_xero.mapping.columns.xero_details import (
    LINK_COLUMNS,
    LINK_LOOKUPS,
    LINK_NAME,
    LINK_TABLE,
    STATUS_OPTIONS,
)
from dynamics_xero.model import (
    ActionKind,
    Feed,
    Link,
    Record,
    RecordState,
    SideName,
    Value,
    Values,
    Write,
)
from dynamics_xero.sync.trip import Trip

CONTACT_PAGE = (
    "https://go.xero.com/organisationlogin/default.aspx?shortcode={}&redirecturl=/Contacts/View/{}"
)

_LINK_ROWS = Feed(LINK_TABLE, tuple(column.name for column in LINK_COLUMNS))


def is_home(trip: Trip, shown: Values) -> bool:
    """Say whether a row's columns are ours to write: those of a neighbour are left alone (R34)."""
    return shown.get("xero_organisationid") not in trip.neighbours


def details(trip: Trip, link: Link) -> dict[str, Value]:
    """Return the Xero Details of one link, as they should stand in Dynamics."""
    xero = trip.facts[SideName.XERO]
    address = CONTACT_PAGE.format(xero.short_code, link.xero_id) if link.xero_id else None
    return {
        "xero_id": link.xero_id,
        "xero_organisationid": xero.remote_id,
        "xero_status": STATUS_OPTIONS[link.status],
        "xero_lastsyncedon": link.last_synced_at,
        "xero_remark": link.remark,
        "xero_url": address,
    }


def lacking(wanted: Values, shown: Values) -> dict[str, Value]:
    """Return what a row does not show as it should (R26)."""
    return {column: value for column, value in wanted.items() if shown.get(column) != value}


def link_rows(trip: Trip, links: Sequence[Link]) -> list[tuple[Link, Write | None]]:
    """Return each link with the write its row of `xero_link` needs, None where it is right (R26).

    The rows are no feed, since nothing is decided by them: they are read here, many at a time.
    """
    if not links:
        return []
    ids = [link_row_id(link.dynamics_id, trip.facts[SideName.XERO].remote_id) for link in links]
    rows = trip.sides[SideName.DYNAMICS].read(_LINK_ROWS, ids)
    return [(link, _link_row(trip, link, row)) for link, row in zip(links, rows, strict=True)]


def link_row_id(dynamics_id: str, organisation_id: str) -> str:
    """Return the id of a record's row for an organisation: always the same, so there is one."""
    return str(uuid.uuid5(uuid.UUID(dynamics_id), organisation_id))


def _link_row(trip: Trip, link: Link, row: Record) -> Write | None:
    lookup = LINK_LOOKUPS[trip.mapping(link.entity).dynamics].name
    named = {lookup: link.dynamics_id, LINK_NAME.name: trip.facts[SideName.XERO].name}
    missing = lacking({**named, **details(trip, link)}, row.values)
    if row.state is RecordState.DELETED:
        return Write(ActionKind.CREATE, LINK_TABLE, row.id, missing)
    return Write(ActionKind.UPDATE, LINK_TABLE, row.id, missing) if missing else None
