"""Calls no decent client makes are refused as the caller's fault, never as a defect."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import Dynamics, Json
from tests.contract.test_dynamics_tables import column, payment, relationship

CRM = "Microsoft.Dynamics.CRM"
ODD: tuple[object, ...] = (None, 5, "", "\ud800", [], [None], {"a": 1}, 10**30)
CHOICE = {"@odata.type": f"{CRM}.OptionSetMetadata", "Name": "xero_s", "Options": [{"Value": 1}]}
PAIR = [relationship(SchemaName=f"xero_{one}s", ReferencedEntity=one) for one in
        ("account", "contact")]  # fmt: skip
CUSTOMISING: tuple[tuple[str, Json], ...] = (
    ("EntityDefinitions", payment(SchemaName="xero_Other")),
    ("CreateEntities", {"Entities": [payment(SchemaName="xero_Third")]}),
    ("RelationshipDefinitions", relationship(CascadeConfiguration={"Delete": "Cascade"})),
    (
        "CreateCustomerRelationships",
        {"Lookup": column("Lookup", "xero_P"), "OneToManyRelationships": PAIR},
    ),
    ("GlobalOptionSetDefinitions", CHOICE),
    ("InsertOptionValue", {"OptionSetName": "xero_s", "Value": 7, "Label": {}}),
    ("UpdateOptionValue", {"OptionSetName": "xero_s", "Value": 1, "Label": {}}),
    (
        "DeleteOptionValue",
        {"EntityLogicalName": "account", "AttributeLogicalName": "x", "Value": 1},
    ),
    (
        "AddSolutionComponent",
        {"ComponentId": "x", "ComponentType": 1, "SolutionUniqueName": "Default"},
    ),
    ("ReactivateEntityKey", {"EntityLogicalName": "account", "EntityKeyLogicalName": "x"}),
    (
        "EntityDefinitions(LogicalName='account')/Attributes",
        {**column("Picklist", "xero_Z"), "GlobalOptionSet@odata.bind": "/x(y)"},
    ),
    ("serviceendpoints", {"name": "W", "contract": 8, "url": "http://a/", "authvalue": "<a/>"}),
    ("sdkmessageprocessingsteps", {"name": "a", "mode": 1, "stage": 40}),
    ("publishers", {"friendlyname": "a", "uniquename": "b", "customizationprefix": "abc"}),
)
DEEP = "(" * 5000 + "name eq 'a'" + ")" * 5000


@pytest.mark.parametrize(
    "condition",
    [
        DEEP, "not " * 5000 + "statecode eq 9", " or ".join(["name eq 'a'"] * 501), "name eq", "eq",
        "name eq 'a' or", "numberofemployees gt 99999999999999999999999 and name", "contains(name)",
        "createdon gt 2026-13-41", "createdon gt 0001-01-01T00:00:00Z", "name/x eq 1", "@p eq 1",
        "name eq 'a'; DROP TABLE row_account", "contact_customer_accounts/any(c:x)", "1 eq 1",
        "Microsoft.Dynamics.CRM.In(x)", "\x00",
    ],
)  # fmt: skip
def test_a_filter_that_is_none_is_a_bad_request(dynamics: Dynamics, condition: str) -> None:
    """Section 0: 400 for what cannot be understood; at most 500 conditions."""
    answer = dynamics.call("GET", "accounts", params={"$filter": condition})

    assert answer.status_code in (200, 400, 414), answer.text
    if answer.status_code == 200:
        assert answer.json()["value"] == []


@pytest.mark.parametrize(
    "path",
    [
        "accounts(1)", "accounts(", "accounts(name=')", "accounts()", "accounts(a=b,c)",
        "accounts?$top=-1", "accounts?$count=maybe", "accounts?$skiptoken=x", "$batch",
        "accounts?$deltatoken=9999999999999999999999!01%2F01%2F2026%2000%3A00%3A00",
        "accounts?$expand=contact_customer_accounts($foo=1)", "accounts/nope", "EntityDefinitions(",
        "EntityDefinitions(LogicalName='account')/Nope", "accounts('%27)/x/y", "accounts?$select='",
        "EntityDefinitions?$filter=ObjectTypeCode%20gt%201", "%24metadata/x/(",
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere_is_the_callers_fault(dynamics: Dynamics, path: str) -> None:
    """Section 0: 400, 404 and 405 by error name."""
    dynamics.track("account")

    assert dynamics.call("GET", path).status_code in (200, 400, 404, 405)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"name": "\\ud800"}',
        b'{"name": {"a": 1}}', b'{"creditlimit": 1e400}', b'{"creditlimit": NaN}',
        b'{"primarycontactid@odata.bind": 5}', b'{"primarycontactid@odata.bind": "x"}',
        b'{"primarycontactid@odata.bind": "/accounts"}', b'{"numberofemployees": 1e30}',
        b'{"overriddencreatedon": "0001-01-01T00:00:00+14:00"}', b'{"accountid": "1"}',
        b'{"primarycontactid": {"lastname": "a"}}', b'{"name@odata.bind": null}',
    ],
)  # fmt: skip
def test_a_body_that_is_no_row_is_the_callers_fault(dynamics: Dynamics, body: bytes) -> None:
    """Section 0: 400 for payloads, one that is not there among them."""
    headers = {**dynamics.headers, "Content-Type": "application/json"}
    url = f"{dynamics.api_url}/accounts"

    answer = dynamics.session.post(url, data=body, headers=headers, timeout=20)

    assert answer.status_code in {400, 404, 501}, answer.text


@pytest.mark.parametrize(
    "body", [b"--b", b"--b\n\nx\n--b--", b"--b\nContent-Type: application/http\n\n\xff\n--b--"]
)
def test_a_batch_that_is_none_is_the_callers_fault(dynamics: Dynamics, body: bytes) -> None:
    """Section 3: a malformed batch is a plain 400."""
    headers = {**dynamics.headers, "Content-Type": "multipart/mixed; boundary=b"}

    answer = dynamics.session.post(f"{dynamics.api_url}/$batch", data=body, headers=headers)

    assert answer.status_code == 400


@pytest.mark.parametrize(("path", "body"), CUSTOMISING, ids=[path for path, _ in CUSTOMISING])
def test_odd_values_in_customising_are_the_callers_fault(
    dynamics: Dynamics, path: str, body: Json
) -> None:
    """Section 0: 400 for payloads, 501 for what the twin does not offer; nothing breaks."""
    dynamics.call("POST", "EntityDefinitions", payment())
    dynamics.call("POST", "GlobalOptionSetDefinitions", CHOICE)
    odd: list[Json] = [{}, *({**body, name: value} for name in body for value in ODD)]

    answers = [dynamics.call("POST", path, each).status_code for each in odd]

    assert set(answers) <= {200, 204, 400, 404, 501}
    assert len({200, 204} & set(answers)) < len(set(answers))


@pytest.mark.parametrize("value", ["", "x", ",,", "5" * 500])
def test_odd_headers_are_the_callers_fault(dynamics: Dynamics, value: str) -> None:
    """Section 7: a header is understood or refused."""
    for name in (
        "MSCRMCallerID", "CallerObjectId", "MSCRM.BypassBusinessLogicExecution",
        "MSCRM.BypassBusinessLogicExecutionStepIds", "MSCRM.BypassCustomPluginExecution",
        "MSCRM.SuppressDuplicateDetection", "MSCRM.SolutionUniqueName", "Consistency",
    ):  # fmt: skip
        answer = dynamics.call("POST", "accounts", {"name": "A"}, headers={name: value})
        assert answer.status_code in (204, 400, 403), name
