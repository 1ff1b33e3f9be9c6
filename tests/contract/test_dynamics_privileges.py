"""Roles, privileges, impersonation, bypass headers, duplicates: dataverse.md sections 1, 7."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import (
    UNKNOWN,
    Dynamics,
    Json,
    change_set,
    operation,
    statuses,
)

CRM = "Microsoft.Dynamics.CRM"
PERSONS = {"name": "A", "emailaddress1": "a@example.com"}


def me(dynamics: Dynamics) -> str:
    """Return the application's user."""
    return str(dynamics.read("WhoAmI()")["UserId"])


def person(dynamics: Dynamics, name: str) -> Json:
    """Return a person's user row."""
    condition = f"firstname eq '{name}'"
    found: Json = dynamics.read("systemusers", filter=condition)["value"][0]
    return found


def privilege(dynamics: Dynamics, name: str) -> str:
    """Return a privilege's id."""
    return str(dynamics.names("privileges", "privilegeid", filter=f"name eq '{name}'")[0])


def restrict(dynamics: Dynamics, *names: str, depth: str = "Global") -> str:
    """Leave the application a role of a few privileges, and return the role."""
    role = dynamics.created("roles", name="Small")
    given = [{"PrivilegeId": privilege(dynamics, name), "Depth": depth} for name in names]
    path = f"roles({role})/{CRM}.AddPrivilegesRole"
    assert dynamics.call("POST", path, {"Privileges": given}).status_code == 204
    user = me(dynamics)
    association = f"systemusers({user})/systemuserroles_association"
    before = dynamics.names(association, "roleid")
    body = {"@odata.id": f"{dynamics.api_url}/roles({role})"}
    assert dynamics.call("POST", f"{association}/$ref", body).status_code == 204
    for other in before:
        assert dynamics.call("DELETE", f"{association}({other})/$ref").status_code == 204
    return role


def test_a_missing_privilege_is_named(dynamics: Dynamics) -> None:
    """Table of section 0: 403, 0x80040220, the privilege and the table's code in the text."""
    row_id = dynamics.created("accounts", name="A")
    contact = dynamics.created("contacts", lastname="C")
    user = me(dynamics)
    restrict(dynamics, "prvReadAccount", "prvWriteAccount", "prvReadContact", "prvWriteContact")
    path, bind = f"accounts({row_id})", {"primarycontactid@odata.bind": f"/contacts({contact})"}
    exists = {"If-Match": "*"}

    for method, target, body, wanted in (
        ("POST", "accounts", {"name": "B"}, "prvCreateAccount"),
        ("PATCH", f"accounts({UNKNOWN})", {"name": "B"}, "prvCreateAccount"),
        ("DELETE", path, None, "prvDeleteAccount"),
        ("PATCH", path, bind, "prvAppendAccount"),
        ("GET", "transactioncurrencies", None, "prvReadTransactionCurrency"),
        ("GET", "systemusers", None, "prvReadUser"),
        ("GET", "EntityDefinitions", None, "prvReadEntity"),
        ("POST", "PublishAllXml", {}, "prvPublishCustomization"),
        ("POST", "roles", {"name": "x"}, "prvCreateRole"),
    ):
        status, code, message = dynamics.refused(method, target, body)
        assert (status, code) == (403, "0x80040220"), target
        assert f"(Id={user}, type=8) is missing {wanted} privilege (Id=" in message
    assert "on OTC=1 for entity 'account'" in dynamics.refused("POST", "accounts", {})[2]
    assert dynamics.call("PATCH", path, {"name": "B"}, headers=exists).status_code == 204
    assert dynamics.names("accounts") == ["B"]
    targets = [{"@odata.type": f"{CRM}.account", "name": "x"}]
    many = dynamics.refused("POST", f"accounts/{CRM}.CreateMultiple", {"Targets": targets})
    assert "prvCreateAccount" in many[2]
    batch = dynamics.batch(
        change_set(
            operation("PATCH", path, '{"name":"C"}', number=1), operation("DELETE", path, number=2)
        )
    )
    assert statuses(batch) == [403]
    assert dynamics.names("accounts") == ["B"]


def test_basic_reach_ends_at_ones_own_rows(dynamics: Dynamics) -> None:
    """Table of section 0: 0x80048306; section 4: tracking needs reading the whole table."""
    dynamics.track("account")
    own = dynamics.created("accounts", name="Mine")
    answer = dynamics.call("POST", "accounts", {"name": "Hers"}, person="ada")
    other = answer.headers["OData-EntityId"].rpartition("(")[2].rstrip(")")
    user = me(dynamics)
    pointing = ("prvAppendAccount", "prvAppendToAccount")
    restrict(dynamics, "prvReadAccount", "prvWriteAccount", *pointing, depth="Basic")

    assert dynamics.names("accounts") == ["Mine"]
    dynamics.patched(f"accounts({own})", name="Still mine")
    for method, right in (("GET", "Read"), ("PATCH", "Write")):
        status, code, message = dynamics.refused(method, f"accounts({other})", {"name": "x"})
        assert (status, code) == (403, "0x80048306")
        assert message == (
            f"Principal with id {user} does not have {right}Access right(s) for record with id "
            f"{other} of entity account"
        )
    parent = "parentaccountid@odata.bind"
    children = f"accounts({other})/account_parent_account/$ref"
    for method, target, body in (
        ("PATCH", f"accounts({own})", {parent: f"/accounts({other})"}),
        ("POST", children, {"@odata.id": f"accounts({own})"}),
    ):
        refused = dynamics.refused(method, target, body)
        assert refused[:2] == (403, "0x80048306")
        assert "AppendToAccess" in refused[2]
    tracked = {"Prefer": "odata.track-changes"}
    assert dynamics.refused("GET", "accounts", headers=tracked)[0] == 403


def test_privileges_can_be_read(dynamics: Dynamics) -> None:
    """Section 1.3: an administrator has all of them, a role what it was given."""
    row_id = dynamics.created("accounts", name="A")
    user = me(dynamics)
    path = f"systemusers({user})/{CRM}.RetrieveUserPrivileges()"
    everything = {one["PrivilegeName"] for one in dynamics.read(path)["RolePrivileges"]}
    assert {"prvReadAccount", "prvActOnBehalfOfAnotherUser", "prvCreateEntity"} <= everything
    named = f"systemusers({user})/{CRM}.RetrieveUserPrivilegeByPrivilegeName"
    one = dynamics.read(f"{named}(PrivilegeName='prvReadAccount')")["RolePrivileges"][0]
    assert (one["Depth"], one["PrivilegeId"]) == (
        "Global", privilege(dynamics, "prvReadAccount"),
    )  # fmt: skip
    role = restrict(
        dynamics, "prvReadAccount", "prvReadUser", "prvReadRole", "prvWriteRole",
        "prvReadPrivilege",
    )  # fmt: skip

    assert {one["PrivilegeName"] for one in dynamics.read(path)["RolePrivileges"]} == {
        "prvReadAccount", "prvReadUser", "prvReadRole", "prvWriteRole", "prvReadPrivilege",
    }  # fmt: skip
    target = f"{{'@odata.id':'accounts({row_id})'}}"
    access = f"systemusers({user})/{CRM}.RetrievePrincipalAccess(Target=@t)"
    params = {"@t": target}
    answer = dynamics.call("GET", access, params=params)
    assert answer.json()["AccessRights"] == "ReadAccess"
    removed = {"PrivilegeId": privilege(dynamics, "prvReadAccount")}
    taken = dynamics.call("POST", f"roles({role})/{CRM}.RemovePrivilegeRole", removed)
    assert taken.status_code == 204
    left = dynamics.read(f"roles({role})/{CRM}.RetrieveRolePrivilegesRole()")["RolePrivileges"]
    assert "prvReadAccount" not in {one["PrivilegeName"] for one in left}
    assert "prvReadAccount" in dynamics.refused("GET", f"accounts({row_id})")[2]


@pytest.mark.parametrize(
    ("header", "column"),
    [("MSCRMCallerID", "systemuserid"), ("CallerObjectId", "azureactivedirectoryobjectid")],
)
def test_a_call_can_be_made_for_somebody_else(dynamics: Dynamics, header: str, column: str) -> None:
    """Section 7: the row is theirs, the real caller stands behind them."""
    ada, user = person(dynamics, "Ada"), me(dynamics)
    acting = {header: ada[column]}

    assert dynamics.call("GET", "WhoAmI()", headers=acting).json()["UserId"] == ada["systemuserid"]
    assert dynamics.call("POST", "accounts", {"name": "A"}, headers=acting).status_code == 204
    row = dynamics.read("accounts")["value"][0]
    assert row["_createdby_value"] == row["_modifiedby_value"] == ada["systemuserid"]
    assert row["_ownerid_value"] == ada["systemuserid"]
    assert row["_createdonbehalfby_value"] == row["_modifiedonbehalfby_value"] == user
    dynamics.patched(f"accounts({row['accountid']})", name="B")
    row = dynamics.read("accounts")["value"][0]
    assert (row["_modifiedby_value"], row["_modifiedonbehalfby_value"]) == (user, None)
    assert dynamics.control.entries()[0]["actor"] == "connector"
    assert dynamics.refused("GET", "accounts", headers={header: UNKNOWN})[0] == 403


def test_acting_for_others_needs_its_privilege_and_gives_no_more(dynamics: Dynamics) -> None:
    """Section 7: prvActOnBehalfOfAnotherUser; what may be done is what both may."""
    acting = {"MSCRMCallerID": str(person(dynamics, "Ada")["systemuserid"])}
    act = privilege(dynamics, "prvActOnBehalfOfAnotherUser")
    role = restrict(dynamics, "prvReadAccount", "prvWriteRole", "prvReadRole")
    status, code, message = dynamics.refused("GET", "accounts", headers=acting)
    assert (status, code) == (403, "0x8004a110")
    assert "act on behalf" in message
    body = {"Privileges": [{"PrivilegeId": act, "Depth": "Global"}]}
    assert dynamics.call("POST", f"roles({role})/{CRM}.AddPrivilegesRole", body).ok

    assert dynamics.call("GET", "accounts", headers=acting).status_code == 200
    refused = dynamics.refused("POST", "accounts", {"name": "A"}, headers=acting)
    assert "prvCreateAccount" in refused[2]


def test_headers_of_a_batch_reach_its_parts_only_where_the_switch_says(
    dynamics: Dynamics,
) -> None:
    """Switch batch_headers; a part's own headers always count."""
    ada = str(person(dynamics, "Ada")["systemuserid"])
    part = operation("POST", "accounts", "{}", headers=f"MSCRMCallerID: {ada}\n", number=1)
    assert statuses(dynamics.batch(change_set(part))) == [204]
    dynamics.headers["MSCRMCallerID"] = ada
    outer = operation("POST", "accounts", "{}", number=1)
    dynamics.batch(change_set(outer))
    dynamics.switch(batch_headers="inherited")
    dynamics.batch(change_set(outer))
    del dynamics.headers["MSCRMCallerID"]

    makers = dynamics.names("accounts", "_createdby_value")

    assert makers == [ada, me(dynamics), ada]


def test_bypass_headers_need_their_privilege(dynamics: Dynamics) -> None:
    """Section 7: each header with its own privilege; senseless values are refused."""
    logic = {"MSCRM.BypassBusinessLogicExecution": "CustomSync,CustomAsync"}
    plugins = {"MSCRM.BypassCustomPluginExecution": "true"}
    steps = {"MSCRM.BypassBusinessLogicExecutionStepIds": ",".join([UNKNOWN] * 4)}
    flows = {"MSCRM.SuppressCallbackRegistrationExpanderJob": "true"}
    for headers in (logic, plugins, flows):
        assert dynamics.call("POST", "accounts", {}, headers=headers).status_code == 204
    assert dynamics.refused("POST", "accounts", {}, headers=steps)[0] == 400
    wrong = {"MSCRM.BypassBusinessLogicExecution": "Everything"}
    assert dynamics.refused("POST", "accounts", {}, headers=wrong)[0] == 400
    restrict(dynamics, "prvCreateAccount", "prvReadAccount")

    assert (
        "prvBypassCustomBusinessLogic" in dynamics.refused("POST", "accounts", {}, headers=logic)[2]
    )
    assert "prvBypassCustomPlugins" in dynamics.refused("POST", "accounts", {}, headers=plugins)[2]
    assert dynamics.call("POST", "accounts", {}, headers=flows).status_code == 204


def test_duplicates_are_found_where_the_caller_asks(dynamics: Dynamics) -> None:
    """Section 7: off by default over the API; asked for, a published rule refuses by 412."""
    asked = {"MSCRM.SuppressDuplicateDetection": "false"}
    first = dynamics.created("accounts", name="Twin")
    second = dynamics.created("accounts", name="twin")
    wanted = (412, "0x80040333")

    assert dynamics.refused("POST", "accounts", {"name": "TWIN"}, headers=asked)[:2] == wanted
    renamed = dynamics.refused("PATCH", f"accounts({first})", {"name": "twin"}, headers=asked)
    assert renamed[:2] == wanted
    assert dynamics.call("DELETE", f"accounts({second})").status_code == 204
    assert dynamics.call("PATCH", f"accounts({first})", {"fax": "1"}, headers=asked).ok
    assert dynamics.call("POST", "accounts", {"fax": "2"}, headers=asked).status_code == 204
    rule = dynamics.created(
        "duplicaterules", name="fax", baseentityname="account", matchingentityname="account"
    )
    bind = {"regardingobjectid@odata.bind": f"/duplicaterules({rule})"}
    dynamics.created(
        "duplicaterulecondition" + "s", baseattributename="fax", matchingattributename="fax",
        operatorcode=0, **bind,
    )  # fmt: skip
    assert dynamics.call("POST", "accounts", {"fax": "2"}, headers=asked).status_code == 204
    publish = f"duplicaterules({rule})/{CRM}.PublishDuplicateRule"
    assert dynamics.call("POST", publish).json()["JobId"]
    assert dynamics.refused("POST", "accounts", {"fax": "2"}, headers=asked)[:2] == wanted
    assert dynamics.call("POST", publish.replace("Publish", "Unpublish")).status_code == 204
    assert dynamics.call("POST", "accounts", {"fax": "2"}, headers=asked).status_code == 204


def test_rows_behind_others_need_their_own_privilege(dynamics: Dynamics) -> None:
    """Section 1.3: reading and binding a related row is a matter of its own table."""
    account = dynamics.created("accounts", name="A")
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    contact = dynamics.created("contacts", lastname="C", **bind)
    dynamics.patched(
        f"accounts({account})", **{"primarycontactid@odata.bind": f"/contacts({contact})"}
    )
    restrict(dynamics, "prvReadAccount", "prvWriteAccount", "prvMerge")
    path = f"accounts({account})"

    for behind in (
        f"{path}?$expand=primarycontactid", f"{path}/primarycontactid",
        f"{path}/contact_customer_accounts", f"{path}?$expand=contact_customer_accounts",
    ):  # fmt: skip
        assert "prvReadContact" in dynamics.refused("GET", behind)[2], behind
    reference = {"@odata.id": f"contacts({contact})"}
    for target in ("contact_customer_accounts", "primarycontactid"):
        method = "POST" if target.startswith("contact_") else "PUT"
        status, code, _ = dynamics.refused(method, f"{path}/{target}/$ref", reference)
        assert (status, code) == (403, "0x80040220")
    contacts = {"@odata.type": f"{CRM}.contact", "contactid": contact}
    merge = {"Target": contacts, "Subordinate": contacts, "PerformParentingChecks": False}
    assert "prvWriteContact" in dynamics.refused("POST", "Merge", merge)[2]
