"""Each documented refusal of Dataverse has one translation (dataverse.md section 0, table)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from dynamics_xero.dynamics.errors import Refusal, is_row_missing, read_refusal, translate
from dynamics_xero.errors import (
    ConflictError,
    DynamicsXeroError,
    LostAnswerError,
    MissingColumnError,
    RejectedError,
    SignInError,
    ThrottledError,
    UnavailableError,
    remark,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def refusal(status: int, code: str = "", message: str = "", **headers: str) -> Refusal:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_refusal(status, names, body, now=NOW)


GONE = "account With Id = 6f1a9d0c-0000-4000-8000-000000000001 Does Not Exist"
TOO_LONG = (
    "A validation error occurred.  The length of the 'name' attribute of the 'account' entity "
    "exceeded the maximum allowed length of '160'."
)
UNDECLARED = (
    "An undeclared property 'PrimaryContactId' which only has property annotations in the payload "
    "but no property value was found in the payload."
)

DOCUMENTED = [
    (401, "", "", SignInError),
    (403, "0x80040220", "Principal user (x) is missing prvReadAccount privilege", SignInError),
    (403, "0x80048306", "Principal with id x does not have WriteAccess right(s)", RejectedError),
    (404, "0x80040217", GONE, RejectedError),
    (404, "", f"Entity '{GONE}'", RejectedError),
    (404, "0x80040217", "Contact With Ids = x Do Not Exist", RejectedError),
    (404, "0x8006088a", "Resource not found for the segment 'accountz'.", MissingColumnError),
    (405, "", "CannotDeleteDueToAssociation", RejectedError),
    (412, "0x80060882", "The version of the existing record doesn't match", ConflictError),
    (412, "", "The version of the existing record doesn't match", ConflictError),
    (412, "", "A record with matching key values already exists.", RejectedError),
    (412, "0x80040237", "Cannot insert duplicate key.", RejectedError),
    (412, "0x80060892", "Entity Key {0} violated.", RejectedError),
    (412, "0x80040333", "a duplicate of the current record already exists.", RejectedError),
    (400, "0x80044331", TOO_LONG, RejectedError),
    (400, "0x0", UNDECLARED, MissingColumnError),
    (400, "0x0", "Could not find a property named 'xero_x' on type 'a.account'.",
     MissingColumnError),
    (400, "0x0", "An error occurred while validating input parameters: Microsoft.Crm.CrmException: "
     "Invalid property 'xero_x' was found in entity 'a.account'.", MissingColumnError),
    (400, "0x80048d19", "Error identified in Payload provided by the user for Entity :'accounts' "
     "----> InnerException : Microsoft.OData.ODataException: The property 'xero_x' does not exist "
     "on type 'a.account'.", MissingColumnError),
    (400, "", "Change tracking is not enabled for the entity 'account'.", MissingColumnError),
    (400, "0x80040265", "Over the credit limit.", RejectedError),
    (413, "", "", RejectedError),
    (429, "0x80072322", "Number of requests exceeded the limit of 6000", ThrottledError),
    (302, "", "", UnavailableError),
    (408, "", "", UnavailableError),
    (500, "", "", UnavailableError),
    (501, "", "", UnavailableError),
    (503, "", "", UnavailableError),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "message", "kind"), DOCUMENTED)
def test_r32_each_documented_refusal_says_what_to_do_next(
    status: int, code: str, message: str, kind: type[DynamicsXeroError]
) -> None:
    error = translate(refusal(status, code, message), is_write=False)

    assert type(error) is kind
    assert (error.status, error.code) == (status, code)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, LostAnswerError), (502, LostAnswerError), (504, LostAnswerError),
     (503, UnavailableError), (429, ThrottledError)],
)  # fmt: skip
def test_r22_a_server_fault_on_a_write_leaves_the_outcome_unknown(
    status: int, kind: type[DynamicsXeroError]
) -> None:
    assert type(translate(refusal(status), is_write=True)) is kind


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17.0), ("0", 0.0), ("-5", 0.0), ("1e9", 3600.0), ("soon", 10.0), ("nan", 10.0),
     (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0)],
)  # fmt: skip
def test_retry_after_is_read_in_each_form_and_bounded(header: str, seconds: float) -> None:
    error = translate(refusal(429, retry_after=header), is_write=False)

    assert error.retry_after_s == seconds


def test_the_request_id_is_found_under_each_of_its_names() -> None:
    for name in ("x-ms-service-request-id", "req_id", "x-ms-request-id"):
        assert read_refusal(500, {name: "r-1"}, b"", now=NOW).request_id == "r-1"


def test_a_too_long_value_becomes_a_sentence_with_the_column_and_its_limit() -> None:
    error = translate(refusal(400, "0x80044331", TOO_LONG), is_write=False)

    assert remark(error) == "Dynamics allows 160 characters in name. Please shorten it."


def test_the_words_of_a_plugin_reach_the_person_on_one_bounded_line() -> None:
    error = translate(
        refusal(400, "0x80040265", "Over the\n limit.\x07" + "!" * 900), is_write=False
    )

    assert remark(error).startswith("Over the limit. !")
    assert len(remark(error)) == 300


@pytest.mark.parametrize(
    "body",
    [b"<html>Bad gateway</html>", b"", b"[]", b'{"error": "text"}', b'{"error": null}', b"\xff",
     b"[" * 100_000],
)  # fmt: skip
def test_a_body_that_is_no_dataverse_error_is_translated_by_its_status(body: bytes) -> None:
    error = translate(read_refusal(502, {}, body, now=NOW), is_write=False)

    assert type(error) is UnavailableError
    assert error.code == ""


def test_r3_only_a_404_about_the_row_itself_tells_that_it_is_gone() -> None:
    assert is_row_missing(refusal(404, "0x80040217", GONE))
    assert is_row_missing(refusal(404, "", GONE))
    assert not is_row_missing(refusal(404, "", ""))
    assert not is_row_missing(refusal(404, "0x8006088a", "Resource not found for the segment"))
    assert not is_row_missing(refusal(403, "0x80040220", "does not exist"))
