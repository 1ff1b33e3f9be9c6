"""What an environment lacks for us, and how it gets it: our columns, and change tracking.

Run by a person with an administrator's role, before the first sync. A second run finds nothing to
do, so an interrupted one is simply run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dynamics_xero.dynamics.client import Call, DynamicsClient
from dynamics_xero.dynamics.definitions import METADATA_TYPES, column_definition
from dynamics_xero.dynamics.resources import table_of
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.errors import MissingColumnError, UnavailableError
from dynamics_xero.mapping.columns.column import Column
from dynamics_xero.mapping.columns.xero_details import CUSTOM_COLUMNS
from dynamics_xero.model import Feed

VISIBLE_AFTER_S = (0, 3, 7, 10, 30)
"""Pauses before a new column is looked for again: metadata caches lag (dataverse.md section 9)."""

_DEADLINE_S = 120.0
_SUMMARY = (
    "?$select=LogicalName,ChangeTrackingEnabled"
    "&$expand=Attributes($select=LogicalName,AttributeType)"
)
_ENGLISH = 1033


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, or done: a column to make, or (column None) tracking to turn on."""

    table: str
    column: Column | None = None
    done: bool = False

    def __str__(self) -> str:
        """Say it for a person."""
        if self.column is None:
            return f"Turn on change tracking for {self.table}"
        kind = METADATA_TYPES[self.column.type]
        return f'Add column {self.column.name} ("{self.column.label}", {kind}) to {self.table}'


def plan(side: DynamicsSide) -> list[Step]:
    """Return what the environment lacks; an empty list means nothing to do.

    Raises MissingColumnError naming every column of ours that exists as another type.
    """
    steps: list[Step] = []
    problems: list[str] = []
    for table, columns in CUSTOM_COLUMNS.items():
        found = _read_table(side.client, table, _SUMMARY)
        types = _types_of(found)
        for column in columns:
            wanted, there = METADATA_TYPES[column.type], types.get(column.name)
            if there is None:
                steps.append(Step(table, column))
            elif there != wanted:
                problems.append(f"{column.name} on {table} is {there}, not {wanted}.")
        if found.get("ChangeTrackingEnabled") is not True:
            steps.append(Step(table))
    if problems:
        raise MissingColumnError(" ".join(problems) + " Delete these columns first.")
    return steps


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


def apply(side: DynamicsSide) -> list[Step]:
    """Do what is missing, wait until it shows, and return it as done."""
    client = side.client
    steps = plan(side)
    if not steps:
        return []
    language = _language(client)
    for step in steps:
        if step.column is None:
            _track_changes(client, step.table)
        else:
            definition = column_definition(step.column, language=language)
            _change(client, "POST", _table_url(client, step.table) + "/Attributes", definition)
    tables = sorted({step.table for step in steps})
    _publish(client, tables)
    for table in tables:
        names = [step.column.name for step in steps if step.table == table and step.column]
        _wait_for(client, table, names)
    return [replace(step, done=True) for step in steps]


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
    query = f"{table_of(table).entity_set}?$top=1&$select={','.join(names)}"
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
