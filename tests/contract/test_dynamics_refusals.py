"""Calls that look right and are not: the twin must not be kinder than dataverse.md allows."""

from __future__ import annotations

import json

import pytest

from tests.contract.dynamics_server import UNKNOWN, Dynamics, operation, statuses

CRM = "Microsoft.Dynamics.CRM"
ACCOUNT = "EntityDefinitions(LogicalName='account')"
STALE = {"If-Match": 'W/"1"'}


@pytest.fixture
def account(dynamics: Dynamics) -> str:
    """Return the path of an account with a phone and a primary contact."""
    person = dynamics.created("contacts", lastname="L")
    bind = {"primarycontactid@odata.bind": f"/contacts({person})"}
    return f"accounts({dynamics.created('accounts', name='A', telephone1='5', **bind)})"


def kept(dynamics: Dynamics, path: str) -> bool:
    """Tell whether phone and primary contact are still there."""
    row = dynamics.read(path)
    return row["telephone1"] == "5" and row["_primarycontactid_value"] is not None


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("name", ["telephone1", "primarycontactid/$ref"])
def test_only_put_and_delete_write_one_property(
    dynamics: Dynamics, account: str, method: str, name: str
) -> None:
    """Section 0: 405 where verb and resource do not go together."""
    assert dynamics.refused(method, f"{account}/{name}", {"value": "6"})[0] == 405
    assert kept(dynamics, account)


@pytest.mark.parametrize("name", ["telephone1", "primarycontactid/$ref"])
def test_a_stale_etag_protects_single_properties_too(
    dynamics: Dynamics, account: str, name: str
) -> None:
    """Section 2, ETag: a stale If-Match on DELETE is 412."""
    status, code, _ = dynamics.refused("DELETE", f"{account}/{name}", headers=STALE)

    assert (status, code) == (412, "0x80060882")
    assert kept(dynamics, account)


@pytest.mark.parametrize(
    "path",
    [
        "{}/name/junk",
        "{}/primarycontactid/junk",
        "{}/contact_customer_accounts/junk",
        "{}/name/$ref/junk",
        "accounts/$count/junk",
        f"{ACCOUNT}/Attributes/junk",
        f"{ACCOUNT}/Attributes/{CRM}.NopeAttributeMetadata",
        f"{ACCOUNT}/Attributes(LogicalName='name')/{CRM}.MemoAttributeMetadata",
    ],
)
def test_a_path_that_names_nothing_is_not_found(
    dynamics: Dynamics, account: str, path: str
) -> None:
    """Section 0: 404 not found."""
    assert dynamics.refused("GET", path.format(account))[0] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""),
        ("DELETE", "EntityDefinitions"),
        ("DELETE", f"{ACCOUNT}/Attributes"),
        ("PUT", f"{ACCOUNT}/Keys"),
        ("POST", f"{ACCOUNT}/ManyToOneRelationships"),
    ],
)
def test_definitions_know_their_verbs(dynamics: Dynamics, method: str, path: str) -> None:
    """Section 0: 405."""
    assert dynamics.refused(method, path)[0] == 405


def test_functions_and_actions_know_their_verbs(dynamics: Dynamics) -> None:
    """Microsoft's page of client errors: 404 without a code."""
    for method, path in (
        ("POST", "WhoAmI"),
        ("DELETE", "$metadata"),
        ("GET", "PublishXml"),
        ("GET", "BulkDelete"),
        ("GET", f"accounts/{CRM}.CreateMultiple"),
    ):
        status, code, message = dynamics.refused(method, path)
        assert (status, code) == (404, ""), path
        assert message == (
            f"No HTTP resource was found that matches the request URI '{dynamics.api_url}/{path}'."
        )


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_a_column_is_changed_by_put_only_and_survives_other_verbs(
    dynamics: Dynamics, method: str
) -> None:
    """Section 9: update is PUT of the entire definition."""
    dynamics.add_column("account", type="String", name="xero_id", MaxLength=10)
    path = f"{ACCOUNT}/Attributes(LogicalName='xero_id')"

    assert dynamics.refused(method, path, {"MaxLength": 20})[0] == 405
    assert dynamics.read(path)["MaxLength"] == 10


def test_a_definition_is_never_patched(dynamics: Dynamics) -> None:
    """Section 9: PUT of the entire definition, not of what changes."""
    dynamics.add_column("account", type="String", name="xero_id", MaxLength=10)
    path = f"{ACCOUNT}/Attributes(LogicalName='xero_id')"

    assert dynamics.refused("PUT", path, {"MaxLength": 20})[0] == 400
    assert dynamics.refused("PUT", ACCOUNT, {"ChangeTrackingEnabled": True})[0] == 400
    assert dynamics.read(ACCOUNT)["ChangeTrackingEnabled"] is False


@pytest.mark.parametrize(
    "path",
    [
        "EntityDefinitions?$select=Nope",
        f"{ACCOUNT}?$select=Nope",
        f"{ACCOUNT}?$expand=Attributes($select=Nope)",
        f"{ACCOUNT}/Attributes?$select=MaxLength",
        f"{ACCOUNT}/Attributes(LogicalName='name')?$select=MaxLength",
        f"{ACCOUNT}/Attributes?$expand=Nope",
    ],
)
def test_metadata_has_only_the_properties_of_its_type(dynamics: Dynamics, path: str) -> None:
    """Table of section 0: Could not find a property; a subtype's needs a typed cast (section 9)."""
    status, _, message = dynamics.refused("GET", path)

    assert status == 400
    assert message.startswith("Could not find a property named '")


def test_a_cast_makes_a_subtypes_properties_selectable(dynamics: Dynamics) -> None:
    """Section 10: typed attribute casts."""
    cast = f"{ACCOUNT}/Attributes(LogicalName='name')/{CRM}.StringAttributeMetadata"

    assert dynamics.read(cast, select="MaxLength")["MaxLength"] == 160


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (["address1_line1", "address2_line1"], "1,000 bytes of UTF-16"),
        (["fax", "fax"], "a column twice"),
    ],
)
def test_a_key_holds_at_most_900_bytes(dynamics: Dynamics, columns: list[str], why: str) -> None:
    """Section 2, Key columns."""
    body = {"SchemaName": "xero_key", "KeyAttributes": columns}

    assert dynamics.refused("POST", f"{ACCOUNT}/Keys", body)[0] == 400, why
    assert dynamics.read(f"{ACCOUNT}/Keys")["value"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"nope@odata.type": "#Edm.String"},
        {"primarycontactid@odata.Bind": f"/contacts({UNKNOWN})"},
        {"primarycontactid@ODATA.BIND": f"/contacts({UNKNOWN})"},
    ],
)
def test_a_mistyped_annotation_is_not_passed_over(
    dynamics: Dynamics, account: str, body: dict[str, str]
) -> None:
    """Table of section 0: undeclared property; a bind that binds nothing must not look done."""
    assert dynamics.refused("PATCH", account, body, headers={"If-Match": "*"})[0] == 400


def test_annotations_read_from_a_row_may_be_sent_back(dynamics: Dynamics, account: str) -> None:
    """Section 2, Lookups: they stand beside declared properties."""
    prefer = 'odata.include-annotations="*"'
    row = dynamics.read(account, prefer=prefer, select="_primarycontactid_value,statecode")
    annotations = {name: value for name, value in row.items() if "@" in name}

    assert len(annotations) > 3
    dynamics.patched(account, **annotations)


@pytest.mark.parametrize("address", ["https://[x", "//["])
def test_an_address_that_is_none_is_refused(dynamics: Dynamics, account: str, address: str) -> None:
    """A bind and a batch part: 400, whatever the text."""
    bind = {"primarycontactid@odata.bind": address}

    assert dynamics.refused("PATCH", account, bind, headers={"If-Match": "*"})[0] == 400
    assert statuses(dynamics.batch(operation("GET", address))) == [400]


@pytest.mark.parametrize("top", ["\u00b2", "9" * 5000, "-1", "1.5"])
def test_top_is_a_plain_number(dynamics: Dynamics, top: str) -> None:
    """Section 2, Queries."""
    assert dynamics.refused("GET", "accounts", params={"$top": top})[0] == 400


def test_bodies_are_json_only(dynamics: Dynamics) -> None:
    """Section 0: JSON only."""
    answer = dynamics.session.post(
        f"{dynamics.api_url}/accounts",
        data=json.dumps({"name": "A"}),
        headers={**dynamics.headers, "Content-Type": "text/plain"},
    )

    assert answer.status_code == 415
    assert dynamics.names() == []


def test_bulk_messages_go_by_their_full_name(dynamics: Dynamics) -> None:
    """Section 3: POST /accounts/Microsoft.Dynamics.CRM.CreateMultiple."""
    body = {"Targets": [{"@odata.type": f"{CRM}.account", "name": "A"}]}

    assert dynamics.refused("POST", "accounts/CreateMultiple", body)[0] == 404
    assert dynamics.names() == []


def test_a_row_others_need_cannot_be_deleted(dynamics: Dynamics) -> None:
    """Section 0: 405, CannotDeleteDueToAssociation."""
    query = {"$filter": "isocurrencycode eq 'EUR'"}
    euro = dynamics.call("GET", "transactioncurrencies", params=query).json()["value"][0]
    path = f"transactioncurrencies({euro['transactioncurrencyid']})"
    bind = {"transactioncurrencyid@odata.bind": f"/{path}"}
    row_id = dynamics.created("accounts", name="A", **bind)

    assert dynamics.refused("DELETE", path)[:2] == (405, "0x80040227")
    dynamics.call("DELETE", f"accounts({row_id})")
    assert dynamics.call("DELETE", path).status_code == 204


NESTED = "account_parent_account("


@pytest.mark.parametrize(
    "expand",
    [
        "primarycontactid/lastname",
        "primarycontactid($filter=lastname eq 'L')",
        "primarycontactid($top=1)",
        "account_parent_account($select=nope)",
        "account_parent_account($filter=nope eq 1)",
        "account_parent_account($top=1;$expand=contact_customer_accounts)",
        "account_parent_account($expand=contact_customer_accounts($orderby=lastname))",
        f"{NESTED}$expand=" * 15 + "account_parent_account" + ")" * 15,
    ],
)
def test_an_expand_is_checked_even_where_no_row_follows_it(dynamics: Dynamics, expand: str) -> None:
    """Section 2, $expand: 15 in all, no $orderby or $top with nested collections."""
    assert dynamics.refused("GET", "accounts", params={"$expand": expand})[0] == 400


def test_columns_of_different_types_are_not_compared(dynamics: Dynamics) -> None:
    """Section 2, $filter: column-to-column compare, of one type."""
    status, _, message = dynamics.refused(
        "GET", "accounts", params={"$filter": "name eq numberofemployees"}
    )

    assert status == 400
    assert "'Edm.String' and 'Edm.Int32'" in message


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("name eq '\u00c9CLAIR [A] 5'", True),
        ("name ne '\u00c9CLAIR [A] 5'", False),
        ("contains(name,'\u00e9cLAIR')", True),
        ("contains(name,'r [[]A')", True),
        ("contains(name,'[a-c]] 5')", True),
        ("contains(name,'[^a-c]] 5')", False),
        ("startswith(name,'[\u00e9x]cl')", True),
        ("contains(name,'[5]')", True),
        ("contains(name,'[A]')", True),
        ("contains(name,'[xyz]')", False),
        (f'{CRM}.In(PropertyName=\'name\',PropertyValues=["\u00c9clair [a] 5","x"])', True),
        (f"{CRM}.NotIn(PropertyName='name',PropertyValues=[\"\u00c9clair [a] 5\"])", False),
    ],
)
def test_text_is_matched_as_the_server_matches_it(
    dynamics: Dynamics, condition: str, found: object
) -> None:
    """Section 2, $filter: case-insensitive beyond ASCII; `[]` is a wildcard too."""
    dynamics.created("accounts", name="\u00c9clair [a] 5")
    dynamics.created("accounts", accountnumber="N")

    assert (dynamics.names(filter=condition) == ["\u00c9clair [a] 5"]) is found


def test_changes_are_counted_without_a_filter(dynamics: Dynamics) -> None:
    """Section 4: other options are rejected, the count's too."""
    dynamics.track("account")
    prefer = "odata.track-changes"
    link = dynamics.read("accounts", prefer=prefer, select="name")["@odata.deltaLink"]
    counted = link.replace("accounts?", "accounts/$count?")

    assert dynamics.call("GET", counted).text == "0"
    assert "$filter" in dynamics.refused("GET", f"{counted}&$filter=name eq 'A'")[2]


def test_an_id_of_null_is_no_id(dynamics: Dynamics) -> None:
    """Section 2, Create: the client may choose an id; null chooses none."""
    first = dynamics.created("accounts", name="A", accountid=None)
    second = dynamics.created("accounts", name="B", accountid=None)

    assert len({first, second, "None", "null"}) == 4


@pytest.mark.parametrize("day", ["2020-12-01T10:00:00Z", "20201201", "2020-12-01 10:00"])
def test_a_day_carries_no_time(dynamics: Dynamics, day: str) -> None:
    """Section 8, DateTime: DateOnly columns read and write YYYY-MM-DD."""
    status, _, message = dynamics.refused("POST", "contacts", {"lastname": "L", "birthdate": day})

    assert (status, message.endswith("'Edm.Date'.")) == (400, True)
