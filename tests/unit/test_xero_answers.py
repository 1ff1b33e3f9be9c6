"""Which answer belongs to which write, however Xero orders them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_xero.errors import LostAnswerError, RejectedError
from dynamics_xero.xero.answers import answer, pair_up
from dynamics_xero.xero.records import ZERO_ID
from dynamics_xero.xero.resources import CONTACT

ID = "bd2270c3-8706-4c11-9cfb-000b551c3f51"


def stored(number: int, sent: dict[str, Any]) -> dict[str, Any]:
    return {"ContactID": f"{number:08}-0000-4000-8000-000000000000", **sent}


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_r31_creates_find_their_answer_in_any_order(
    refused: list[bool], shuffle: random.Random
) -> None:
    sent = [{"Name": f"N{n}", "ContactNumber": f"8-{n}"} for n in range(len(refused))]
    shown = [
        {**one, "ContactID": ZERO_ID} if bad else stored(n, one)
        for n, (one, bad) in enumerate(zip(sent, refused, strict=True))
    ]
    shuffled = shuffle.sample(shown, len(shown))

    assert pair_up(sent, shuffled, CONTACT) == shown


def test_a_name_that_xero_folded_is_still_known() -> None:
    sent = [{"Name": "ÖTA  & Co"}, {"Name": "b"}]
    shown = [stored(1, {"Name": "B"}), stored(2, {"Name": "öta & Co"})]

    assert pair_up(sent, shown, CONTACT) == [shown[1], shown[0]]


def test_equal_names_are_told_apart_by_their_place() -> None:
    sent = [{"Name": "Twin"}, {"Name": "twin"}]
    shown = [stored(1, {"Name": "Twin"}), {"ContactID": ZERO_ID, "Name": "twin"}]

    assert pair_up(sent, shown, CONTACT) == shown


def test_a_refused_update_is_known_by_what_it_echoes() -> None:
    sent = [
        {"ContactID": ID, "EmailAddress": "bad"},
        {"ContactID": ID.replace("b", "c"), "EmailAddress": "worse"},
    ]
    shown = [
        {"ContactID": ZERO_ID, "EmailAddress": "worse"},
        {"ContactID": ZERO_ID, "EmailAddress": "bad"},
    ]

    assert pair_up(sent, shown, CONTACT) == [shown[1], shown[0]]


def test_an_element_that_xero_leaves_out_is_lost_not_guessed() -> None:
    sent = [{"Name": "A"}, {"Name": "B"}, {"Name": "C"}]
    shown = [stored(1, {"Name": "C"}), stored(2, {"Name": "A"})]

    found = pair_up(sent, shown, CONTACT)

    assert found == [shown[1], None, shown[0]]
    assert isinstance(answer(None, CONTACT, None, request_id="r").error, LostAnswerError)


@pytest.mark.parametrize(
    "shown",
    [
        {"ContactID": ZERO_ID, "ValidationErrors": [{"Message": "m"}]},
        {"ContactID": ID, "HasValidationErrors": True},
        {"ContactID": ID, "StatusAttributeString": "ERROR"},
        {"ContactID": ID, "Addresses": [{"ValidationErrors": [{"Message": "m"}]}]},
        {"ContactID": ZERO_ID, "StatusAttributeString": "OK"},
        {"StatusAttributeString": "OK"},
    ],
)
def test_r31_success_needs_an_id_and_no_objection(shown: dict[str, Any]) -> None:
    outcome = answer(shown, CONTACT, None, request_id="abc")

    assert isinstance(outcome.error, RejectedError)
    assert outcome.record is None
    assert outcome.error.message


def test_r31_a_warning_is_a_success() -> None:
    shown = {
        "ContactID": ID,
        "StatusAttributeString": "WARNING",
        "Warnings": [{"Message": "odd"}],
        "ValidationErrors": [],
    }

    outcome = answer(shown, CONTACT, None, request_id="")

    assert outcome.error is None
    assert outcome.record is not None
    assert outcome.code == "WARNING"
