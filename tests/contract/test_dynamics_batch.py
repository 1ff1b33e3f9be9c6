"""$batch and the bulk messages, as dataverse.md section 3 describes them."""

from __future__ import annotations

import json

import pytest

from tests.contract.dynamics_server import (
    UNKNOWN,
    Dynamics,
    change_set,
    operation,
    statuses,
)

CONTINUE = "odata.continue-on-error"
CRM = "Microsoft.Dynamics.CRM"


def new_account(name: str, *, number: int = 0, **rest: object) -> str:
    """Return the part that creates an account."""
    row = json.dumps({"name": name, **rest})
    return operation("POST", "/api/data/v9.2/accounts", row, number=number)


@pytest.mark.parametrize(("line_end", "quoted"), [("\r\n", True), ("\n", False)])
def test_a_batch_takes_both_line_ends_and_boundaries(
    dynamics: Dynamics,
    line_end: str,
    quoted: bool,  # noqa: FBT001 - a parametrised value
) -> None:
    """Section 3: CRLF and quoted by one client, LF and unquoted by the other."""
    answer = dynamics.batch(new_account("A"), new_account("B"), line_end=line_end, quoted=quoted)

    assert answer.status_code == 200
    assert statuses(answer) == [204, 204]
    assert dynamics.names() == ["A", "B"]


def test_parts_may_name_absolute_rooted_and_bare_urls(dynamics: Dynamics) -> None:
    """Section 3: absolute URLs by both clients, /api/data/v9.2/ in the samples."""
    body = json.dumps({"name": "A"})
    urls = (f"{dynamics.api_url}/accounts", "/api/data/v9.2/accounts", "accounts")

    answer = dynamics.batch(*(operation("POST", url, body) for url in urls))

    assert statuses(answer) == [204, 204, 204]
    assert answer.text.count(f"OData-EntityId: {dynamics.api_url}/accounts(") == 3
    assert answer.text.count("Location: ") == 3


def test_reads_and_writes_mix_and_see_each_other(dynamics: Dynamics) -> None:
    """Section 3: executed sequentially, responses in order; spaces in a part's URL."""
    query = "accounts?$select=name&$filter=name eq 'A B'"

    answer = dynamics.batch(operation("GET", query), new_account("A B"), operation("GET", query))

    assert statuses(answer) == [200, 204, 200]
    assert answer.text.count('"name":"A B"') == 1


def test_the_first_failure_ends_a_batch_with_its_status(dynamics: Dynamics) -> None:
    """Section 3, Error: the outer status is the error's; what went before stays done."""
    answer = dynamics.batch(new_account("A"), new_account("x" * 161), new_account("C"))

    assert answer.status_code == 400
    assert statuses(answer) == [204, 400]
    assert "0x80044331" in answer.text
    assert "REQ_ID: " in answer.text
    assert dynamics.names() == ["A"]


def test_continue_on_error_gives_every_part_its_own_status(dynamics: Dynamics) -> None:
    """Section 3, Error: outer 200."""
    answer = dynamics.batch(
        new_account("A"), new_account("x" * 161), new_account("C"), prefer=CONTINUE
    )

    assert answer.status_code == 200
    assert statuses(answer) == [204, 400, 204]
    assert dynamics.names() == ["A", "C"]
    assert len(dynamics.control.entries()) == 2


def test_a_changeset_is_all_or_nothing(dynamics: Dynamics) -> None:
    """Section 3: changeset atomic; its failure is one part."""
    failing = change_set(new_account("A", number=1), new_account("x" * 161, number=2))

    answer = dynamics.batch(failing, new_account("C"), prefer=CONTINUE)

    assert statuses(answer) == [400, 204]
    assert dynamics.names() == ["C"]
    assert len(dynamics.control.entries()) == 1


def test_a_changesets_rows_refer_to_each_other(dynamics: Dynamics) -> None:
    """Section 3: $1 in URL and body."""
    bind = json.dumps({"lastname": "L", "parentcustomerid_account@odata.bind": "$1"})
    parts = (
        operation("POST", "accounts", json.dumps({"name": "A"}), number=1),
        operation("POST", "contacts", bind, number=2),
        operation("PUT", "$1/primarycontactid/$ref", json.dumps({"@odata.id": "$2"}), number=3),
        operation("PATCH", "$1", json.dumps({"telephone1": "5"}), number=4),
    )

    answer = dynamics.batch(change_set(*parts))

    assert statuses(answer) == [204, 204, 204, 204]
    assert "Content-ID: 2" in answer.text
    account = dynamics.read("accounts", expand="primarycontactid($select=lastname)")["value"][0]
    assert account["primarycontactid"]["lastname"] == "L"
    assert account["telephone1"] == "5"


def test_a_reference_before_its_declaration_is_refused(dynamics: Dynamics) -> None:
    """Table of section 0: Content-ID Reference."""
    bind = json.dumps({"lastname": "L", "parentcustomerid_account@odata.bind": "$1"})

    answer = dynamics.batch(change_set(operation("POST", "contacts", bind, number=2)))

    assert answer.status_code == 400
    assert "Content-ID Reference: '$1' does not exist in the batch context." in answer.text


def test_a_changeset_takes_no_reads(dynamics: Dynamics) -> None:
    """Section 3: no GETs in a changeset."""
    answer = dynamics.batch(change_set(operation("GET", "accounts", number=1)))

    assert answer.status_code == 400


def test_a_part_may_carry_its_own_conditions(dynamics: Dynamics) -> None:
    """Section 2 inside section 3: If-Match per part."""
    row_id = dynamics.created("accounts", name="A")
    ghost = operation("PATCH", f"accounts({UNKNOWN})", "{}", headers="If-Match: *\n")
    stale = operation("PATCH", f"accounts({row_id})", "{}", headers='If-Match: W/"1"\n')

    answer = dynamics.batch(ghost, stale, prefer=CONTINUE)

    assert statuses(answer) == [404, 412]


def test_a_batch_carries_at_most_1000_operations(dynamics: Dynamics) -> None:
    """Section 3: <= 1000 operations."""
    answer = dynamics.batch(*(operation("GET", "accounts?$top=1") for _ in range(1001)))

    assert answer.status_code == 400
    assert "1000" in answer.json()["error"]["message"]


def test_a_malformed_batch_is_answered_in_plain_json(dynamics: Dynamics) -> None:
    """Section 3, Error: not multipart."""
    headers = {**dynamics.headers, "Content-Type": "multipart/mixed; boundary=b"}

    answer = dynamics.session.post(f"{dynamics.api_url}/$batch", data=b"x", headers=headers)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_a_batch_counts_as_one_call_with_parts(dynamics: Dynamics) -> None:
    """contract.md section 2, stats; dataverse.md section 5: one request."""
    before = dynamics.control.stats()["calls"]

    dynamics.batch(*(new_account(str(number)) for number in range(20)))

    counters = dynamics.control.get("stats")
    assert isinstance(counters, dict)
    assert counters["calls"] == before + 1
    assert counters["rows_written"] == 20
    assert counters["by_endpoint"]["POST /$batch"]["parts"] == 20


def test_create_multiple_answers_the_ids_in_order(dynamics: Dynamics) -> None:
    """Section 3: 200 with Ids; @odata.type is mandatory per item."""
    targets = [{"@odata.type": f"{CRM}.account", "name": name} for name in ("A", "B")]

    answer = dynamics.call("POST", f"accounts/{CRM}.CreateMultiple", {"Targets": targets})

    assert answer.status_code == 200
    document = answer.json()
    assert document["@odata.context"].endswith(f"#{CRM}.CreateMultipleResponse")
    names = [dynamics.read(f"accounts({row_id})")["name"] for row_id in document["Ids"]]
    assert names == ["A", "B"]
    untyped = {"Targets": [{"name": "C"}]}
    assert dynamics.refused("POST", f"accounts/{CRM}.CreateMultiple", untyped)[0] == 400


def test_a_bulk_message_is_one_transaction(dynamics: Dynamics) -> None:
    """Section 3: any failure rolls back everything."""
    kind = {"@odata.type": f"{CRM}.account"}
    targets = [{**kind, "name": "A"}, {**kind, "name": "x" * 161}]

    status, code, _ = dynamics.refused(
        "POST", f"accounts/{CRM}.CreateMultiple", {"Targets": targets}
    )

    assert (status, code) == (400, "0x80044331")
    assert dynamics.names() == []
    assert dynamics.control.entries() == []


def test_update_multiple_names_rows_by_primary_key(dynamics: Dynamics) -> None:
    """Section 3: 204; table of section 0 for a missing row in bulk."""
    kind = {"@odata.type": f"{CRM}.account"}
    row_id = dynamics.created("accounts", name="A")
    path = f"accounts/{CRM}.UpdateMultiple"

    good = dynamics.call("POST", path, {"Targets": [{**kind, "accountid": row_id, "name": "B"}]})
    status, code, message = dynamics.refused(
        "POST", path, {"Targets": [{**kind, "accountid": UNKNOWN, "name": "C"}]}
    )

    assert good.status_code == 204
    assert dynamics.names() == ["B"]
    assert (status, code) == (404, "0x80040217")
    assert message == f"Account With Ids = {UNKNOWN} Do Not Exist"


def test_delete_multiple_is_not_implemented(dynamics: Dynamics) -> None:
    """Table of section 0."""
    _, _, message = dynamics.refused("POST", f"accounts/{CRM}.DeleteMultiple", {"Targets": []})

    assert message == "DeleteMultiple has not yet been implemented."


def test_a_table_may_lack_the_bulk_messages(dynamics: Dynamics) -> None:
    """Section 3: not every standard table supports them (switch bulk_messages)."""
    dynamics.switch(bulk_messages="off")
    target = {"@odata.type": f"{CRM}.account", "name": "A"}

    status, _, _ = dynamics.refused("POST", f"accounts/{CRM}.CreateMultiple", {"Targets": [target]})

    assert status == 400
    assert dynamics.names() == []
