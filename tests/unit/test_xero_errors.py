"""Each documented refusal of Xero, as the engine and a salesperson see it."""

from __future__ import annotations

import json

import pytest
from urllib3 import exceptions as wire

from dynamics_xero.errors import (
    DynamicsXeroError,
    LostAnswerError,
    RejectedError,
    SignInError,
    ThrottledError,
    UnavailableError,
)
from dynamics_xero.xero.errors import Refused, refusal, transport
from dynamics_xero.xero.remarks import MAX_TEXT, sentence

EXPIRED = {"Status": 401, "Detail": "TokenExpired: token expired at 02/20/2025 08:32:50"}
LACKS_SCOPE = {"Status": 401, "Detail": "AuthorizationUnsuccessful"}
FOREIGN = {"status": 403, "detail": "AuthenticationUnsuccessful"}


def refused(status: int, body: object = b"", **headers: str) -> Refused:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Refused(status, {name.replace("_", "-"): text for name, text in headers.items()}, raw)


@pytest.mark.parametrize(
    ("answer", "reading", "writing"),
    [
        (refused(400, {"Message": "m"}), RejectedError, RejectedError),
        (refused(400, b"<html>"), RejectedError, RejectedError),
        (refused(401, EXPIRED), SignInError, SignInError),
        (refused(401, b""), SignInError, SignInError),
        (refused(401, LACKS_SCOPE), SignInError, SignInError),
        (refused(403, FOREIGN), SignInError, SignInError),
        (refused(404, b"The resource you're looking for"), RejectedError, RejectedError),
        (refused(412), RejectedError, RejectedError),
        (refused(413), RejectedError, RejectedError),
        (refused(429), ThrottledError, ThrottledError),
        (refused(302), UnavailableError, UnavailableError),
        (refused(500, b"<html>"), UnavailableError, LostAnswerError),
        (refused(501), UnavailableError, LostAnswerError),
        (refused(503, b"offline"), UnavailableError, LostAnswerError),
    ],
)
def test_every_documented_status_has_a_translation(
    answer: Refused, reading: type[DynamicsXeroError], writing: type[DynamicsXeroError]
) -> None:
    assert type(refusal(answer, writing=False)) is reading
    assert type(refusal(answer, writing=True)) is writing
    assert refusal(answer, writing=True).status == answer.status


@pytest.mark.parametrize(
    ("headers", "wait_s", "code"),
    [
        ({"retry_after": "37", "x_rate_limit_problem": "minute"}, 37.0, "minute"),
        ({"retry_after": "66975", "x_rate_limit_problem": "Day"}, 66975.0, "day"),
        ({"x_rate_limit_problem": "concurrent"}, 1.0, "concurrent"),
        ({"x_rate_limit_problem": "appminute", "retry_after": "soon"}, 60.0, "appminute"),
        ({}, 60.0, ""),
    ],
)
def test_r35_a_limit_says_how_long_and_which(
    headers: dict[str, str], wait_s: float, code: str
) -> None:
    error = refusal(refused(429, **headers), writing=True)

    assert (error.retry_after_s, error.code) == (wait_s, code)


def test_a_missing_scope_and_a_foreign_organisation_are_told_apart() -> None:
    assert "scope" in refusal(refused(401, LACKS_SCOPE), writing=False).message
    assert "tenant_id" in refusal(refused(403, FOREIGN), writing=False).message


def test_a_refusal_keeps_what_xeros_staff_ask_for() -> None:
    error = refusal(refused(400, {"Type": "T"}, xero_correlation_id="abc"), writing=True)

    assert (error.request_id, error.code) == ("abc", "T")


def test_all_messages_of_a_refused_call_are_told_once() -> None:
    body = {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [
            {
                "Addresses": [{"ValidationErrors": [{"Message": "Line is odd"}]}],
                "ValidationErrors": [{"Message": "Email address must be valid."}],
            },
            {"ValidationErrors": [{"Message": "Line is odd"}]},
        ],
    }

    message = refusal(refused(400, body), writing=True).message

    assert message.count("Line is odd") == 1
    assert "e-mail" in message
    assert "exception" not in message


@pytest.mark.parametrize(
    ("error", "reading", "writing"),
    [
        (wire.NewConnectionError(None, "no"), UnavailableError, UnavailableError),  # type: ignore[arg-type]  # only its type counts
        (wire.ConnectTimeoutError("slow"), UnavailableError, UnavailableError),
        (wire.ProtocolError("cut"), UnavailableError, LostAnswerError),
        (wire.ReadTimeoutError(None, "", "slow"), UnavailableError, LostAnswerError),  # type: ignore[arg-type]  # only its type counts
        (wire.SSLError("CERTIFICATE_VERIFY_FAILED"), SignInError, SignInError),
        (wire.SSLError("broken"), UnavailableError, LostAnswerError),
    ],
)
def test_r22_only_what_surely_never_left_counts_as_not_taken(
    error: Exception, reading: type[DynamicsXeroError], writing: type[DynamicsXeroError]
) -> None:
    assert type(transport(error, writing=False)) is reading
    assert type(transport(error, writing=True)) is writing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "The contact name Ōta, Inc. is already assigned to another contact. The contact name "
            "must be unique across all active contacts.",
            ["Ōta, Inc.", "Rename"],
        ),
        (
            "The specified contact details matched an archived contact. Archived contacts cannot "
            "currently be edited via the API.",
            ["archived", "Restore"],
        ),
        ("Email address must be valid.", ["e-mail", "Correct"]),
        ("Users Organisation is not subscribed to currency NZD", ["NZD", "accountant"]),
    ],
)
def test_a_known_refusal_says_what_is_wrong_and_what_to_do(text: str, words: list[str]) -> None:
    remark = sentence(text)

    assert all(word in remark for word in words)
    assert "API" not in remark


def test_an_unknown_refusal_is_passed_on_cleaned() -> None:
    text = (
        "Bad <b onclick='x'>thing</b>\r\n\x07 at "
        "(bd2270c3-8706-4c11-9cfb-000b551c3f51)\u202e " + "x" * 900
    )

    remark = sentence(text)

    assert remark.startswith("Xero says: Bad thing at x")
    assert len(remark) <= MAX_TEXT + len("Xero says: ")
    assert not set("<>\r\n\x07\u202e") & set(remark)


def test_a_name_with_braces_stays_as_it_is() -> None:
    remark = sentence("The contact name {0} {name} is already assigned to another contact.")

    assert "{0} {name}" in remark


def test_a_refusal_without_words_says_so() -> None:
    assert sentence("  ") == "Xero refused this without saying why."
