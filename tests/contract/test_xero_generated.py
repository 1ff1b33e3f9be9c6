"""Made-up calls of every operation in Xero's file: the twin never breaks, and keeps to the file."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from tests.contract.xero_generator import Generator, Made
from tests.contract.xero_server import Xero
from tests.judges.openapi import closed, judged, operations

pytestmark = [pytest.mark.judge, pytest.mark.shared_data]

CALLS = 25
LEAST_CALLS, LEAST_OPERATIONS, LEAST_REFUSED = 600, 28, 100
# Refusals the file leaves out (xero.md 1, Auth errors): never JSON of a resource.
UNLISTED = {401, 403, 404}


def test_no_made_up_call_breaks_the_twin_and_every_answer_conforms(
    xero: Xero, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = shared / "data/xero-openapi/xero_accounting.yaml"
    document, answers = judged(source), closed(source)
    seen: Counter[tuple[str, int]] = Counter()
    for (method, path), operation in operations(source).items():
        name = operation["operationId"]
        generator = Generator(document, _known(xero, name), name)
        for _ in range(CALLS):
            made = generator.call(path, method)
            answer = _sent(xero, method, made)
            seen[name, answer.status_code] += 1
            _judge(answer, operation, answers, echoes=made.wild)

    calls, refused = seen.total(), sum(n for (_, status), n in seen.items() if status == 400)
    fine = {name for name, status in seen if status in (200, 204)}
    with capsys.disabled():
        print(
            f"\nmade up from Xero's file: {calls} calls of {len(fine)} operations, "
            f"{refused} refused with 400, none broke the twin",
            file=sys.stderr,
        )
    assert calls >= LEAST_CALLS
    assert len(fine) >= LEAST_OPERATIONS
    assert refused >= LEAST_REFUSED


def test_the_judge_objects_to_what_the_file_does_not_name(shared: Path) -> None:
    source = shared / "data/xero-openapi/xero_accounting.yaml"
    contacts = operations(source)["GET", "/Contacts"]["responses"]["200"]
    schema = contacts["content"]["application/json"]["schema"]
    judge = jsonschema.Draft7Validator({**schema, "components": closed(source)["components"]})

    assert judge.is_valid({"Id": "1", "Contacts": [{"Name": "A", "ContactGroups": [{}]}]})
    for wrong in ({"Nme": "A"}, {"ContactGroups": [{"Title": "G"}]}, {"Name": None}):
        assert not judge.is_valid({"Contacts": [wrong]}), wrong
    assert not judge.is_valid({"contacts": []})


def _known(xero: Xero, name: str) -> dict[str, str]:
    """Make one of each, so that half of the calls meet something."""
    contact = xero.created(Name=f"Known to {name}", ContactNumber=name)
    group = xero.call("PUT", "/ContactGroups", body={"ContactGroups": [{"Name": "G"}]}).json()
    group_id = group["ContactGroups"][0]["ContactGroupID"]
    address = f"/Contacts/{contact['ContactID']}"
    members = {"Contacts": [{"ContactID": contact["ContactID"]}]}
    assert xero.call("PUT", f"/ContactGroups/{group_id}/Contacts", body=members).status_code == 200
    file = xero.call("PUT", f"{address}/Attachments/a.txt", body="a").json()["Attachments"][0]
    user = xero.call("GET", "/Users").json()["Users"][0]
    return {
        "ContactID": contact["ContactID"],
        "ContactNumber": name,
        "ContactGroupID": group_id,
        "AttachmentID": file["AttachmentID"],
        "FileName": "a.txt",
        "OrganisationID": xero.endpoint.facts["tenant_id"],
        "UserID": user["UserID"],
    }


def _sent(xero: Xero, method: str, made: Made) -> requests.Response:
    body = made.body
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    kind = {"Content-Type": made.kind} if made.kind else {}
    return xero.session.request(
        method,
        f"{xero.api_url}{made.path}",
        params=dict(made.query),
        headers={**xero.headers, **kind, **made.headers},
        data=content,
        timeout=20,
    )


def _judge(answer: requests.Response, operation: Any, document: Any, *, echoes: bool) -> None:
    told = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, told
    if answer.status_code in UNLISTED:
        return
    if answer.status_code == 400:
        schema: Any = {"$ref": "#/components/schemas/Error"}
    else:
        assert str(answer.status_code) in operation["responses"], told
        response = operation["responses"][str(answer.status_code)]
        if "$ref" in response:
            response = document["components"]["responses"][response["$ref"].split("/")[-1]]
        kinds = response.get("content", {})
        if "application/json" not in kinds:
            return
        schema = kinds["application/json"]["schema"]
    jsonschema.Draft7Validator(
        {**schema, "components": document["components"]},
        format_checker=jsonschema.FormatChecker(),
    ).validate(_without_echoes(answer.json()) if echoes else answer.json())


def _without_echoes(body: Any) -> Any:
    """Leave out refused elements: they show what was sent, be it against the file."""
    contacts = [one for one in body.get("Contacts", ()) if "ValidationErrors" not in one]
    return {**body, "Contacts": contacts} if "Contacts" in body else body
