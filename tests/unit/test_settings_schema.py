"""The JSON Schema of the settings file says what the reader says."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dynamics_xero.cli.init import write_first
from dynamics_xero.sandbox.settings_file import (
    ConnectionEnds,
    DynamicsEnd,
    XeroEnd,
    write_settings,
)
from dynamics_xero.settings import load
from dynamics_xero.settings.reading import SECRET_NAMES
from dynamics_xero.settings.schema import DynamicsSchema, FileSchema, LimitsSchema, XeroSchema
from tests.json_schemas import faults, schema
from tests.unit.settings_cases import changed


def parsed(file: Path) -> dict[str, Any]:
    """Return a settings file as the JSON that its schema describes."""
    tree = tomllib.loads(file.read_text("utf-8"))
    return {name: str(v) if isinstance(v, date) else v for name, v in tree.items()}


def test_the_file_that_init_writes_is_valid_and_can_be_read(tmp_path: Path) -> None:
    file, key = tmp_path / "dynamics-xero.toml", tmp_path / "key"

    write_first(file, key)

    assert faults("settings", parsed(file)) == []
    assert load(file, {}).connections["main"].dynamics.url == "https://contoso.crm.dynamics.com"
    assert (key.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o600, 0o600)


def test_the_file_that_the_sandbox_writes_is_valid_and_can_be_read(tmp_path: Path) -> None:
    dynamics = DynamicsEnd("https://localhost:1", "https://localhost:1/t", "id", "secret")
    xero = XeroEnd("https://localhost:2/api.xro/2.0", "https://localhost:2", "id", "secret", "t")
    ends = ConnectionEnds("main", dynamics, xero)
    clock_url = "https://localhost:1/_sandbox/clock"

    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n", "ascii")
    file = write_settings(tmp_path, [ends], ca_file=tmp_path / "ca.pem", clock_url=clock_url)

    assert faults("settings", parsed(file)) == []
    settings = load(file, {})
    assert settings.connections["main"].dynamics.poll_s == 1
    assert settings.connections["main"].xero.poll_s == 2
    assert settings.linger_s == 0


def test_schema_and_reader_know_the_same_names() -> None:
    top = schema("settings")
    connection = top["properties"]["connections"]["additionalProperties"]["properties"]
    files = {f"{name}_file" for name in SECRET_NAMES}

    # `key` is read from the environment alone.
    assert set(top["properties"]) - files == set(FileSchema().fields) - {"key"}
    assert set(connection["dynamics"]["properties"]) - files == set(DynamicsSchema().fields)
    assert set(connection["xero"]["properties"]) - files == set(XeroSchema().fields)
    assert set(top["properties"]["limits"]["properties"]) == set(LimitsSchema().fields)


@pytest.mark.parametrize(
    "values",
    [
        {"state": None},
        {"first_run": "later"},
        {"colour": "red"},
        {"connections__main__xero__flow": "implicit"},
        {"connections__main__xero__client_secret": None},
        {"connections__main__dynamics__client_secret": None},
        {"connections__main__dynamics__managed_identity": True},
        {"connections__main__dynamics__certificate_file": "given beside the secret"},
        {"connections__main__xero__client_secret_file": "given twice"},
        {"connections__main__dynamics__client_id": None},
        {"entities__account__owner": "xero"},
        {"limits__batch": 51},
        {"limits__colour": "red"},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(values: dict[str, object]) -> None:
    assert faults("settings", changed()) == []
    assert faults("settings", changed(**values)) != []
