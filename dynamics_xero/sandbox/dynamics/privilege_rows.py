"""The rows of the table privilege: eight for each table, and those that belong to none."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from dynamics_xero.sandbox.dynamics import rows
from dynamics_xero.sandbox.dynamics.schema import metadata_id
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.tables import Table

VERBS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
ACT_FOR_ANOTHER = "prvActOnBehalfOfAnotherUser"
BYPASS_LOGIC = "prvBypassCustomBusinessLogic"
BYPASS_PLUGINS = "prvBypassCustomPlugins"
_CUSTOMISED = ("Entity", "Attribute", "OptionSet", "Relationship")
MISCELLANEOUS = (
    ACT_FOR_ANOTHER,
    BYPASS_LOGIC,
    BYPASS_PLUGINS,
    "prvMerge",
    "prvBulkDelete",
    "prvPublishCustomization",
    *(
        f"prv{verb}{thing}"
        for thing in _CUSTOMISED
        for verb in ("Create", "Read", "Write", "Delete")
    ),
)
_RIGHTS = {
    "Read": 1,
    "Write": 2,
    "Append": 4,
    "AppendTo": 16,
    "Create": 32,
    "Delete": 65536,
    "Share": 262144,
    "Assign": 524288,
}


def privilege_name(verb: str, table: Table) -> str:
    """Return the name of one privilege on a table."""
    return f"prv{verb}{table.privilege_name}"


@cache
def privilege_id(name: str) -> str:
    """Return a privilege's id, the same in every environment."""
    return metadata_id("privilege", name.lower())


def add_all(session: Session) -> None:
    """Write the privileges of every table that is there, and the miscellaneous ones."""
    tables = [table.facts for table in session.schema.tables.values()]
    of_tables = [named for table in tables for named in _of_table(table)]
    _add(session, [*((name, 0) for name in MISCELLANEOUS), *of_tables])


def add_table(session: Session, table: Table) -> None:
    """Write a new table's privileges."""
    _add(session, _of_table(table))


def remove_table(session: Session, table: Table) -> None:
    """Remove a deleted table's privileges, from the roles too."""
    for verb in VERBS:
        id = privilege_id(privilege_name(verb, table))
        session.tx.execute("DELETE FROM row_privilege WHERE privilegeid = ?", (id,))
        session.tx.execute("DELETE FROM dv_role_privilege WHERE privilege_id = ?", (id,))


def _of_table(table: Table) -> list[tuple[str, int]]:
    return [(privilege_name(verb, table), _RIGHTS[verb]) for verb in VERBS]


def _add(session: Session, named: Iterable[tuple[str, int]]) -> None:
    table, stamp = session.table("privilege"), session.stamp
    rows.insert_many(
        session.tx,
        table,
        [
            {
                "privilegeid": privilege_id(name),
                "name": name,
                "accessright": right,
                "canbeglobal": 1,
                "createdon": stamp,
                "modifiedon": stamp,
                "versionnumber": session.next_version(),
            }
            for name, right in named
        ],
    )
