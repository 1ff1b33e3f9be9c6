"""Our data on Xero's columns against Xero's own OpenAPI file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from dynamics_xero.mapping.columns import xero
from dynamics_xero.mapping.columns.column import Column, ColumnType

pytestmark = pytest.mark.shared_data

SHARED = Path(__file__).resolve().parents[3] / "shared"
OPENAPI = SHARED / "data" / "xero-openapi" / "xero_accounting.yaml"

TYPES = {
    ColumnType.TEXT: "string",
    ColumnType.CHOICE: "string",
    ColumnType.ID: "string",
    ColumnType.DATETIME: "string",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DECIMAL: "number",
}

SET_BY_XERO = {"ContactID", "IsCustomer", "IsSupplier", "MergedToContactID"}
"""Read-only in the file's words (descriptions, or as the key of the row), not by its flag."""

COLUMNS = [
    pytest.param(resource, column, id=f"{resource}.{column.name}")
    for resource, columns in xero.RESOURCES.items()
    for column in columns.values()
]


@cache
def schemas() -> dict[str, Any]:
    """Load the file's schemas; everything is text, as account codes and enum words must stay."""
    document = yaml.load(OPENAPI.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def described(resource: str, column: Column) -> dict[str, Any]:
    """Return the file's description of a column; a group's type is its row's discriminator."""
    if column.write_group is None:
        schema: dict[str, Any] = schemas()[resource]["properties"][column.name]
        return schema
    listed, kind, name = column.name.split(".")
    row = schemas()[resource]["properties"][listed]["items"]["$ref"].rpartition("/")[2]
    properties: dict[str, dict[str, Any]] = schemas()[row]["properties"]
    assert kind in properties[f"{row}Type"]["enum"]
    return properties[name]


@pytest.mark.parametrize(("resource", "column"), COLUMNS)
def test_a_column_is_as_xero_describes_it(resource: str, column: Column) -> None:
    schema = described(resource, column)

    assert schema["type"] == TYPES[column.type]
    assert schema.get("maxLength") == (str(column.max_length) if column.max_length else None)
    assert (schema.get("readOnly") == "true") is (
        column.read_only and column.name not in SET_BY_XERO
    )


def test_every_address_and_phone_type_of_xero_is_known() -> None:
    assert list(xero.ADDRESS_TYPES) == schemas()["Address"]["properties"]["AddressType"]["enum"]
    assert list(xero.PHONE_TYPES) == schemas()["Phone"]["properties"]["PhoneType"]["enum"]


@pytest.mark.parametrize("row", ["Address", "Phone"])
def test_no_column_of_a_write_group_is_missing(row: str) -> None:
    kinds = {"Address": "Addresses.POBOX.", "Phone": "Phones.DEFAULT."}
    ours = {
        name.removeprefix(kinds[row])
        for name in xero.RESOURCES["Contact"]
        if name.startswith(kinds[row])
    }

    assert ours == schemas()[row]["properties"].keys() - {f"{row}Type"}


def test_a_person_has_no_other_columns() -> None:
    assert xero.RESOURCES["ContactPerson"].keys() == schemas()["ContactPerson"]["properties"].keys()
