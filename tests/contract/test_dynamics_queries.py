"""Query options, paging and annotations, as dataverse.md sections 0 and 2 describe them."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import FORMATTED, Dynamics

ACCOUNTS = (
    {"name": "Alpha", "accountnumber": "A1", "creditlimit": 10.5, "numberofemployees": 3},
    {"name": "beta", "accountnumber": "B2", "creditlimit": 20, "creditonhold": True},
    {"name": "Gamma 100% [x]", "telephone1": "5", "numberofemployees": 7},
    {"name": "O'Neil", "accountnumber": None},
)


@pytest.fixture
def filled(dynamics: Dynamics) -> Dynamics:
    """Return an environment with four accounts."""
    for account in ACCOUNTS:
        dynamics.created("accounts", **account)
    return dynamics


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("name eq 'ALPHA'", ["Alpha"]),
        ("name ne 'alpha'", ["beta", "Gamma 100% [x]", "O'Neil"]),
        ("name eq 'O''Neil'", ["O'Neil"]),
        ("accountnumber eq null", ["Gamma 100% [x]", "O'Neil"]),
        ("accountnumber ne null", ["Alpha", "beta"]),
        ("accountnumber ne 'A1'", ["beta"]),
        ("numberofemployees gt 3", ["Gamma 100% [x]"]),
        ("numberofemployees ge 3 and numberofemployees lt 7", ["Alpha"]),
        ("creditlimit le 10.5", ["Alpha"]),
        ("creditonhold eq true", ["beta"]),
        ("creditonhold", ["beta"]),
        ("startswith(name,'a')", ["Alpha"]),
        ("contains(name,'MM')", ["Gamma 100% [x]"]),
        ("endswith(name,'a') and not contains(name,'lph')", ["beta"]),
        ("not (name eq 'beta' or name eq 'Alpha')", ["Gamma 100% [x]", "O'Neil"]),
        ("contains(name,'a%q')", []),
        ("contains(name,'l%a')", ["Alpha"]),
        ("Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=['alpha','BETA'])",
         ["Alpha", "beta"]),
        ("statecode eq 0 and accountnumber eq accountnumber", ["Alpha", "beta"]),
        ("createdon ge 2020-01-01T00:00:00Z and createdon ge 2020-01-01", [
            "Alpha", "beta", "Gamma 100% [x]", "O'Neil"]),
    ],
)  # fmt: skip
def test_filters_compare_as_the_server_does(
    filled: Dynamics, condition: str, expected: list[str]
) -> None:
    """Section 2, $filter: case-insensitive text, wildcards in functions, null matches nothing."""
    assert filled.names(filter=condition) == expected


def test_a_parameter_alias_stands_for_a_value(filled: Dynamics) -> None:
    """Section 0: aliases work in $filter."""
    answer = filled.call(
        "GET", "accounts", params={"$filter": "name eq @p1", "@p1": "'alpha'", "$select": "name"}
    )

    assert [row["name"] for row in answer.json()["value"]] == ["Alpha"]


def test_an_unterminated_literal_is_refused_in_the_servers_words(filled: Dynamics) -> None:
    """Table of section 0."""
    status, _, message = filled.refused("GET", "accounts", params={"$filter": "name eq 'abc"})

    assert status == 400
    assert message == "There is an unterminated literal at position 12 in 'name eq 'abc'."


@pytest.mark.parametrize(
    ("option", "value"),
    [("$select", "nope"), ("$filter", "nope eq 1"), ("$orderby", "nope"), ("$expand", "nope")],
)
def test_an_unknown_column_is_refused_by_name(dynamics: Dynamics, option: str, value: str) -> None:
    """Table of section 0: Could not find a property named."""
    status, code, message = dynamics.refused("GET", "accounts", params={option: value})

    assert (status, code) == (400, "0x0")
    assert message == (
        "Could not find a property named 'nope' on type 'Microsoft.Dynamics.CRM.account'."
    )


def test_a_lookup_is_selected_by_its_value_name_only(dynamics: Dynamics) -> None:
    """Section 11.9: _xxx_value, not xxx."""
    assert dynamics.refused("GET", "accounts", params={"$select": "primarycontactid"})[0] == 400
    assert dynamics.names(select="_primarycontactid_value") == []


@pytest.mark.parametrize("option", ["$skip", "$search", "$format", "$foo"])
def test_options_dataverse_lacks_are_refused(dynamics: Dynamics, option: str) -> None:
    """Section 0: $skip, $search and $format are not supported."""
    assert dynamics.refused("GET", "accounts", params={option: "1"})[0] == 400


def test_text_and_guid_operands_do_not_mix(dynamics: Dynamics) -> None:
    """OData type rules: a lookup is compared with a GUID without quotes."""
    condition = "_primarycontactid_value eq '11111111-2222-3333-4444-555555555555'"

    status, _, message = dynamics.refused("GET", "accounts", params={"$filter": condition})

    assert status == 400
    assert "incompatible types" in message


def test_rows_can_be_ordered_by_several_columns(filled: Dynamics) -> None:
    """Section 0: $orderby; nulls come first."""
    found = filled.names(orderby="creditonhold desc,accountnumber asc,name desc")

    assert found == ["beta", "O'Neil", "Gamma 100% [x]", "Alpha"]


@pytest.mark.parametrize("order", ["", "name", "name desc", "accountnumber", "accountnumber desc"])
def test_paging_by_next_link_shows_every_row_once(filled: Dynamics, order: str) -> None:
    """Section 2, Queries: follow @odata.nextLink and send the same Prefer."""
    options = {"select": "name", "orderby": order} if order else {"select": "name"}
    page = filled.read("accounts", prefer="odata.maxpagesize=1", **options)
    seen = [row["name"] for row in page["value"]]
    while "@odata.nextLink" in page:
        page = filled.read(page["@odata.nextLink"], prefer="odata.maxpagesize=1")
        seen += [row["name"] for row in page["value"]]

    assert sorted(seen) == sorted(str(account["name"]) for account in ACCOUNTS)
    if order:
        assert seen == filled.names(orderby=order)


def test_the_page_size_is_confirmed_and_the_cookie_counts_pages(filled: Dynamics) -> None:
    """Section 2, Queries: $skiptoken carries pagenumber and istracking."""
    headers = {"Prefer": 'odata.maxpagesize=3,odata.include-annotations="*"'}
    answer = filled.call("GET", "accounts", headers=headers)

    applied = answer.headers["Preference-Applied"]
    assert applied == 'odata.maxpagesize=3,odata.include-annotations="*"'
    link = answer.json()["@odata.nextLink"]
    assert "pagenumber=%222%22" in link
    assert "istracking=%22False%22" in link


def test_top_limits_the_answer_unless_a_page_size_is_asked(filled: Dynamics) -> None:
    """Section 2, Queries: $top together with maxpagesize is ignored."""
    assert len(filled.names(top="2")) == 2
    assert "@odata.nextLink" not in filled.read("accounts", top="2")
    both = filled.read("accounts", prefer="odata.maxpagesize=3", top="2")
    assert len(both["value"]) == 3


def test_counts_come_along_or_alone(filled: Dynamics) -> None:
    """Section 2, $count."""
    page = filled.read("accounts", count="true", top="1", filter="statecode eq 0")
    alone = filled.call("GET", "accounts/$count", params={"$filter": "creditonhold eq true"})

    assert page["@odata.count"] == 4
    assert (alone.text, alone.headers["Content-Type"]) == ("1", "text/plain")


def test_the_key_and_etag_come_with_every_selection(filled: Dynamics) -> None:
    """Section 2, ETag: every row carries @odata.etag."""
    row = filled.read("accounts", select="name", top="1")["value"][0]

    assert set(row) == {"@odata.etag", "name", "accountid"}
    assert row["@odata.etag"].startswith('W/"')


def test_annotations_come_only_when_asked(dynamics: Dynamics) -> None:
    """Section 2, Lookups: FormattedValue, lookuplogicalname, associatednavigationproperty."""
    contact = dynamics.created("contacts", firstname="Ana", lastname="Díaz")
    bind = {"primarycontactid@odata.bind": f"/contacts({contact})"}
    row_id = dynamics.created("accounts", name="A", customertypecode=3, **bind)

    plain = dynamics.read(f"accounts({row_id})")
    rich = dynamics.read(f"accounts({row_id})", prefer='odata.include-annotations="*"')

    assert not any("@Micro" in name or "@OData" in name for name in plain)
    assert rich[f"customertypecode@{FORMATTED}"] == "Customer"
    assert rich[f"_primarycontactid_value@{FORMATTED}"] == "Ana Díaz"
    crm = "_primarycontactid_value@Microsoft.Dynamics.CRM"
    assert rich[f"{crm}.lookuplogicalname"] == "contact"
    assert rich[f"{crm}.associatednavigationproperty"] == "primarycontactid"


def test_annotations_can_be_asked_by_name(dynamics: Dynamics) -> None:
    """Section 2: a list or wildcards."""
    dynamics.created("accounts", name="A", customertypecode=3)

    prefer = f'odata.include-annotations="{FORMATTED}"'
    row = dynamics.read("accounts", prefer=prefer, select="customertypecode,_ownerid_value")
    names = set(row["value"][0])

    assert f"customertypecode@{FORMATTED}" in names
    assert "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname" not in names


def test_related_rows_are_expanded_both_ways(dynamics: Dynamics) -> None:
    """Section 2, $expand: single row, and collection with a next link of its own."""
    account = dynamics.created("accounts", name="A")
    parent = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    first = dynamics.created("contacts", lastname="One", **parent)
    dynamics.created("contacts", lastname="Two", **parent)
    dynamics.patched(
        f"accounts({account})", **{"primarycontactid@odata.bind": f"/contacts({first})"}
    )

    row = dynamics.read(
        f"accounts({account})",
        expand=(
            "primarycontactid($select=fullname;$expand=parentcustomerid_account($select=name)),"
            "contact_customer_accounts($select=fullname;$orderby=fullname desc;$top=1)"
        ),
    )

    assert row["primarycontactid"]["fullname"] == "One"
    assert row["primarycontactid"]["parentcustomerid_account"]["name"] == "A"
    related = row["contact_customer_accounts"]
    assert [contact["fullname"] for contact in related] == ["Two"]
    link = row["contact_customer_accounts@odata.nextLink"]
    assert link.startswith(f"{dynamics.api_url}/accounts({account})/contact_customer_accounts")


def test_a_reference_expand_of_a_collection_is_refused(dynamics: Dynamics) -> None:
    """Table of section 0: 0x80060888."""
    status, code, message = dynamics.refused(
        "GET", "accounts", params={"$expand": "contact_customer_accounts/$ref"}
    )

    assert (status, code) == (400, "0x80060888")
    assert message == "Expand with $ref is only supported on lookup type navigation property."


def test_filters_and_orders_follow_lookups(dynamics: Dynamics) -> None:
    """Section 2, $filter: lookup path."""
    for name, person in (("A", "Zoe"), ("B", "Yan")):
        contact = dynamics.created("contacts", firstname=person)
        bind = {"primarycontactid@odata.bind": f"/contacts({contact})"}
        dynamics.created("accounts", name=name, **bind)

    assert dynamics.names(filter="primarycontactid/fullname eq 'yan'") == ["B"]
    assert dynamics.names(orderby="primarycontactid/fullname") == ["B", "A"]


def test_related_rows_can_be_read_by_path(dynamics: Dynamics) -> None:
    """OData paths: /set(id)/navigation."""
    account = dynamics.created("accounts", name="A")
    parent = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    contact = dynamics.created("contacts", lastname="One", **parent)

    path = f"accounts({account})/contact_customer_accounts"
    assert dynamics.names(path, "fullname") == ["One"]
    parent_row = dynamics.read(f"contacts({contact})/parentcustomerid_account")
    assert parent_row["name"] == "A"


def test_errors_gain_details_when_annotations_are_asked(dynamics: Dynamics) -> None:
    """Section 0, error body."""
    headers = {"Prefer": 'odata.include-annotations="*"'}

    answer = dynamics.call("GET", "accounts", headers=headers, params={"$select": "nope"})

    assert "@Microsoft.PowerApps.CDS.InnerError.Message" in answer.json()["error"]


def test_any_and_all_ask_related_rows(dynamics: Dynamics) -> None:
    """Section 2, $filter: lambda any/all."""
    for name, people in (("A", ("Zoe", "Yan")), ("B", ("Yan",)), ("C", ())):
        account = dynamics.created("accounts", name=name)
        for person in people:
            bind = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
            dynamics.created("contacts", firstname=person, **bind)

    path = "contact_customer_accounts"
    assert dynamics.names(filter=f"{path}/any(c:c/firstname eq 'zoe')") == ["A"]
    assert dynamics.names(filter=f"{path}/all(c:c/firstname eq 'yan')") == ["B", "C"]
    both = f"{path}/any(c:c/firstname eq 'yan' and c/statecode eq 0) and name ne 'A'"
    assert dynamics.names(filter=both) == ["B"]
    deep = f"parentcustomerid_account/{path}/any(c:c/firstname eq 'zoe')"
    assert dynamics.names("contacts", "firstname", filter=deep) == ["Zoe", "Yan"]
