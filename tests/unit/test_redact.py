"""R38: one filter keeps secrets out of every text."""

from __future__ import annotations

import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_xero.errors import RejectedError, SignInError
from dynamics_xero.redact import (
    LEAST_LENGTH,
    MARK,
    RedactingFormatter,
    Redactor,
    log_to_stderr,
    spoken,
    summary,
)

SECRET = "s3cr/et+canary=="


@given(
    before=st.text(max_size=40),
    secret=st.text(st.characters(codec="utf-8"), min_size=LEAST_LENGTH, max_size=40),
    after=st.text(max_size=40),
)
def test_r38_a_known_secret_survives_nowhere(before: str, secret: str, after: str) -> None:
    redacted = Redactor([secret]).text(before + secret + after)

    assert secret not in redacted.replace(MARK, "")


@pytest.mark.parametrize(
    "text",
    [
        f"sent {SECRET} away",
        "sent s3cr%2Fet%2Bcanary%3D%3D away",
        "body client_id=a&client_secret=canary-value&grant_type=x",
        '{"access_token": "canary-value", "expires_in": 1800}',
        "{'refresh_token': 'canary-value'}",
        repr("{'refresh_token': \"canary-value\"}"),
        "Authorization: Bearer canary-value",
        "Basic Y2FuYXJ5Y2FuYXJ5 was refused",
        "postgresql+psycopg://app:canary@db.example/x",
        "token eyJhbGciOi.eyJjYW5hcnki.canary",
        "client_assertion=canary.value",
        "password: canary",
    ],
)
def test_r38_a_secret_is_told_by_its_value_or_by_what_stands_before_it(text: str) -> None:
    redacted = Redactor([SECRET]).text(text)

    assert MARK in redacted
    assert "canary" not in redacted
    assert "Y2FuYXJ5" not in redacted


def test_a_secret_that_begins_with_another_leaves_no_tail() -> None:
    assert Redactor(["canary", "canary-tail"]).text("x canary-tail y") == f"x {MARK} y"


@pytest.mark.parametrize(
    "text",
    [
        "look connection=main duration_ms=12",
        "GET /Contacts 200 in 0.2 s, 3 keys, tokenised",
        "https://localhost:41002/api.xro/2.0/Contacts?page=1",
        "",
    ],
)
def test_plain_lines_stay_as_they_are(text: str) -> None:
    assert Redactor(["longer-than-nothing"]).text(text) == text


def test_r38_nested_values_are_redacted_by_key_and_by_text() -> None:
    value = {
        "headers": {"Authorization": ["canary"], "X-Api-Key": "canary", "Accept": "json"},
        "body": b'{"client_secret": "canary"}',
        "items": ({"text": "see canary"}, 7, None),
        "key": "canary",
        "monkey": "plain",
    }

    redacted = Redactor(["canary"]).value(value)

    assert "canary" not in repr(redacted)
    assert isinstance(redacted, dict)
    assert redacted["headers"]["Accept"] == "json"
    assert redacted["items"] == [{"text": f"see {MARK}"}, 7, None]
    assert redacted["monkey"] == "plain"


def test_r38_a_log_line_hides_arguments_and_traceback() -> None:
    formatter = RedactingFormatter(Redactor(["canary"]), "%(levelname)s %(message)s")
    try:
        raise ValueError("refused canary")
    except ValueError:
        record = logging.LogRecord(
            "x", logging.ERROR, "x.py", 1, "sent %s", ("canary",), sys.exc_info()
        )

    line = formatter.format(record)

    assert line.startswith(f"ERROR sent {MARK}")
    assert "ValueError" in line
    assert "canary" not in line


TASK = "worker.look"
ID = "6f1a9d0c-0000-4000-8000-000000000001"


def said(name: str, template: object, *args: object) -> str:
    """Return what is told of a record of that logger."""
    return spoken(logging.LogRecord(name, logging.ERROR, "x.py", 1, template, args, None))


@pytest.mark.parametrize(
    ("logger", "told"),
    [
        ("worker.tasks", f"Task {TASK}[{ID}] of Harbour Tea took 7"),
        ("celery.app.trace", f"Task {TASK}[{ID}] of {MARK} took 7"),
        ("workers", f"Task {TASK}[{ID}] of {MARK} took 7"),
    ],
)
def test_r38_what_another_library_fills_into_a_line_is_left_out(logger: str, told: str) -> None:
    assert said(logger, "Task %s[%s] of %s took %d", TASK, ID, "Harbour Tea", 7) == told


def test_r38_an_error_in_a_line_is_told_by_its_kind_and_ours_by_its_words() -> None:
    about_a_record = RejectedError("Harbour Tea is taken.", status=400)

    assert said("worker.x", "%s", SignInError("Check client_secret.")) == "Check client_secret."
    assert "Harbour" not in said("worker.x", "%s", about_a_record)
    assert "HTTP 400" in said("worker.x", "%s", about_a_record)
    assert said("worker.x", ValueError("Harbour Tea")) == "ValueError"
    assert said("other", "%d rows", "Harbour Tea") == "%d rows"
    assert summary(OSError(28, "Harbour Tea")) == "OSError: No space left on device"


def test_r38_a_line_that_cannot_be_written_is_not_told_raw(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("Harbour Tea")

    log_to_stderr(Redactor(), layout="%(message)s", level=logging.DEBUG)
    logging.getLogger("worker.x").info("look at %s, Harbour Tea", Broken())
    logging.getLogger("library").info("Harbour Tea")
    logging.getLogger("library").warning("a constant")

    told = capsys.readouterr().err
    assert "could not be written (worker.x, test_redact:" in told
    assert "a constant" in told
    assert "Harbour" not in told
