"""Facts on columns: kinds, lengths, choices, targets, and how they read on the wire."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class Kind(Enum):
    """A column's type under the name Dataverse metadata gives it."""

    STRING = "String"
    MEMO = "Memo"
    INTEGER = "Integer"
    BIGINT = "BigInt"
    DECIMAL = "Decimal"
    DOUBLE = "Double"
    MONEY = "Money"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"
    PICKLIST = "Picklist"
    STATE = "State"
    STATUS = "Status"
    LOOKUP = "Lookup"
    CUSTOMER = "Customer"
    OWNER = "Owner"
    ID = "Uniqueidentifier"


TEXTS = frozenset({Kind.STRING, Kind.MEMO})
CHOICES = frozenset({Kind.PICKLIST, Kind.STATE, Kind.STATUS})
REFERENCES = frozenset({Kind.LOOKUP, Kind.CUSTOMER, Kind.OWNER})
FRACTIONS = frozenset({Kind.DECIMAL, Kind.DOUBLE, Kind.MONEY})
WHOLE = frozenset({Kind.INTEGER, Kind.BIGINT})

MONEY_LIMIT = 922337203685477.0


@dataclass(frozen=True)
class Option:
    """One choice of a choice column; `state` is the statecode a statuscode belongs to."""

    value: int
    label: str
    state: int | None = None


@dataclass(frozen=True)
class Column:
    """One column of one table.

    `minimum` and `maximum` bound numbers; `date_only` columns hold calendar days. `schema_name`
    carries the capitals a custom column was created with; a custom lookup is written under it.
    `global_set` names the global choice whose options the column shows. A lookup that `splits` has
    a navigation property for each of its targets, even for one. A `secret` is written, never read.
    """

    name: str
    kind: Kind
    max_length: int = 0
    precision: int = 0
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[Option, ...] = ()
    targets: tuple[str, ...] = ()
    date_only: bool = False
    creatable: bool = True
    updatable: bool = True
    required: str = "None"
    default: int | None = None
    indexed: bool = False
    custom: bool = False
    schema_name: str = ""
    label: str = ""
    format_name: str = "Text"
    global_set: str = ""
    splits: bool = False
    secret: bool = False
    made_at: float = 0.0

    @property
    def is_reference(self) -> bool:
        """Whether it points at a row of another table."""
        return self.kind in REFERENCES

    @property
    def is_polymorphic(self) -> bool:
        """Whether its target's table has to be stored beside the id."""
        return self.is_reference and len(self.targets) > 1

    @property
    def wire_name(self) -> str:
        """The property it is read under."""
        return f"_{self.name}_value" if self.is_reference else self.name

    @property
    def schema(self) -> str:
        """The name with its maker's capitals."""
        return self.schema_name or self.name

    def navigation(self, target: str) -> str:
        """Return the navigation property to one target (case-sensitive; section 2, Lookups)."""
        base = self.schema if self.custom else self.name
        if self.kind is Kind.CUSTOMER or self.splits:
            return f"{base}_{target}"
        return base

    def label_of(self, value: object) -> str | None:
        """Return the label of a choice, or None for a value it does not have."""
        for option in self.options:
            if option.value == value:
                return option.label
        return None


def text(name: str, length: int, *, indexed: bool = False) -> Column:
    """A single line of text."""
    return Column(name, Kind.STRING, max_length=length, indexed=indexed)


def memo(name: str, length: int = 2000) -> Column:
    """Several lines of text."""
    return Column(name, Kind.MEMO, max_length=length)


def choice(name: str, *options: tuple[int, str], default: int | None = None) -> Column:
    """A choice with its labels."""
    return Column(
        name, Kind.PICKLIST, options=tuple(Option(*option) for option in options), default=default
    )


def flag(name: str, *, default: bool = False) -> Column:
    """A yes or no."""
    options = (Option(1, "Yes"), Option(0, "No"))
    return Column(name, Kind.BOOLEAN, default=int(default), options=options)


def lookup(name: str, *targets: str, indexed: bool = False) -> Column:
    """A reference to one row of one of `targets`."""
    return Column(name, Kind.LOOKUP, targets=targets, indexed=indexed)


def money(name: str, *, minimum: float = -MONEY_LIMIT) -> Column:
    """An amount in the row's currency."""
    return Column(name, Kind.MONEY, precision=4, minimum=minimum, maximum=MONEY_LIMIT)


def decimal(name: str, precision: int = 10, *, minimum: float = -1e11) -> Column:
    """A decimal number."""
    return Column(name, Kind.DECIMAL, precision=precision, minimum=minimum, maximum=1e11)


def moment(name: str, *, indexed: bool = False) -> Column:
    """A point in time."""
    return Column(name, Kind.DATETIME, indexed=indexed)


def whole(name: str, *, minimum: int = -2147483648, maximum: int = 2147483647) -> Column:
    """A whole number."""
    return Column(name, Kind.INTEGER, minimum=minimum, maximum=maximum)


def read_only(column: Column) -> Column:
    """The same column, computed by the platform: values sent for it are dropped."""
    return replace(column, creatable=False, updatable=False)


def create_only(column: Column) -> Column:
    """The same column, settable when the row is made and never again."""
    return replace(column, updatable=False)
