"""The tables this side reads and writes: one row each, under Dataverse's own names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dynamics_xero.errors import MissingColumnError
from dynamics_xero.mapping.columns import dynamics
from dynamics_xero.mapping.columns.column import Columns, ColumnType


@dataclass(frozen=True, slots=True)
class Lookup:
    """How a column that refers to a row of another table is written.

    navigation: the case-sensitive property it is written through (dataverse.md section 2).
    """

    column: str
    entity_set: str
    navigation: str


@dataclass(frozen=True, slots=True)
class Table:
    """One Dataverse table.

    parent: the polymorphic lookup that makes a row a part, and the table it has to point at.
    tracked: its feed is change tracking; otherwise it is small and read whole every time.
    merges: rows that lost a merge point at the winner by masterid.
    """

    name: str
    entity_set: str
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    parent: tuple[str, str] | None = None
    tracked: bool = True
    merges: bool = False

    @property
    def id_column(self) -> str:
        """The primary key."""
        return f"{self.name}id"

    @property
    def columns(self) -> Columns:
        """What is known of its columns; custom ones of others are not among them."""
        return dynamics.TABLES[self.name]

    def read_as(self, column: str) -> str:
        """Return the property a column is selected by."""
        facts = self.columns.get(column)
        return f"_{column}_value" if facts and facts.type is ColumnType.LOOKUP else column

    def own_columns(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the table's own columns among the mappings' paths, sorted.

        A joined path ("primarycontactid.firstname") stands for its lookup; a pseudo column
        ("@organization") comes from elsewhere.
        """
        roots = {column.partition(".")[0] for column in columns if not column.startswith("@")}
        return tuple(sorted(roots - {""}))


def _lookups(*rows: tuple[str, str, str]) -> Mapping[str, Lookup]:
    return {column: Lookup(column, entity_set, name) for column, entity_set, name in rows}


_TABLES = (
    Table(
        "account",
        "accounts",
        _lookups(
            ("primarycontactid", "contacts", "primarycontactid"),
            ("parentaccountid", "accounts", "parentaccountid"),
            ("transactioncurrencyid", "transactioncurrencies", "transactioncurrencyid"),
            ("masterid", "accounts", "masterid"),
            ("ownerid", "systemusers", "ownerid"),
        ),
        merges=True,
    ),
    Table(
        "contact",
        "contacts",
        _lookups(
            ("parentcustomerid", "accounts", "parentcustomerid_account"),
            ("transactioncurrencyid", "transactioncurrencies", "transactioncurrencyid"),
            ("masterid", "contacts", "masterid"),
            ("ownerid", "systemusers", "ownerid"),
        ),
        parent=("parentcustomerid", "account"),
        merges=True,
    ),
    Table("transactioncurrency", "transactioncurrencies", tracked=False),
    Table("systemuser", "systemusers", tracked=False),
    Table(
        "xero_link",
        "xero_links",
        _lookups(
            ("xero_accountid", "accounts", "xero_accountid"),
            ("xero_contactid", "contacts", "xero_contactid"),
        ),
        tracked=False,
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in _TABLES}


def table_of(resource: str) -> Table:
    """Return the table of a resource. Raises MissingColumnError for one without a row here."""
    try:
        return TABLES[resource]
    except KeyError:
        raise MissingColumnError(
            f"{resource} is no table the connector knows; it knows {', '.join(TABLES)}."
        ) from None
