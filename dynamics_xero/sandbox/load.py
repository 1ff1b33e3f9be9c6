"""`sandbox load`: write Northwind's CSV files into the running Dynamics twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dynamics_xero.sandbox.clients import API_PATH, DynamicsPerson, session
from dynamics_xero.sandbox.csv_files import read_csv
from dynamics_xero.sandbox.multipart import Operation
from dynamics_xero.sandbox.northwind import FILES, CsvFile, Row
from dynamics_xero.sandbox.tool_errors import InputError
from dynamics_xero.sandbox.whereabouts import whereabouts

_BATCH = 100


@dataclass(frozen=True)
class LoadOptions:
    """The options of `sandbox load`; `primary` makes each contact its account's primary one."""

    folder: Path
    settings_file: Path
    connection: str = "main"
    primary: bool = False


def load(options: LoadOptions, err: TextIO) -> dict[str, int]:
    """Write the files; return how many rows of each entity set were written.

    What is left out is named on `err`. Everything is read before anything is written. A second
    load meets the rows of the first. Raises ToolError.
    """
    present = [file for file in FILES if (options.folder / file.name).is_file()]
    if not present:
        raise InputError(f"{options.folder}: none of {', '.join(file.name for file in FILES)}")
    rows = [row for file in present for row in _rows(options.folder, file)]
    where = whereabouts(options.settings_file, options.connection)
    with session(where) as http:
        person = DynamicsPerson(http, where.dynamics_url)
        tables = person.tables()
        for file in present:
            if not tables.issuperset(file.tables):
                err.write(f"{file.name}: table {file.tables[0]} does not exist yet, left out\n")
        person.write(_upserts(rows), size=_BATCH)
        if options.primary:
            person.write(_primaries(rows), size=_BATCH)
    return _counts(rows)


def _rows(folder: Path, file: CsvFile) -> list[Row]:
    if file.rows is None:
        return []
    found = read_csv(folder / file.name, file.columns, file.key)
    return [row for csv_row in found for row in file.rows(csv_row)]


def _upserts(rows: Sequence[Row]) -> list[Operation]:
    """Return the writes, accounts before the contacts that point at them."""
    order = ("accounts", "contacts", "systemusers")
    return [
        Operation("PATCH", f"{API_PATH}/{row.path}", row.values, row.origin)
        for row in sorted(rows, key=lambda row: order.index(row.entity_set))
    ]


def _primaries(rows: Sequence[Row]) -> list[Operation]:
    return [
        Operation(
            "PATCH",
            API_PATH + str(row.values["parentcustomerid_account@odata.bind"]),
            {"primarycontactid@odata.bind": f"/{row.path}"},
            row.origin,
            if_match="*",
        )
        for row in rows
        if row.entity_set == "contacts"
    ]


def _counts(rows: Sequence[Row]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.entity_set] = counts.get(row.entity_set, 0) + 1
    return counts
