"""Elements of a write become operations of a $batch."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dynamics_xero.dynamics.batch import PartReply
from dynamics_xero.dynamics.resources import TABLES
from dynamics_xero.dynamics.writes import group, read_answer, read_part, row_path, write_part
from dynamics_xero.errors import ConflictError, LostAnswerError, RejectedError, ThrottledError
from dynamics_xero.model import ActionKind, Purpose, Value, Write

ID = "6f1a9d0c-0000-4000-8000-000000000001"
OTHER = "6f1a9d0c-0000-4000-8000-000000000002"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def update(if_match: int | None = None, resource: str = "account", **values: Value) -> Write:
    return Write(ActionKind.UPDATE, resource, ID, values, if_match=if_match)


def body_of(write: Write) -> object:
    part = write_part(write, purpose=Purpose.WRITE_BACK)
    assert part.body is not None
    return json.loads(part.body)


def test_r24_every_update_says_which_version_it_means() -> None:
    marked = write_part(update(7, name="A"), purpose=Purpose.DATA)
    any_version = write_part(update(name="A"), purpose=Purpose.WRITE_BACK)

    assert marked.method == any_version.method == "PATCH"
    assert marked.headers["If-Match"] == 'W/"7"'
    assert any_version.headers["If-Match"] == "*"


def test_r24_a_create_under_an_id_of_ours_never_changes_an_existing_row() -> None:
    part = write_part(Write(ActionKind.CREATE, "account", ID, {"name": "A"}), purpose=Purpose.DATA)

    assert (part.method, part.headers["If-None-Match"]) == ("PATCH", "*")
    assert "If-Match" not in part.headers


def test_a_create_without_an_id_is_posted_to_the_entity_set() -> None:
    part = write_part(Write(ActionKind.CREATE, "contact", None, {}), purpose=Purpose.WRITE_BACK)

    assert (part.method, part.url) == ("POST", "/api/data/v9.2/contacts")


def test_r25_data_writes_ask_for_what_came_of_them_and_write_backs_do_not() -> None:
    data = write_part(update(name="A"), purpose=Purpose.DATA)
    write_back = write_part(update(xero_remark="A"), purpose=Purpose.WRITE_BACK)

    assert data.headers["Prefer"].startswith("return=representation,")
    assert data.url.endswith(
        "?$select=_masterid_value,accountid,modifiedon,name,statecode,versionnumber"
    )
    assert "Prefer" not in write_back.headers
    assert write_back.url == f"/api/data/v9.2/accounts({ID})"


def test_an_archive_deactivates_the_row() -> None:
    assert body_of(Write(ActionKind.ARCHIVE, "account", ID, {})) == {
        "statecode": 1, "statuscode": 2,
    }  # fmt: skip


def test_values_travel_in_the_forms_of_the_web_api() -> None:
    moment = datetime(2026, 11, 21, 9, 0, 0, 999, tzinfo=UTC)
    write = update(
        name="Caf\u00e9", fax=None, creditlimit=Decimal("12345678.9012"), creditonhold=True,
        customertypecode=3, xero_lastsyncedon=moment, primarycontactid=OTHER, parentaccountid=None,
    )  # fmt: skip

    assert body_of(write) == {
        "name": "Caf\u00e9", "fax": None, "creditlimit": 12345678.9012, "creditonhold": True,
        "customertypecode": 3, "xero_lastsyncedon": "2026-11-21T09:00:00Z",
        "primarycontactid@odata.bind": f"/contacts({OTHER})", "parentaccountid@odata.bind": None,
    }  # fmt: skip


def test_the_parent_of_a_contact_is_bound_by_the_name_for_accounts() -> None:
    assert body_of(update(resource="contact", parentcustomerid=OTHER)) == {
        "parentcustomerid_account@odata.bind": f"/accounts({OTHER})"
    }


def test_r30_an_amount_that_json_cannot_hold_exactly_is_refused() -> None:
    with pytest.raises(RejectedError, match="creditlimit"):
        write_part(update(creditlimit=Decimal("1234567890123456.7891")), purpose=Purpose.DATA)


def test_a_body_never_spans_lines_so_it_cannot_hold_a_delimiter() -> None:
    part = write_part(update(name="a\r\n--batch_dynamics_xero--\r\n"), purpose=Purpose.DATA)

    assert part.body is not None
    assert b"\n" not in part.body


@pytest.mark.parametrize("row_id", ["", "x", f"{ID})/name", "' or 1 eq 1", "../contacts", None])
def test_only_a_guid_gets_into_an_address(row_id: str | None) -> None:
    with pytest.raises(RejectedError):
        row_path(TABLES["account"], row_id)


def test_an_address_spells_the_guid_itself() -> None:
    assert row_path(TABLES["account"], "{" + ID.upper() + "}") == f"accounts({ID})"
    assert read_part(TABLES["account"], ID, ("name",)).url.endswith(f"accounts({ID})?$select=name")


def test_r31_write_backs_are_gathered_by_the_thousand_across_tables() -> None:
    writes = [update(resource=("account", "contact")[n % 2], xero_remark="x") for n in range(2500)]

    calls = group(writes, purpose=Purpose.WRITE_BACK)

    assert [len(call) for call in calls] == [1000, 1000, 500]
    assert [position for call in calls for position in call] == list(range(2500))


def test_r31_data_writes_go_in_smaller_calls_with_creates_apart() -> None:
    create = Write(ActionKind.CREATE, "account", None, {"name": "A"})
    writes = [create if n % 3 == 0 else update(name="A") for n in range(300)]

    calls = group(writes, purpose=Purpose.DATA)

    assert [len(call) for call in calls] == [100, 100, 100]
    assert set(calls[0]) == set(range(0, 300, 3))


def test_r31_a_call_stays_within_its_bytes() -> None:
    calls = group([update(xero_remark="x" * 4000)] * 3000, purpose=Purpose.WRITE_BACK)
    larger = group([update(description="x" * 100_000)] * 100, purpose=Purpose.WRITE_BACK)

    assert [len(call) for call in calls] == [949, 949, 949, 153]
    assert max(len(call) for call in larger) == 41


def test_nothing_to_write_is_no_call() -> None:
    assert group([], purpose=Purpose.WRITE_BACK) == []


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(404, "0x80040217", RejectedError), (412, "0x80060882", ConflictError),
     (429, "0x80072322", ThrottledError)],
)  # fmt: skip
def test_r31_a_refused_element_has_its_own_error(
    status: int, code: str, kind: type[Exception]
) -> None:
    body = json.dumps({"error": {"code": code, "message": "does not exist"}}).encode()

    answer = read_answer(update(), PartReply(status, {}, body), purpose=Purpose.DATA, now=NOW)

    assert type(answer.error) is kind
    assert answer.code == code


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"accountid": 1}'])
def test_r25_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(body: bytes) -> None:
    answer = read_answer(update(), PartReply(200, {}, body), purpose=Purpose.DATA, now=NOW)

    assert type(answer.error) is LostAnswerError
