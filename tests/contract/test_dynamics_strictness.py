"""Calls a careless client gets away with nowhere: what is not understood is never passed over."""

from __future__ import annotations

import json

import pytest

from tests.contract.dynamics_server import Dynamics, change_set, operation, statuses

CRM = "Microsoft.Dynamics.CRM"
JSON_TYPE = {"Content-Type": "application/json"}


def posted(dynamics: Dynamics, body: bytes, headers: dict[str, str]) -> int:
    """POST bytes as an account and return the status."""
    answer = dynamics.session.post(
        f"{dynamics.api_url}/accounts", data=body, headers=dynamics.headers | headers, timeout=20
    )
    return answer.status_code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "accounts?select=name"),
        ("GET", "accounts?utm_source=x"),
        ("POST", "accounts?Tag=x"),
        ("GET", "?x=1"),
    ],
)
def test_an_unknown_parameter_is_refused(dynamics: Dynamics, method: str, path: str) -> None:
    """Captured in rappen/FetchXMLBuilder#437: code 0x0; a forgotten dollar sign changes nothing."""
    name = path.partition("?")[2].partition("=")[0]

    refused = dynamics.refused(method, path, {"name": "A"} if method == "POST" else None)

    assert refused == (400, "0x0", f"The query parameter {name} is not supported")
    assert dynamics.names() == []


def test_an_option_stands_once_only(dynamics: Dynamics) -> None:
    """Section 0: options of OData 4.0."""
    path = "accounts?$select=name&$select=fax"

    assert "more than once" in dynamics.refused("GET", path)[2]


@pytest.mark.parametrize("option", ["fetchXml", "fetchxml", "sql", "savedQuery", "userQuery"])
def test_other_query_languages_are_refused_wherever_they_stand(
    dynamics: Dynamics, option: str
) -> None:
    """Section 10: ?sql= can return 501; to ignore it would answer another question."""
    account = f"accounts({dynamics.created('accounts', name='A')})"
    for path in ("accounts", "", account, f"{account}/contact_customer_accounts"):
        assert dynamics.refused("GET", f"{path}?{option}=x")[0] == 501, path


@pytest.mark.parametrize(
    "condition",
    [
        f"{CRM}.Between(PropertyName='creditlimit',PropertyValues=['1','2'])",
        f"{CRM}.Today(PropertyName='createdon')",
    ],
)
def test_a_query_function_the_twin_lacks_says_so(dynamics: Dynamics, condition: str) -> None:
    """Section 2, $filter: Dataverse has more than 60 of them; this is no syntax error."""
    assert dynamics.refused("GET", "accounts", params={"$filter": condition})[0] == 501


@pytest.mark.parametrize("other", ["5", "null", "'true'"])
def test_a_test_of_text_is_true_or_false(dynamics: Dynamics, other: str) -> None:
    """Section 2, $filter."""
    condition = {"$filter": f"contains(name,'a') eq {other}"}

    assert dynamics.refused("GET", "accounts", params=condition)[0] == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [("OData-Version", "4.01"), ("OData-Version", "3.0"), ("OData-MaxVersion", "3.0")],
)
def test_only_odata_4_is_spoken(dynamics: Dynamics, name: str, value: str) -> None:
    """Section 0: 4.0, not 4.01; who would take 4.01 as well gets 4.0."""
    assert dynamics.refused("GET", "accounts", headers={name: value})[0] == 400
    fine = {"OData-Version": "4.0", "OData-MaxVersion": "4.01"}
    assert dynamics.call("GET", "accounts", headers=fine).ok


def test_a_body_says_that_it_is_json_and_is_there(dynamics: Dynamics) -> None:
    """Section 0: Content-Type: application/json with a body."""
    row = json.dumps({"name": "A"}).encode()

    assert posted(dynamics, row, {}) == 415
    assert posted(dynamics, b"", JSON_TYPE) == 400
    assert posted(dynamics, b"", {}) == 400
    untyped = operation("POST", "accounts", headers="X: y\n") + row.decode()
    assert statuses(dynamics.batch(untyped)) == [415]
    assert dynamics.names() == []
    assert posted(dynamics, row, {"Content-Type": "Application/JSON; charset=utf-8"}) == 204


@pytest.mark.parametrize("numbers", [(0, 0), (1, 0), (1, 1)])
def test_each_operation_of_a_change_set_has_an_id_of_its_own(
    dynamics: Dynamics, numbers: tuple[int, int]
) -> None:
    """Section 3: a changeset comes with Content-IDs."""
    parts = [operation("POST", "accounts", '{"name":"A"}', number=one) for one in numbers]

    answer = dynamics.batch(change_set(*parts))

    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/json")
    assert dynamics.names() == []


def test_an_address_of_another_server_is_refused(dynamics: Dynamics) -> None:
    """Section 3: parts may carry absolute URLs, of this environment."""
    account = dynamics.created("accounts", name="A")
    foreign = f"https://other.example/api/data/v9.2/accounts({account})"

    assert statuses(dynamics.batch(operation("GET", foreign))) == [400]
    bind = "parentcustomerid_account@odata.bind"
    assert dynamics.refused("POST", "contacts", {"lastname": "L", bind: foreign})[0] == 400
    own = f"{dynamics.api_url}/accounts({account})"
    assert dynamics.created("contacts", lastname="L", **{bind: own})
    assert statuses(dynamics.batch(operation("GET", own))) == [200]


def test_a_count_is_refused_with_tracking(dynamics: Dynamics) -> None:
    """Section 4: only $select and the page size apply."""
    dynamics.track("account")
    headers = {"Prefer": "odata.track-changes"}

    refused = dynamics.refused("GET", "accounts?$select=name&$count=true", headers=headers)

    assert refused[0] == 400
    assert '"$count"' in refused[2]


@pytest.mark.parametrize(
    "path",
    [
        "EntityDefinitions?$top=1",
        "EntityDefinitions?$orderby=LogicalName",
        "EntityDefinitions?$count=true",
        "EntityDefinitions(LogicalName='account')?$filter=LogicalName eq 'contact'",
        "EntityDefinitions(LogicalName='account')/Attributes?$top=1",
        "RelationshipDefinitions?$orderby=SchemaName",
        "GlobalOptionSetDefinitions?$filter=Name eq 'xero_status'",
    ],
)
def test_definitions_are_no_rows(dynamics: Dynamics, path: str) -> None:
    """Section 9: they are selected, expanded and mostly filtered, but not ordered or cut."""
    status, code, message = dynamics.refused("GET", path)

    assert (status, code) == (400, "0x80060888")
    assert message.endswith(" is not supported")


@pytest.mark.parametrize(
    "body",
    [{}, {"ParameterXml": "<importexportxml>"}, {"ParameterXml": "<entities/>"}, {"Parameter": ""}],
)
def test_what_is_published_is_named_in_xml(dynamics: Dynamics, body: dict[str, str]) -> None:
    """Section 9, Form section: ParameterXml."""
    assert dynamics.refused("POST", "PublishXml", body)[0] == 400


def test_an_action_takes_no_parameter_but_its_own(dynamics: Dynamics) -> None:
    """Section 3: CreateMultiple takes Targets."""
    targets = [{"@odata.type": f"{CRM}.account", "name": "A"}]
    path = f"accounts/{CRM}.CreateMultiple"

    assert "'Target'" in dynamics.refused("POST", path, {"Targets": targets, "Target": 1})[2]
    assert dynamics.names() == []


def test_a_column_is_written_by_its_value_alone(dynamics: Dynamics) -> None:
    """Section 2: a body without a value empties nothing."""
    path = f"accounts({dynamics.created('accounts', name='A', telephone1='5')})/telephone1"
    for body in ({}, {"value": "6", "fax": "6"}, {"Value": "6"}):
        assert dynamics.refused("PUT", path, body)[0] == 400
    assert dynamics.read(path)["value"] == "5"


@pytest.mark.parametrize(
    "query", ["$filter=name eq 'B'", "$top=1", "$orderby=name", "$count=true", "$skiptoken=x"]
)
def test_one_row_is_not_filtered_or_cut(dynamics: Dynamics, query: str) -> None:
    """Section 2, Queries: what is ignored would look like an answer."""
    account = f"accounts({dynamics.created('accounts', name='A')})"

    assert "not a collection" in dynamics.refused("GET", f"{account}?{query}")[2]
    assert dynamics.refused("PATCH", f"{account}?{query}", {"name": "B"})[0] == 400
    assert dynamics.refused("POST", f"accounts?{query}", {"name": "C"})[0] == 400
    assert dynamics.names() == ["A"]


def test_changes_are_of_whole_tracked_tables(dynamics: Dynamics) -> None:
    """Section 4: enabled per table; $metadata?annotations=true tells where."""
    dynamics.track("account")
    read = dynamics.read("accounts", prefer="odata.track-changes", select="name")
    token = read["@odata.deltaLink"].partition("$deltatoken=")[2]
    account = f"accounts({dynamics.created('accounts', name='A')})"

    assert dynamics.call("GET", f"accounts/$count?$deltatoken={token}").text == "1"
    for path in ("contacts/$count", account, f"{account}/contact_customer_accounts"):
        assert dynamics.refused("GET", f"{path}?$deltatoken={token}")[0] == 400, path
    told = dynamics.call("GET", "$metadata?annotations=true").text
    tracked = told.partition('<EntitySet Name="accounts"')[2].partition("</EntitySet>")[0]
    assert 'ChangeTracking"><Record><PropertyValue Property="Supported" Bool="true"' in tracked
    assert "ChangeTracking" not in dynamics.call("GET", "$metadata").text
