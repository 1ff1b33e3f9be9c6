"""What an environment lacks for us, and how it gets it: columns, a table, change tracking.

Run by a person with an administrator's role, before the first sync. A second run finds nothing to
do, so an interrupted one is simply run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dynamics_xero.dynamics.client import Call, DynamicsClient
from dynamics_xero.dynamics.definitions import (
    METADATA_TYPES,
    column_definition,
    lookup_definition,
    table_definition,
)
from dynamics_xero.dynamics.resources import table_of
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.errors import MissingColumnError, UnavailableError
from dynamics_xero.mapping.columns.column import Column, ColumnType
from dynamics_xero.mapping.columns.xero_details import (
    CUSTOM_COLUMNS,
    LINK_COLUMNS,
    LINK_NAME,
    LINK_TABLE,
)
from dynamics_xero.model import Feed

VISIBLE_AFTER_S = (0, 3, 7, 10, 30)
"""Pauses before a new column is looked for again: metadata caches lag (dataverse.md section 9)."""

_DEADLINE_S = 120.0
_SUMMARY = (
    "?$select=LogicalName,ChangeTrackingEnabled"
    "&$expand=Attributes($select=LogicalName,AttributeType)"
)
_ENGLISH = 1033
_LINK_LABEL = "Xero Link"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, or done: a column to make, or (column None) tracking to turn on.

    A table of ours comes into being with its primary name.
    """

    table: str
    column: Column | None = None
    done: bool = False

    def __str__(self) -> str:
        """Say it for a person."""
        if self.column is None:
            return f"Turn on change tracking for {self.table}"
        if self.column is LINK_NAME:
            return f'Add table {self.table} ("{_LINK_LABEL}")'
        kind = METADATA_TYPES[self.column.type]
        return f'Add column {self.column.name} ("{self.column.label}", {kind}) to {self.table}'


def plan(side: DynamicsSide, *, shared: bool = False) -> list[Step]:
    """Return what the environment lacks; an empty list means nothing to do.

    shared: more than one Xero organisation is kept in step with it, which takes a table of ours
    (R34). Raises MissingColumnError naming every column of ours that exists as another type.
    """
    steps: list[Step] = []
    problems: list[str] = []
    for table, columns in _wanted(shared=shared).items():
        found = _summary(side.client, table)
        types = _types_of(found)
        for column in columns:
            wanted, there = METADATA_TYPES[column.type], types.get(column.name)
            if there is None:
                steps.append(Step(table, column))
            elif there != wanted:
                problems.append(f"{column.name} on {table} is {there}, not {wanted}.")
        if table_of(table).tracked and found.get("ChangeTrackingEnabled") is not True:
            steps.append(Step(table))
    if problems:
        raise MissingColumnError(" ".join(problems) + " Delete these columns first.")
    return steps


def _wanted(*, shared: bool) -> Mapping[str, tuple[Column, ...]]:
    return {**CUSTOM_COLUMNS, LINK_TABLE: LINK_COLUMNS} if shared else CUSTOM_COLUMNS


def _summary(client: DynamicsClient, table: str) -> dict[str, object]:
    """Return a table's columns and tracking; a table of ours may not be there yet."""
    if table == LINK_TABLE:
        query = f"EntityDefinitions?$select=LogicalName&$filter=LogicalName eq '{table}'"
        if not client.get(client.url(query), strong=True).json().get("value"):
            return {"Attributes": []}
    return _read_table(client, table, _SUMMARY)


def unknown_columns(side: DynamicsSide, feeds: Iterable[Feed]) -> list[str]:
    """Return "table.column" for every column that a mapping reads and the environment lacks.

    Columns of ours are left out: they are a Step.
    """
    missing = []
    for feed in feeds:
        there = _types_of(_read_table(side.client, feed.resource, _SUMMARY))
        ours = {column.name for column in CUSTOM_COLUMNS.get(feed.resource, ())}
        missing += [f"{feed.resource}.{c}" for c in feed.columns if c not in {*there, *ours}]
    return missing


def apply(side: DynamicsSide, *, shared: bool = False) -> list[Step]:
    """Do what is missing, wait until it shows, and return it as done; shared: as for `plan`."""
    client = side.client
    steps = plan(side, shared=shared)
    if not steps:
        return []
    language = _language(client)
    for step in steps:
        if step.column is None:
            _track_changes(client, step.table)
        else:
            _make(client, step.table, step.column, language=language)
    tables = sorted({step.table for step in steps})
    _publish(client, tables)
    for table in tables:
        names = [step.column.name for step in steps if step.table == table and step.column]
        _wait_for(client, table, names)
    return [replace(step, done=True) for step in steps]


def _make(client: DynamicsClient, table: str, column: Column, *, language: int) -> None:
    if column is LINK_NAME:
        url = client.url("EntityDefinitions")
        body = table_definition(table, _LINK_LABEL, primary=column, language=language)
    elif column.type is ColumnType.LOOKUP:
        url = client.url("RelationshipDefinitions")
        body = lookup_definition(table, column, language=language)
    else:
        url = _table_url(client, table) + "/Attributes"
        body = column_definition(column, language=language)
    _change(client, "POST", url, body)


def _table_url(client: DynamicsClient, table: str) -> str:
    return client.url(f"EntityDefinitions(LogicalName='{table}')")


def _read_table(client: DynamicsClient, table: str, query: str = "") -> dict[str, object]:
    return client.get(_table_url(client, table) + query, strong=True).json()


def _language(client: DynamicsClient) -> int:
    """Return the environment's base language: labels in another one are refused."""
    rows = client.get(client.url("organizations?$select=languagecode")).json().get("value")
    first = rows[0] if isinstance(rows, list) and rows else None
    code = first.get("languagecode") if isinstance(first, dict) else None
    return code if isinstance(code, int) else _ENGLISH


def _track_changes(client: DynamicsClient, table: str) -> None:
    # A definition is only ever replaced whole (dataverse.md section 9).
    definition = _read_table(client, table)
    content = {name: value for name, value in definition.items() if name != "@odata.context"}
    content["ChangeTrackingEnabled"] = True
    _change(client, "PUT", _table_url(client, table), content)


def _publish(client: DynamicsClient, tables: Sequence[str]) -> None:
    listed = "".join(f"<entity>{table}</entity>" for table in tables)
    text = f"<importexportxml><entities>{listed}</entities></importexportxml>"
    _change(client, "POST", client.url("PublishXml"), {"ParameterXml": text})


def _change(client: DynamicsClient, method: str, url: str, content: Mapping[str, object]) -> None:
    headers = {"Content-Type": "application/json", "MSCRM.MergeLabels": "true"}
    body = json.dumps(content, default=float).encode()
    call = Call(method, url, "write", headers, body, is_write=True, deadline_s=_DEADLINE_S)
    client.send(call)


def _wait_for(client: DynamicsClient, table: str, names: Sequence[str]) -> None:
    """Wait until rows can be read with the new columns."""
    if not names:
        return
    read = ",".join(table_of(table).read_as(name) for name in names)
    query = f"{table_of(table).entity_set}?$top=1&$select={read}"
    for pause_s in VISIBLE_AFTER_S:
        client.clock.sleep(pause_s)
        try:
            client.get(client.url(query))
        except MissingColumnError:
            continue
        return
    raise UnavailableError(
        f"The new columns of {table} do not show yet. Run `dynamics-xero provision apply` "
        "again in a few minutes."
    )


def _types_of(definition: Mapping[str, object]) -> dict[str, str]:
    """Return logical name -> type of a table's columns."""
    listed = definition.get("Attributes")
    if not isinstance(listed, list):
        raise UnavailableError("Dynamics described a table without its columns.")
    return {
        str(one.get("LogicalName")): str(one.get("AttributeType"))
        for one in listed
        if isinstance(one, dict)
    }
