"""Which privileges the application user holds, and which ones the mappings need.

dataverse.md section 1.3. Asking costs two calls, so `check` asks, not every run.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from dynamics_xero.dynamics.resources import Table, table_of
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.errors import UnavailableError
from dynamics_xero.mapping.columns.xero_details import LINK_LOOKUPS, LINK_TABLE
from dynamics_xero.model import Feed

WHOLE = "Global"
"""How far a privilege reaches that is not bound to owners or business units."""

_FUNCTION = "Microsoft.Dynamics.CRM.RetrieveUserPrivileges()"
_NAMES = {
    "account": "Account",
    "contact": "Contact",
    "transactioncurrency": "TransactionCurrency",
    "systemuser": "User",
    LINK_TABLE: LINK_TABLE,
}
"""A table's name within its privileges: its SchemaName as a rule."""

_ALWAYS = ("prvReadOrganization", "prvReadEntity", "prvReadAttribute")
"""Who the environment is, and which columns it has."""


@dataclass(frozen=True, slots=True)
class Privilege:
    """One that is needed. whole: for rows of every owner."""

    name: str
    whole: bool = False


def held(side: DynamicsSide) -> Mapping[str, str]:
    """Return our user's privileges by name, with how far each reaches."""
    client = side.client
    try:
        user = uuid.UUID(str(client.get(client.url("WhoAmI")).json().get("UserId")))
    except ValueError as fault:
        raise UnavailableError("Dynamics did not say which user we are.") from fault
    listed = client.get(client.url(f"systemusers({user})/{_FUNCTION}")).json()
    rows = listed.get("RolePrivileges")
    return {
        str(row["PrivilegeName"]): str(row.get("Depth"))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and row.get("PrivilegeName")
    }


def needed(
    feeds: Iterable[Feed], *, creates: Collection[str], shared: bool = False
) -> list[Privilege]:
    """Return what a sync of these feeds needs; creates: tables in which it makes rows.

    Tracked tables are the ones we write to; a row may belong to anybody (section 4). shared: more
    than one Xero organisation is kept in step with the environment (R34).
    """
    found = [Privilege(name) for name in _ALWAYS]
    for feed in feeds:
        found += _of_table(table_of(feed.resource), creates=feed.resource in creates)
    if shared:
        found += _of_link_rows()
    return list(dict.fromkeys(found))


def _of_table(table: Table, *, creates: bool) -> list[Privilege]:
    name = _NAMES[table.name]
    if not table.tracked:
        return [Privilege(f"prvRead{name}")]
    found = [Privilege(f"prvRead{name}", whole=True), Privilege(f"prvWrite{name}", whole=True)]
    return [*found, Privilege(f"prvCreate{name}")] if creates else found


def _of_link_rows() -> list[Privilege]:
    """Pointing a lookup somewhere takes Append on its own table, AppendTo on the other."""
    verbs = ("Create", "Read", "Write", "Append")
    own = [Privilege(f"prv{verb}{_NAMES[LINK_TABLE]}") for verb in verbs]
    targets = [Privilege(f"prvAppendTo{_NAMES[table]}", whole=True) for table in LINK_LOOKUPS]
    return own + targets
