"""Webhooks registered over the Web API, and the rules of their delivery: dataverse.md section 6."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.dynamics_server import Dynamics, Json
from tests.contract.receiver import LIMIT_S, Message, Receiver, receiving
from tests.contract.test_dynamics_tables import column, made, payment
from tests.waiting import until_idle

XML = '<settings><setting name="X-Key" value="s3cret"/></settings>'
CRM = "Microsoft.Dynamics.CRM"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return somebody who listens."""
    with receiving() as open_receiver:
        yield open_receiver


def endpoint(dynamics: Dynamics, url: str, **changes: object) -> str:
    """Register where messages go."""
    facts: Json = {"name": "W", "contract": 8, "url": url, "authtype": 4, "authvalue": "s3cret"}
    return dynamics.created("serviceendpoints", **facts | changes)


def step(dynamics: Dynamics, endpoint_id: str, message: str, table: str, **changes: object) -> str:
    """Register what is told."""
    condition = f"sdkmessageid/name eq '{message}' and primaryobjecttypecode eq '{table}'"
    found = dynamics.read("sdkmessagefilters", filter=condition)["value"][0]
    body: Json = {
        "name": f"{message} of {table}",
        "mode": 1,
        "stage": 40,
        "rank": 1,
        "supporteddeployment": 0,
        "invocationsource": 0,
        "sdkmessageid@odata.bind": f"/sdkmessages({found['_sdkmessageid_value']})",
        "sdkmessagefilterid@odata.bind": f"/sdkmessagefilters({found['sdkmessagefilterid']})",
        "eventhandler_serviceendpoint@odata.bind": f"/serviceendpoints({endpoint_id})",
    }
    return dynamics.created("sdkmessageprocessingsteps", **body | changes)


def settled(dynamics: Dynamics) -> Json:
    """Wait until nothing is under way and return the counters."""
    return until_idle(lambda: dynamics.control.get("webhooks"), limit_s=LIMIT_S)


def told(dynamics: Dynamics, receiver: Receiver) -> list[Message]:
    """Return what came in."""
    settled(dynamics)
    return receiver.all()


def test_registered_steps_are_told_of_what_they_name(
    dynamics: Dynamics, receiver: Receiver
) -> None:
    """Section 6, Registration: message, table, filtering columns, enabled or not."""
    hook = endpoint(dynamics, receiver.url)
    create = step(dynamics, hook, "Create", "account")
    update = step(dynamics, hook, "Update", "account", filteringattributes="name,telephone1")
    row_id = dynamics.created("accounts", name="A")
    dynamics.created("contacts", lastname="C")
    dynamics.patched(f"accounts({row_id})", fax="1")
    dynamics.patched(f"accounts({row_id})", telephone1="1")
    dynamics.call("DELETE", f"accounts({row_id})")

    first, second = told(dynamics, receiver)

    assert first.path == "/hook?code=s3cret"
    assert (first.document["MessageName"], second.document["MessageName"]) == ("Create", "Update")
    owners = [one.document["OwningExtension"]["Id"] for one in (first, second)]
    assert owners == [create, update]
    dynamics.patched(f"sdkmessageprocessingsteps({create})", statecode=1)
    dynamics.created("accounts", name="B")
    assert told(dynamics, receiver) == []
    dynamics.patched(f"sdkmessageprocessingsteps({create})", statecode=0)
    dynamics.created("accounts", name="C")
    assert len(told(dynamics, receiver)) == 1
    dynamics.call("DELETE", f"sdkmessageprocessingsteps({create})")
    dynamics.created("accounts", name="D")
    assert told(dynamics, receiver) == []


@pytest.mark.parametrize(
    ("authtype", "authvalue", "path", "header"),
    [
        (4, "s3cret", "/hook?code=s3cret", None),
        (5, XML, "/hook", "s3cret"),
        (6, XML, "/hook?X-Key=s3cret", None),
    ],
)
def test_the_key_goes_as_the_endpoint_says_and_is_never_read(
    dynamics: Dynamics, receiver: Receiver, authtype: int, authvalue: str, path: str,
    header: str | None,
) -> None:  # fmt: skip
    """Section 6: WebhookKey, HttpHeader, HttpQueryString; authvalue is write-only."""
    hook = endpoint(dynamics, receiver.url, authtype=authtype, authvalue=authvalue)
    step(dynamics, hook, "Create", "account")
    dynamics.created("accounts", name="A")

    (message,) = told(dynamics, receiver)

    assert message.path == path
    assert message.headers.get("x-key") == header
    row = dynamics.read(f"serviceendpoints({hook})")
    assert (row["authvalue"], row["isauthvalueset"]) == (None, True)
    assert "s3cret" not in str(dynamics.control.entries())


def test_a_message_over_256_kb_is_cut(dynamics: Dynamics, receiver: Receiver) -> None:
    """Section 6, > 256 KB: a header says so; id and table remain, the row does not."""
    attribute = column("Memo", "xero_Long", MaxLength=1048576)
    made(dynamics, "EntityDefinitions(LogicalName='account')/Attributes", attribute)
    step(dynamics, endpoint(dynamics, receiver.url), "Create", "account")
    row_id = dynamics.created("accounts", name="A", xero_long="x" * 300_000)
    dynamics.created("accounts", name="B", xero_long="x" * 100_000)

    cut, whole = told(dynamics, receiver)

    assert cut.headers["x-ms-dynamics-msg-size-exceeded"] == "true"
    assert len(cut.body) < 4096
    assert (cut.document["PrimaryEntityId"], cut.document["PrimaryEntityName"]) == (
        row_id, "account",
    )  # fmt: skip
    dropped = {"ParentContext", "InputParameters", "PreEntityImages", "PostEntityImages"}
    assert not dropped & cut.document.keys()
    assert "x-ms-dynamics-msg-size-exceeded" not in whole.headers
    assert dropped <= whole.document.keys()


@pytest.mark.parametrize(("status", "attempts"), [(503, 2), (502, 2), (500, 1), (404, 1)])
def test_only_a_gateways_fault_earns_one_further_attempt(
    dynamics: Dynamics, receiver: Receiver, status: int, attempts: int
) -> None:
    """Section 6, Receiver contract: exactly one more, and only for 502, 503, 504; then a job."""
    create = step(dynamics, endpoint(dynamics, receiver.url), "Create", "account")
    receiver.status = status
    dynamics.created("accounts", name="A")

    messages = told(dynamics, receiver)

    assert len(messages) == attempts
    assert len({message.body for message in messages}) == 1
    assert settled(dynamics)["failed"] == attempts
    condition = f"statuscode eq 31 and _owningextensionid_value eq {create}"
    jobs = dynamics.names("asyncoperations", "message", filter=condition)
    assert jobs == [f"The webhook answered {status}."]


def test_tags_and_bypass_reach_the_messages_as_the_switches_say(
    dynamics: Dynamics, receiver: Receiver
) -> None:
    """Section 7: ?tag= becomes a shared variable; bypassed steps are silent."""
    create = step(dynamics, endpoint(dynamics, receiver.url), "Create", "account")
    everything = {"MSCRM.BypassBusinessLogicExecution": "CustomAsync"}
    this_step = {"MSCRM.BypassBusinessLogicExecutionStepIds": create}
    dynamics.call("POST", "accounts?tag=dynamics_xero:1", {"name": "A"})
    for headers in (everything, this_step):
        assert dynamics.call("POST", "accounts", {"name": "B"}, headers=headers).ok
    (tagged,) = told(dynamics, receiver)
    assert tagged.document["SharedVariables"] == [{"key": "tag", "value": "dynamics_xero:1"}]

    dynamics.switch(bypass_reaches_webhooks="no", tag_in_webhooks="no")
    dynamics.call("POST", "accounts?tag=x", {"name": "A"}, headers=everything)
    dynamics.call("POST", "accounts", {"name": "A"}, headers=this_step)

    untagged, _ = told(dynamics, receiver)
    assert untagged.document["SharedVariables"] == []


def test_a_message_tells_whom_a_call_was_made_for(dynamics: Dynamics, receiver: Receiver) -> None:
    """Section 7, impersonation: the row's writer is not the caller."""
    hook = endpoint(dynamics, receiver.url)
    made(dynamics, "EntityDefinitions", payment())
    step(dynamics, hook, "Create", "xero_payment")
    ada = dynamics.read("systemusers", filter="firstname eq 'Ada'")["value"][0]["systemuserid"]
    dynamics.call("POST", "xero_payments", {"xero_name": "P"}, headers={"MSCRMCallerID": ada})

    (message,) = told(dynamics, receiver)

    context = message.document
    assert context["PrimaryEntityName"] == "xero_payment"
    assert context["UserId"] == ada
    assert context["InitiatingUserId"] == dynamics.read("WhoAmI()")["UserId"]


def test_endpoints_and_steps_that_cannot_be_are_refused(
    dynamics: Dynamics, receiver: Receiver
) -> None:
    """Section 6, Registration: webhooks only, asynchronous, after the operation."""
    flagged = {"connectionmode": 1, "userclaim": 1, "path": "p", "solutionnamespace": "s"}
    hook = endpoint(dynamics, receiver.url, **flagged)
    path = f"serviceendpoints({hook})"
    for change in ({"authtype": 5}, {"url": "mailto:a"}, {"authvalue": None}):
        assert dynamics.refused("PATCH", path, change)[0] == 400
    assert dynamics.refused("PATCH", path, {"contract": 7})[0] == 501
    create = step(dynamics, hook, "Create", "account")
    path = f"sdkmessageprocessingsteps({create})"
    assert dynamics.refused("PATCH", path, {"mode": 0})[0] == 501
    assert dynamics.refused("PATCH", path, {"stage": 20})[0] == 400
    condition = "sdkmessageid/name eq 'Delete' and primaryobjecttypecode eq 'contact'"
    other = dynamics.names("sdkmessagefilters", "sdkmessagefilterid", filter=condition)[0]
    bind = {"sdkmessagefilterid@odata.bind": f"/sdkmessagefilters({other})"}
    assert dynamics.refused("PATCH", path, bind)[0] == 400
    for columns, status in (("name,primarycontactid", 204), ("name,nope", 400)):
        answer = dynamics.call("PATCH", path, {"filteringattributes": columns})
        assert answer.status_code == status, answer.text


def test_rows_can_be_answered_as_a_hostile_environment_would(dynamics: Dynamics) -> None:
    """Section 8: an add-on's option values; a text that a form requires can be null."""
    row_id = dynamics.created("accounts", name="A", customertypecode=3)
    for kind, expected in (
        ("hostile_enum", ("A", 690970000, 0, 690970000)), ("hostile_null", (None, 3, 0, 1)),
    ):  # fmt: skip
        rules = [{"kind": kind, "path": "/accounts", "times": 2}]
        dynamics.control.post("faults", {"seed": 1, "rules": rules})
        wanted = 'odata.include-annotations="*"'
        listed = dynamics.read("accounts", prefer=wanted)["value"][0]
        single = dynamics.read(f"accounts({row_id})", prefer=wanted)
        for row in (listed, single):
            names = ("name", "customertypecode", "statecode", "statuscode")
            assert tuple(row[name] for name in names) == expected
            if kind == "hostile_enum":
                assert not [name for name in row if name.startswith("customertypecode@")]
        plain = dynamics.read(f"accounts({row_id})")
        assert (plain["name"], plain["customertypecode"]) == ("A", 3)
