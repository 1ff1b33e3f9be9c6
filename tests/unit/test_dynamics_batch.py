"""The $batch form: what is sent, and answers in every spelling that servers use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_xero.dynamics.batch import BrokenBatchError, Part, PartReply, pack, unpack

TYPE = "multipart/mixed; boundary=batchresponse_6f1a"


def answer(*parts: str, end: str = "--batchresponse_6f1a--\r\n", line_end: str = "\r\n") -> bytes:
    head = "--batchresponse_6f1a\nContent-Type: application/http\nContent-Transfer-Encoding: binary"
    text = "".join(f"{head}\n\n{part}\n" for part in parts) + end
    return text.replace("\r\n", "\n").replace("\n", line_end).encode()


OK = 'HTTP/1.1 200 OK\nContent-Type: application/json\nETag: W/"7"\n\n{"name":"A"}'
EMPTY = "HTTP/1.1 204 No Content\nOData-Version: 4.0\n\n"
GONE = 'HTTP/1.1 404 Not Found\nREQ_ID: r-1\n\n{"error":{"code":"0x80040217"}}'


def test_a_part_is_a_whole_request_with_its_own_headers() -> None:
    part = Part("PATCH", "/api/data/v9.2/accounts(1)", {"If-Match": "*"}, b'{"a":1}')

    assert pack([part]).decode() == (
        "--batch_dynamics_xero\r\n"
        "Content-Type: application/http\r\n"
        "Content-Transfer-Encoding: binary\r\n"
        "\r\n"
        "PATCH /api/data/v9.2/accounts(1) HTTP/1.1\r\n"
        "If-Match: *\r\n"
        "Content-Type: application/json\r\n"
        "\r\n"
        '{"a":1}\r\n'
        "--batch_dynamics_xero--\r\n"
    )


def test_more_than_a_thousand_operations_are_never_packed() -> None:
    assert pack([Part("GET", "/x")] * 1000).count(b"GET /x") == 1000
    with pytest.raises(ValueError, match="1000 operations, not 1001"):
        pack([Part("GET", "/x")] * 1001)


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_r31_each_operation_has_its_own_answer_in_order(line_end: str) -> None:
    replies = unpack(TYPE, answer(OK, EMPTY, GONE, line_end=line_end), expected=3)

    assert [reply.status for reply in replies] == [200, 204, 404]
    assert replies[0].body == b'{"name":"A"}'
    assert replies[0].headers["etag"] == 'W/"7"'
    assert replies[1].body.strip() == b""
    assert replies[2].headers["req_id"] == "r-1"


def test_a_quoted_boundary_a_preamble_and_bare_status_lines_are_understood() -> None:
    body = (
        b"preamble\r\n--b 1\r\nA: b\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n--b 1--\r\nepilogue"
    )

    assert unpack('multipart/mixed; boundary="b 1"', body, expected=1) == [PartReply(204, {}, b"")]


def test_a_value_that_looks_like_the_boundary_does_not_end_its_part() -> None:
    tricky = 'HTTP/1.1 200 OK\n\n{"a":"--batchresponse_6f1a--"}'

    assert unpack(TYPE, answer(tricky), expected=1)[0].body == b'{"a":"--batchresponse_6f1a--"}'


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        (TYPE, answer(OK, OK), 3),
        (TYPE, answer(OK, OK, OK, OK), 3),
        (TYPE, answer(OK, OK, OK, end=""), 3),
        (TYPE, answer(OK, OK, "HTTP/1.1"), 3),
        (TYPE, answer(OK, "no status", OK), 3),
        (TYPE, b"", 3),
        (TYPE, answer(), 3),
        ("application/json", answer(OK), 1),
        ("multipart/mixed", answer(OK), 1),
        ("", answer(OK), 1),
    ],
)
def test_r31_an_answer_that_is_not_whole_is_refused(
    content_type: str, body: bytes, expected: int
) -> None:
    with pytest.raises(BrokenBatchError):
        unpack(content_type, body, expected=expected)


@given(cut=st.integers(min_value=0, max_value=len(answer(OK, EMPTY, GONE)) - 5))
def test_r31_an_answer_cut_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(BrokenBatchError):
        unpack(TYPE, answer(OK, EMPTY, GONE)[:cut], expected=3)


@given(noise=st.binary(max_size=400))
def test_noise_is_refused_and_nothing_else_happens(noise: bytes) -> None:
    with pytest.raises(BrokenBatchError):
        unpack(TYPE, noise, expected=1)
