"""Webhooks out of both twins: contract.md section 2, xero.md 6, dataverse.md section 6."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dynamics_xero.sandbox.assembly import ServeOptions
from dynamics_xero.sandbox.background import running
from tests.contract.dynamics_server import Dynamics
from tests.contract.receiver import KEY, LIMIT_S, Message, Receiver, receiving
from tests.contract.xero_server import Xero
from tests.sandbox import Control, caller
from tests.tiny_twin import TINY_TWINS
from tests.waiting import until_idle

Json = dict[str, Any]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return somebody who listens."""
    with receiving() as open_receiver:
        yield open_receiver


@pytest.fixture
def told_by_xero(xero: Xero, receiver: Receiver) -> Xero:
    """Return an organisation that tells the receiver."""
    xero.control("POST", "webhooks", {"url": receiver.url, "key": KEY})
    return xero


@pytest.fixture
def told_by_dynamics(dynamics: Dynamics, receiver: Receiver) -> Dynamics:
    """Return an environment that tells the receiver."""
    dynamics.control.post("webhooks", {"url": receiver.url, "key": KEY})
    return dynamics


def quiet(twin: Xero | Dynamics) -> Json:
    """Wait until nothing is under way and return the counters."""
    if isinstance(twin, Xero):
        return until_idle(lambda: twin.control("GET", "webhooks"), limit_s=LIMIT_S)
    return until_idle(lambda: twin.control.get("webhooks"), limit_s=LIMIT_S)


def strike(twin: Xero | Dynamics, **rule: object) -> None:
    """Let one rule be the whole fault list."""
    body = {"seed": 1, "rules": [rule]}
    if isinstance(twin, Xero):
        twin.control("POST", "faults", body)
    else:
        twin.control.post("faults", body)


def events(message: Message) -> list[Json]:
    """Return the events of a Xero payload."""
    found: list[Json] = message.document["events"]
    return found


def attributes(message: Message) -> Json:
    """Return the attributes of a Dataverse target."""
    (target,) = message.document["InputParameters"]
    return {one["key"]: one["value"] for one in target["value"]["Attributes"]}


def test_a_xero_write_call_is_one_payload_signed_with_the_key(
    told_by_xero: Xero, receiver: Receiver
) -> None:
    """xero.md 6, Envelope and Signature: over the raw bytes."""
    answer = told_by_xero.put({"Name": "A"}, {"Name": "B"})
    first, second = (contact["ContactID"] for contact in answer.json()["Contacts"])

    message = receiver.next()

    digest = hmac.new(KEY.encode(), message.body, hashlib.sha256).digest()
    assert message.headers["x-xero-signature"] == base64.b64encode(digest).decode()
    assert message.document["firstEventSequence"] + 1 == message.document["lastEventSequence"]
    assert len(message.document["entropy"]) == 20
    one, other = events(message)
    # Without zone, to the millisecond, as in xero.md 6.
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", one.pop("eventDateUtc"))
    assert one.pop("resourceUrl").endswith(f"/api.xro/2.0/Contacts/{first}")
    assert one == {
        "resourceId": first,
        "eventType": "CREATE",
        "eventCategory": "CONTACT",
        "tenantId": told_by_xero.endpoint.facts["tenant_id"],
        "tenantType": "ORGANISATION",
    }
    assert other["resourceId"] == second


def test_xero_tells_of_updates_archives_and_screens_but_not_of_equal_writes(
    told_by_xero: Xero, receiver: Receiver
) -> None:
    """xero.md 6: archive is UPDATE; 3: what does not move UpdatedDateUTC shows nowhere."""
    made = told_by_xero.created(Name="A")
    other = told_by_xero.created(Name="B")["ContactID"]
    told_by_xero.updated(ContactID=made["ContactID"], Name="A")
    told_by_xero.updated(ContactID=made["ContactID"], EmailAddress="a@example.com")
    told_by_xero.screen("merge", "ada", loser=made["ContactID"], winner=other)
    quiet(told_by_xero)

    told = [event for message in receiver.all() for event in events(message)]

    assert [(event["eventType"], event["resourceId"]) for event in told] == [
        ("CREATE", made["ContactID"]),
        ("CREATE", other),
        ("UPDATE", made["ContactID"]),
        ("UPDATE", made["ContactID"]),
    ]


def test_a_refused_xero_write_tells_nothing(told_by_xero: Xero, receiver: Receiver) -> None:
    told_by_xero.created(Name="A")
    assert told_by_xero.put({"Name": "B"}, {"Name": "A"}).status_code == 400
    assert quiet(told_by_xero)["delivered"] == 1
    assert len(receiver.all()) == 1


def test_a_dynamics_row_is_one_context_under_its_key(
    told_by_dynamics: Dynamics, receiver: Receiver
) -> None:
    """dataverse.md section 6, Delivery: headers, code in the query, RemoteExecutionContext."""
    row_id = told_by_dynamics.created("accounts", name="A/S", customertypecode=3, creditlimit=5.5)

    message = receiver.next()

    assert message.path == f"/hook?code={KEY}"
    assert message.headers["x-ms-dynamics-organization"] == "localhost"
    assert message.headers["x-ms-dynamics-entity-name"] == "account"
    assert message.headers["x-ms-dynamics-request-name"] == "Create"
    context = message.document
    assert message.headers["x-ms-correlation-request-id"] == context["CorrelationId"]
    assert (context["MessageName"], context["PrimaryEntityName"]) == ("Create", "account")
    assert (context["PrimaryEntityId"], context["Stage"], context["Depth"]) == (row_id, 40, 1)
    who = told_by_dynamics.read("WhoAmI()")
    assert context["InitiatingUserId"] == who["UserId"]
    assert context["OrganizationId"] == who["OrganizationId"]
    contract = "http://schemas.microsoft.com/xrm/2011/Contracts"
    values = attributes(message)
    assert values["name"] == "A/S"
    assert values["customertypecode"] == {"__type": f"OptionSetValue:{contract}", "Value": 3}
    assert values["creditlimit"] == {"__type": f"Money:{contract}", "Value": 5.5}
    assert values["modifiedon"].startswith("/Date(")
    assert b'"A\\/S"' in message.body


def test_a_dynamics_update_names_the_changed_columns_and_a_delete_the_row(
    told_by_dynamics: Dynamics, receiver: Receiver
) -> None:
    """dataverse.md section 6: Update's Target has the changed columns; Delete's is a reference."""
    account = told_by_dynamics.created("accounts", name="A")
    contact = told_by_dynamics.created("contacts", lastname="B")
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    told_by_dynamics.patched(f"contacts({contact})", **bind)
    told_by_dynamics.call("DELETE", f"contacts({contact})")
    quiet(told_by_dynamics)

    *_, update, delete = receiver.all()

    assert update.document["MessageName"] == "Update"
    values = attributes(update)
    assert "lastname" not in values
    assert values["parentcustomerid"]["LogicalName"] == "account"
    assert values["parentcustomerid"]["Id"] == account
    assert delete.document["MessageName"] == "Delete"
    target = delete.document["InputParameters"][0]["value"]
    assert (target["LogicalName"], target["Id"]) == ("contact", contact)


def test_every_row_of_a_bulk_message_is_told_also_equal_ones(
    told_by_dynamics: Dynamics, receiver: Receiver
) -> None:
    """dataverse.md section 3: a bulk message also raises Create and Update per row."""
    kind = "Microsoft.Dynamics.CRM.account"
    targets = [{"@odata.type": kind, "name": name} for name in "ABC"]
    path = "accounts/Microsoft.Dynamics.CRM.CreateMultiple"
    ids = told_by_dynamics.call("POST", path, {"Targets": targets}).json()["Ids"]
    told_by_dynamics.patched(f"accounts({ids[0]})", name="A")
    quiet(told_by_dynamics)

    told = [message.document for message in receiver.all()]

    assert [(one["MessageName"], one["PrimaryEntityId"]) for one in told] == [
        *(("Create", row_id) for row_id in ids),
        ("Update", ids[0]),
    ]


def test_a_silent_receiver_holds_no_write_up(told_by_xero: Xero, receiver: Receiver) -> None:
    receiver.open.clear()
    for name in "ABC":
        assert told_by_xero.created(Name=name)["Name"] == name
    receiver.open.set()

    assert quiet(told_by_xero)["delivered"] == 3


def test_a_receiver_that_is_gone_or_refuses_counts_as_failed(
    dynamics: Dynamics, receiver: Receiver
) -> None:
    with receiving() as gone:
        nowhere = gone.url
    dynamics.control.post("webhooks", {"url": nowhere, "key": KEY})
    dynamics.created("accounts", name="A")
    assert quiet(dynamics)["failed"] == 1

    receiver.status = 401
    dynamics.control.post("webhooks", {"url": receiver.url, "key": KEY})
    dynamics.created("accounts", name="B")
    assert quiet(dynamics)["failed"] == 3


def test_dynamics_tries_once_more_and_only_for_a_gateway_error(
    told_by_dynamics: Dynamics, receiver: Receiver
) -> None:
    """dataverse.md section 6, Delivery: one extra attempt, for 502, 503 and 504 only."""
    for status, attempts in ((503, 2), (500, 1), (200, 1)):
        receiver.status = status
        told_by_dynamics.created("accounts", name="A")
        state = quiet(told_by_dynamics)
        assert len(receiver.all()) == attempts
    assert (state["failed"], state["delivered"], state["waiting"]) == (3, 1, 0)


def test_lost_webhooks_leave_a_gap_in_the_sequence(told_by_xero: Xero, receiver: Receiver) -> None:
    """failures.md 5: a gap of the sequence shows that one was lost."""
    strike(told_by_xero, kind="lose_webhook", times=1)
    told_by_xero.created(Name="A")
    lost = told_by_xero.created(Name="B")
    quiet(told_by_xero)
    strike(told_by_xero, kind="lose_webhook", path="/elsewhere")
    told_by_xero.created(Name="C")

    assert quiet(told_by_xero)["lost"] == 1
    second, third = receiver.all()
    assert events(second)[0]["resourceId"] == lost["ContactID"]
    assert third.document["firstEventSequence"] == second.document["lastEventSequence"] + 1


def test_a_duplicated_webhook_comes_twice_and_byte_for_byte(
    told_by_dynamics: Dynamics, receiver: Receiver
) -> None:
    strike(told_by_dynamics, kind="duplicate_webhook", method="POST", times=1)
    row_id = told_by_dynamics.created("accounts", name="A")
    told_by_dynamics.patched(f"accounts({row_id})", name="B")
    quiet(told_by_dynamics)

    first, again, update = receiver.all()

    assert first.body == again.body
    assert update.document["MessageName"] == "Update"


def test_a_trigger_sends_one_event_that_no_write_caused(
    told_by_xero: Xero, told_by_dynamics: Dynamics, receiver: Receiver
) -> None:
    record = "11111111-2222-3333-4444-555555555555"
    trigger = {"trigger": {"id": record, "action": "create", "event": {"tenantId": "other"}}}
    told_by_xero.control("POST", "webhooks", trigger)
    (event,) = events(receiver.next())
    assert (event["resourceId"], event["eventType"]) == (record, "CREATE")
    assert event["tenantId"] == "other"

    told_by_dynamics.control.post(
        "webhooks", {"trigger": {"id": record, "resource": "contact", "action": "delete"}}
    )
    context = receiver.next().document
    assert (context["MessageName"], context["PrimaryEntityName"]) == ("Delete", "contact")
    assert context["PrimaryEntityId"] == record
    assert told_by_xero.ledger() == []


def test_only_what_is_written_after_subscribing_is_told_and_a_reset_ends_it(
    xero: Xero, receiver: Receiver
) -> None:
    xero.created(Name="Before")
    xero.control("POST", "webhooks", {"url": receiver.url, "key": "old"})
    xero.control("POST", "webhooks", {"url": receiver.url, "key": KEY})
    after = xero.created(Name="After")
    (event,) = events(receiver.next())
    assert event["resourceId"] == after["ContactID"]

    xero.fresh()
    xero.created(Name="Later")

    assert quiet(xero)["subscriptions"] == []
    assert quiet(xero)["delivered"] == 0
    assert receiver.all() == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"url": "http://example.com/", "key": "k"}, "this machine"),
        ({"url": "ftp://127.0.0.1/", "key": "k"}, "this machine"),
        ({"url": "http://[::1", "key": "k"}, "IPv6"),
        ({"url": "http://127.0.0.1/", "key": ""}, "the body is"),
        ({"url": "http://127.0.0.1/"}, "the body is"),
        ({"trigger": {}}, "names the id"),
        ({"trigger": {"id": "x", "action": "merge"}}, "action is one of"),
        ({"trigger": {"id": "x", "event": []}}, "event is an object"),
        ({"trigger": {"id": "x", "colour": "red"}}, "unknown in a trigger"),
    ],
)
def test_senseless_webhook_calls_are_told_what_is_wrong(
    xero: Xero, body: object, words: str
) -> None:
    answer = xero.session.post(f"{xero.url}/_sandbox/webhooks", json=body, timeout=LIMIT_S)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_webhook_answers_match_the_published_schema(
    told_by_dynamics: Dynamics, receiver: Receiver
) -> None:
    control = told_by_dynamics.control
    schema = control.get("schema")
    assert isinstance(schema, dict)
    facts = schema["POST /_sandbox/webhooks"]
    for body in ({"url": receiver.url, "key": KEY}, {"trigger": {"id": "x"}}):
        jsonschema.validate(body, facts["body"])
        jsonschema.validate(control.post("webhooks", body), facts["answer"])
    jsonschema.validate(control.get("webhooks"), schema["GET /_sandbox/webhooks"]["answer"])


def test_a_twin_without_webhooks_says_so(tmp_path: Path, receiver: Receiver) -> None:
    with (
        running(ServeOptions(home=tmp_path, seed=7), TINY_TWINS) as serving,
        caller(serving) as session,
    ):
        answer = session.post(
            f"{serving.dynamics_url}/_sandbox/webhooks", json={"url": receiver.url, "key": "k"}
        )
        assert answer.status_code == 404
        assert "no webhooks" in answer.json()["error"]
        assert Control(session, serving.dynamics_url).get("webhooks")
