"""CSV files read strictly: a crooked row is an error that names its file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dynamics_xero.sandbox.tool_errors import InputError


class CsvReader(Protocol):
    """What csv.reader returns; the standard library gives that type no name."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True)
class CsvRow:
    """One row: its file's name, the line it begins on, and its values, empty ones as none."""

    file: str
    line: int
    values: Mapping[str, str | None]

    @property
    def origin(self) -> str:
        """Where the row stands."""
        return f"{self.file} line {self.line}"

    def required(self, column: str) -> str:
        """Return a value that must be there. Raises InputError."""
        value = self.values[column]
        if value is None:
            raise InputError(f"{self.origin}: {column} is empty")
        return value


def read_csv(path: Path, columns: Sequence[str], key: str) -> list[CsvRow]:
    """Return a file's rows; values are trimmed at their ends. Raises InputError.

    The file may hold more columns than `columns`; `key` is the one that must be unique.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _checked(path.name, csv.reader(file, strict=True), columns, key)
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: not UTF-8 ({error})") from error
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror}") from error


def _checked(name: str, reader: CsvReader, columns: Sequence[str], key: str) -> list[CsvRow]:
    rows: list[CsvRow] = []
    seen: set[str] = set()
    begins, header = 1, None
    try:
        for cells in reader:
            if not cells:
                pass  # an empty line is no row
            elif header is None:
                header = _header(name, cells, columns)
            else:
                row = _row(name, begins, header, cells)
                if row.required(key) in seen:
                    raise InputError(f"{row.origin}: {key} {row.required(key)} is there twice")
                seen.add(row.required(key))
                rows.append(row)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{name} line {begins}: {error}") from error
    if header is None:
        raise InputError(f"{name}: no header")
    return rows


def _header(name: str, cells: list[str], columns: Sequence[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    missing = [column for column in columns if column not in header]
    if missing:
        raise InputError(f"{name}: no column {', '.join(missing)}")
    return header


def _row(name: str, line: int, header: list[str], cells: list[str]) -> CsvRow:
    if len(cells) != len(header):
        raise InputError(
            f"{name} line {line}: {len(cells)} values where the header has {len(header)}"
        )
    return CsvRow(
        name,
        line,
        {column: cell.strip() or None for column, cell in zip(header, cells, strict=True)},
    )
