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

ROOT = Path(__file__).parents[2]
LIMIT_S = 120


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
def test_the_official_client_works_unmodified_against_the_twin(dynamics: Dynamics) -> None:
    """Section 10: records, paging, bulk messages, batches, columns, keys; errors of section 0."""
    story = told(dynamics)

    assert story["records"] == {
        "row": ["Ancora Ltd", "555-0100"],
        "missing": True,
        "ghost": [404, "0x80040217"],
        "long": [400, "0x80044331"],
        "table": ["MetadataError"],
    }
    assert story["bulk"] == {
        "ids": 25,
        "pages": [10, 10, 5],
        "first": "Bulk 24",
        "job": True,
        "left": ["2", "3", "1", "1", "1"],
    }
    assert story["questions"] == {
        "found": [["Asked 1", "Asked 3"], ["Asked 2"]],
        "tables": ["account", "contact", "organization", "systemuser", "transactioncurrency"],
    }
    assert story["batches"] == {
        "first": [204, 204, 204, 200],
        "listed": "Child",
        "second": [204, 400, 200],
        "error": ["0x80044331"],
    }
    assert story["customisation"] == {
        "set": "accounts",
        "added": ["xero_Ref", "xero_Note", "xero_Paid"],
        "length": 60,
        "status": ["Active"],
        "keyed": [["R1", "Keyed 1"], ["R2", "Keyed 2"]],
        "columns": ["xero_paid", "xero_ref"],
    }
    suppliers = dynamics.names(filter="customertypecode eq 10")
    assert suppliers == ["Ancora Ltd"]
