"""Each operation asks for the scope that Xero's file names, under both models of scopes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.contract.xero_server import Xero
from tests.judges.openapi import operations

pytestmark = [pytest.mark.judge, pytest.mark.shared_data]

LACKS = "AuthorizationUnsuccessful"
LEAST_OPERATIONS = 28


@pytest.mark.parametrize("model", ["granular", "broad", "both"])
def test_each_operation_asks_for_the_scope_of_the_file(
    xero: Xero, shared: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """xero.md 1, Scopes: contacts, settings and attachments are the same before and after 2026."""
    xero.control("POST", "switches", {"scope_model": model})
    tokens: dict[str, str] = {}

    def lacks(method: str, path: str, scope: str) -> bool:
        if scope not in tokens:
            tokens[scope] = token(xero, scope)
        return refused(ask(xero, method, path, tokens[scope]))

    table = operations(shared / "data/xero-openapi/xero_accounting.yaml")
    for (method, path), operation in table.items():
        named = {scope.removesuffix(".read") for scope in scopes_of(operation)}
        (needed,) = named
        others = {"accounting.contacts", "accounting.settings", "accounting.attachments"} - named

        assert not lacks(method, path, needed), (method, path)
        assert lacks(method, path, f"{needed}.read") is (method != "GET"), (method, path)
        assert lacks(method, path, " ".join(sorted(others))), (method, path)

    with capsys.disabled():
        print(f"\nscopes of {len(table)} operations, {model} model", file=sys.stderr)
    assert len(table) >= LEAST_OPERATIONS


def scopes_of(operation: Any) -> list[str]:
    """Return the scopes of which one is needed."""
    (security,) = operation["security"]
    found: list[str] = security["OAuth2"]
    return found


def ask(xero: Xero, method: str, path: str, bearer: str) -> requests.Response:
    """Make a call of one operation with this token; what it meets does not matter."""
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + str(uuid4()) + rest.partition("}")[2]
    return xero.call(method, path, body={}, headers={"Authorization": f"Bearer {bearer}"})


def token(xero: Xero, scope: str) -> str:
    """Return a token of just this scope."""
    facts = xero.endpoint.facts
    answer = xero.token(
        grant_type="client_credentials",
        client_id=facts["client_id"],
        client_secret=facts["client_secret"],
        scope=scope,
    )
    return str(answer.json()["access_token"])


def refused(answer: requests.Response) -> bool:
    """Tell whether the scope was not enough."""
    return answer.status_code == 401 and answer.json()["Detail"] == LACKS
