"""What Xero asks of those who receive its webhooks: xero.md 6."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import shared_folder
from tests.contract.receiver import KEY, LIMIT_S, Receiver, receiving
from tests.contract.xero_server import Xero
from tests.waiting import until_idle

DAY_S = 24 * 3600


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return somebody who listens, checks signatures and answers as Xero wants."""
    with receiving() as open_receiver:
        yield open_receiver


def subscribe(xero: Xero, receiver: Receiver, *, key: str = KEY) -> dict[str, Any]:
    """Subscribe and return the state once Xero has asked for the intent to receive."""
    xero.control("POST", "webhooks", {"url": receiver.url, "key": key})
    return quiet(xero)


def quiet(xero: Xero) -> dict[str, Any]:
    """Wait until nothing is under way and return the state."""
    return until_idle(lambda: xero.control("GET", "webhooks"), limit_s=LIMIT_S)


def wait(xero: Xero, seconds: float) -> dict[str, Any]:
    """Let the sandbox's time pass, longer perhaps than a token lives."""
    xero.control("POST", "clock", {"advance_s": seconds})
    xero.sign_in()
    return quiet(xero)


def test_who_does_not_tell_right_signatures_from_wrong_ones_is_told_nothing(
    xero: Xero, receiver: Receiver
) -> None:
    """xero.md 6, Intent to receive: right ones 200, wrong ones 401; asked again on a new key."""
    state = subscribe(xero, receiver, key="another key than the receiver holds")
    assert state["standings"] == {receiver.url: "refused"}
    xero.created(Name="A")
    assert quiet(xero)["delivered"] == 0

    assert subscribe(xero, receiver)["standings"] == {receiver.url: "enabled"}
    later = xero.created(Name="B")
    assert receiver.next().document["events"][0]["resourceId"] == later["ContactID"]


def test_an_app_has_one_address(xero: Xero, receiver: Receiver) -> None:
    """xero.md 6, Envelope: one URL per app; a new one takes the place of the old."""
    with receiving() as former:
        subscribe(xero, former)
        assert subscribe(xero, receiver)["subscriptions"] == [receiver.url]
        xero.created(Name="A")
        quiet(xero)
        assert (len(former.all()), len(receiver.all())) == (0, 1)


@pytest.mark.parametrize(("status", "content"), [(500, b""), (202, b""), (200, b"thanks")])
def test_what_is_not_an_empty_200_is_sent_again_with_growing_pauses(
    xero: Xero, receiver: Receiver, status: int, content: bytes
) -> None:
    """xero.md 6, Rules: 200 without a body; retries with decreasing frequency."""
    subscribe(xero, receiver)
    receiver.status, receiver.content = status, content
    xero.created(Name="A")
    first = receiver.next()
    assert quiet(xero)["waiting"] == 1

    assert wait(xero, 11)["failed"] == 2
    assert wait(xero, 11)["failed"] == 2
    receiver.status, receiver.content = 200, b""
    state = wait(xero, 11)

    assert (state["failed"], state["delivered"], state["waiting"]) == (2, 1, 0)
    assert {message.body for message in receiver.all()} == {first.body}


def test_after_24_hours_the_subscription_is_disabled_until_it_is_made_again(
    xero: Xero, receiver: Receiver
) -> None:
    """xero.md 6, Rules: retried for up to 24 h, then disabled; re-enabling asks the intent."""
    subscribe(xero, receiver)
    receiver.status = 500
    xero.created(Name="A")
    quiet(xero)
    assert wait(xero, DAY_S - 60)["standings"] == {receiver.url: "enabled"}

    state = wait(xero, 61)

    assert (state["standings"], state["waiting"]) == ({receiver.url: "disabled"}, 0)
    told = receiver.all()
    assert len(told) == 3
    receiver.status = 200
    xero.created(Name="B")
    assert quiet(xero)["delivered"] == 0
    assert subscribe(xero, receiver)["standings"] == {receiver.url: "enabled"}
    missed = xero.created(Name="C")
    message = receiver.next()
    assert message.document["events"][0]["resourceId"] == missed["ContactID"]
    # What nobody took has used its numbers: the gap is how a receiver notices.
    first = told[0].document["firstEventSequence"]
    assert message.document["firstEventSequence"] == first + 2


def test_an_answer_that_comes_too_late_is_none(xero: Xero, receiver: Receiver) -> None:
    """xero.md 6, Rules: within 5 s; the test has less patience than Xero."""
    announcer = xero.endpoint.webhooks.announcer
    assert announcer is not None
    assert announcer.terms.patience_s == 5.0
    whole, announcer.terms = announcer.terms, replace(announcer.terms, patience_s=0.2)
    try:
        subscribe(xero, receiver)
        receiver.open.clear()
        xero.created(Name="A")
        state = quiet(xero)
        assert (state["failed"], state["delivered"], state["waiting"]) == (1, 0, 1)
    finally:
        announcer.terms = whole
        receiver.open.set()


def test_events_that_wait_together_can_share_a_payload(xero: Xero, receiver: Receiver) -> None:
    """Switch webhook_batches; the sequence spans the events of a payload."""
    xero.control("POST", "switches", {"webhook_batches": "waiting"})
    subscribe(xero, receiver)
    receiver.open.clear()
    made = [xero.created(Name=name)["ContactID"] for name in "ABCD"]
    receiver.open.set()
    quiet(xero)

    messages = [message.document for message in receiver.all()]

    assert len(messages) < len(made)
    assert [event["resourceId"] for one in messages for event in one["events"]] == made
    for one in messages:
        span = one["lastEventSequence"] - one["firstEventSequence"] + 1
        assert span == len(one["events"])


@pytest.mark.judge
@pytest.mark.shared_data
def test_payloads_keep_to_the_file(xero: Xero, receiver: Receiver) -> None:
    """The official xero-webhooks.yaml judges an event payload."""
    folder = shared_folder()
    assert folder is not None
    text = (folder / "data/xero-openapi/xero-webhooks.yaml").read_text("utf-8")
    document = yaml.safe_load(text)
    subscribe(xero, receiver)
    xero.put({"Name": "A"}, {"Name": "B"})
    schema = {"$ref": "#/components/schemas/WebhookEvent", "components": document["components"]}

    jsonschema.validate(receiver.next().document, schema)
