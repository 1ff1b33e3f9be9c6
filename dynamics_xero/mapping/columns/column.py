"""One remote column, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class ColumnType(StrEnum):
    """What a column holds, in the words both remotes can be described by."""

    TEXT = "text"
    MEMO = "memo"
    WHOLE = "whole"
    DECIMAL = "decimal"
    MONEY = "money"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    DATETIME = "datetime"
    LOOKUP = "lookup"
    ID = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a remote table.

    name: as the remote spells it, nested ones dotted ("Addresses.POBOX.City").
    label: what a user reads above it on a form. max_length None: the remote states none.
    write_group: the prefix of the columns that are only ever written together (R8).
    custom: ours, made by `dynamics-xero provision apply`.
    options: a choice's values and their labels. target: the table that a lookup of ours points at.
    """

    name: str
    label: str
    type: ColumnType = ColumnType.TEXT
    max_length: int | None = None
    read_only: bool = False
    write_group: str | None = None
    custom: bool = False
    options: Mapping[int, str] | None = None
    target: str | None = None


Columns: TypeAlias = Mapping[str, Column]
"""Column name -> column."""


def by_name(*columns: Column) -> dict[str, Column]:
    """Return the columns under their names."""
    return {column.name: column for column in columns}
