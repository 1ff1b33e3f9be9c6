"""Judge: Microsoft's PowerPlatform-Dataverse-Client, unmodified (dataverse.md section 10)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.dynamics_server import Dynamics
from tests.contract.official_sdk_expected import EXPECTED

ROOT = Path(__file__).parents[2]
LIMIT_S = 120
OPERATIONS, CALLS = 50, 140
REQUIRED = {
    "records.create", "records.retrieve", "records.update", "records.delete", "records.upsert",
    "records.list", "records.list_pages", "batch.new", "batch.new.changeset.records.create",
    "tables.create",
    "tables.delete", "tables.add_columns", "tables.update_column", "tables.remove_columns",
    "tables.create_alternate_key", "tables.get_alternate_keys", "tables.delete_alternate_key",
    "tables.create_one_to_many_relationship", "tables.create_lookup_field",
    "tables.get_relationship", "tables.delete_relationship",
}  # fmt: skip
"""Named, so that a chapter taken out is missed where another one fills the count."""


def told(dynamics: Dynamics) -> dict[str, Any]:
    """Run the official client's day against the twin in a process of its own."""
    environment = dynamics.serving.environments[0]
    story = [sys.executable, "-m", "tests.contract.official_sdk_story", dynamics.url]
    done = subprocess.run(
        [*story, environment.tenant, environment.client_id, environment.client_secret],
        cwd=ROOT,
        env={**os.environ, "REQUESTS_CA_BUNDLE": str(dynamics.serving.ca_file)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.judge
def test_the_official_client_works_unmodified_against_the_twin(
    dynamics: Dynamics, capsys: pytest.CaptureFixture[str]
) -> None:
    """Section 10: rows, paging, bulk, batches, columns, keys, tables, relationships; refusals."""
    document = told(dynamics)
    story, operations = document["story"], document["operations"]
    calls = dynamics.control.stats()["calls"]
    with capsys.disabled():
        print(
            f"\njudged by PowerPlatform-Dataverse-Client: {len(operations)} operations, called "
            f"{sum(operations.values())} times, {calls} HTTP calls",
            file=sys.stderr,
        )

    assert operations.keys() >= REQUIRED
    assert len(operations) >= OPERATIONS
    assert calls >= CALLS
    assert story == EXPECTED
    suppliers = dynamics.names(filter="customertypecode eq 10")
    assert suppliers == ["Ancora Ltd"]
