"""Tables, relationships, global choices and solutions by metadata: dataverse.md section 9."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import Dynamics, Json, change_set, operation, statuses

CRM = "Microsoft.Dynamics.CRM"
PAYMENT = "EntityDefinitions(LogicalName='xero_payment')"
RELATIONSHIPS = "RelationshipDefinitions"


def label(text: str) -> Json:
    """Return a label in English."""
    return {"LocalizedLabels": [{"Label": text, "LanguageCode": 1033}]}


def column(kind: str, name: str, **more: object) -> Json:
    """Return a column's definition."""
    return {"@odata.type": f"{CRM}.{kind}AttributeMetadata", "SchemaName": name, **more}


def payment(**changes: object) -> Json:
    """Return the definition of a custom table."""
    name = column("String", "xero_Name", MaxLength=100, IsPrimaryName=True)
    return {
        "@odata.type": f"{CRM}.EntityMetadata",
        "SchemaName": "xero_Payment",
        "DisplayName": label("Payment"),
        "DisplayCollectionName": label("Payments"),
        "OwnershipType": "UserOwned",
        "Attributes": [name, column("Money", "xero_Amount", Precision=2)],
        **changes,
    }


def relationship(**changes: object) -> Json:
    """Return the definition of a lookup from payment to account."""
    return {
        "@odata.type": f"{CRM}.OneToManyRelationshipMetadata",
        "SchemaName": "xero_account_payments",
        "ReferencedEntity": "account",
        "ReferencingEntity": "xero_payment",
        "Lookup": column("Lookup", "xero_AccountId", DisplayName=label("Account")),
        **changes,
    }


def made(dynamics: Dynamics, path: str, body: Json, *, solution: str = "") -> str:
    """Create a piece of metadata and return its address."""
    headers = {"MSCRM.SolutionUniqueName": solution} if solution else {}
    answer = dynamics.call("POST", path, body, headers=headers)
    assert answer.status_code == 204, answer.text
    return answer.headers["OData-EntityId"]


@pytest.fixture
def paid(dynamics: Dynamics) -> Dynamics:
    """Return an environment with payments that point at accounts."""
    made(dynamics, "EntityDefinitions", payment())
    made(dynamics, RELATIONSHIPS, relationship())
    return dynamics


def test_a_new_tables_rows_are_usable_at_once(dynamics: Dynamics) -> None:
    """Section 9, Tables: 204 with its address; every kind of row call works on it."""
    address = made(dynamics, "EntityDefinitions", payment(ChangeTrackingEnabled=True))
    table = dynamics.read(address)
    assert (table["LogicalName"], table["EntitySetName"]) == ("xero_payment", "xero_payments")
    assert (table["PrimaryIdAttribute"], table["PrimaryNameAttribute"]) == (
        "xero_paymentid", "xero_name",
    )  # fmt: skip
    assert table["IsCustomEntity"] is True
    assert table["ObjectTypeCode"] >= 10_000

    delta = dynamics.read("xero_payments", prefer="odata.track-changes")["@odata.deltaLink"]
    row_id = dynamics.created("xero_payments", xero_name="P1", xero_amount=12.34)
    dynamics.patched(f"xero_payments({row_id})", xero_amount=20, statecode=1)
    targets = [{"@odata.type": f"{CRM}.xero_payment", "xero_name": f"P{n}"} for n in (2, 3)]
    bulk = dynamics.call("POST", f"xero_payments/{CRM}.CreateMultiple", {"Targets": targets})
    assert bulk.status_code == 200, bulk.text
    batch = dynamics.batch(
        change_set(operation("POST", "xero_payments", '{"xero_name":"P4"}', number=1))
    )
    assert statuses(batch) == [204]
    assert dynamics.names("xero_payments", "xero_name", filter="xero_amount eq null") == [
        "P2", "P3", "P4",
    ]  # fmt: skip
    row = dynamics.read(f"xero_payments({row_id})", prefer='odata.include-annotations="*"')
    assert (row["xero_amount"], row["statuscode"]) == (20.0, 2)
    assert row["_ownerid_value"] == dynamics.read("WhoAmI()")["UserId"]
    assert len(dynamics.read(delta)["value"]) == 4
    assert dynamics.control.entries()[0]["resource"] == "xero_payment"
    assert len(dynamics.control.rows("xero_payment")) == 4


def test_a_table_is_renamed_and_deleted_with_all_it_holds(paid: Dynamics) -> None:
    """Section 9: a definition is put whole; a deleted table is nowhere any more."""
    paid.created("xero_payments", xero_name="P")
    whole = {**paid.read(PAYMENT), "DisplayName": label("Receipt")}
    assert paid.call("PUT", PAYMENT, whole).status_code == 204
    shown = paid.read(PAYMENT)["DisplayName"]["UserLocalizedLabel"]["Label"]
    assert shown == "Receipt"

    assert paid.call("DELETE", PAYMENT, headers={"If-Match": "*"}).status_code == 204

    assert paid.refused("GET", "xero_payments")[0] == 404
    assert paid.refused("GET", PAYMENT)[0] == 404
    assert paid.names(RELATIONSHIPS, "SchemaName", filter="IsCustomRelationship eq true") == []
    made(paid, "EntityDefinitions", payment())
    assert paid.names("xero_payments", "xero_name") == []
    assert paid.refused("DELETE", "EntityDefinitions(LogicalName='account')")[0] == 400


def test_tables_that_cannot_be_are_refused(paid: Dynamics) -> None:
    """Section 9: names need a prefix, exactly one primary name, no second table of a name."""
    wrong: tuple[Json, ...] = (
        {"SchemaName": "Payment"}, {"Attributes": []}, {"SchemaName": "xero_PAYMENT"},
        {"SchemaName": "xero_Other", "EntitySetName": "accounts"},
        {"SchemaName": "xero_Other", "Attributes": [column("Memo", "xero_M", IsPrimaryName=True)]},
    )  # fmt: skip
    for changes in wrong:
        assert paid.refused("POST", "EntityDefinitions", payment(**changes))[0] == 400
    assert paid.refused("POST", "EntityDefinitions", payment(OwnershipType="None"))[0] == 400
    assert paid.refused("PATCH", PAYMENT, {})[0] == 405


def test_a_lookup_leads_both_ways_under_its_schema_name(paid: Dynamics) -> None:
    """Section 2, Lookups: custom navigation is written by SchemaName, case-sensitive."""
    account = paid.created("accounts", name="A")
    bind = {"xero_AccountId@odata.bind": f"/accounts({account})"}
    row_id = paid.created("xero_payments", xero_name="P", **bind)

    wrong = {"xero_accountid@odata.bind": f"/accounts({account})"}
    assert paid.refused("POST", "xero_payments", wrong)[0] == 400
    expanded = paid.read("xero_payments", expand="xero_AccountId($select=name)")["value"][0]
    assert expanded["xero_AccountId"]["name"] == "A"
    assert paid.names(f"accounts({account})/xero_account_payments", "xero_name") == ["P"]
    many = paid.read(f"accounts({account})", expand="xero_account_payments($select=xero_name)")
    assert [one["xero_name"] for one in many["xero_account_payments"]] == ["P"]
    assert paid.names("xero_payments", "xero_name", filter="xero_AccountId/name eq 'a'") == ["P"]
    assert paid.call("DELETE", f"accounts({account})").status_code == 204
    assert paid.read(f"xero_payments({row_id})")["_xero_accountid_value"] is None


@pytest.mark.parametrize(
    ("on_delete", "status", "left"), [("Cascade", 204, []), ("Restrict", 405, ["P"])]
)
def test_a_deleted_row_does_what_the_relationship_says(
    dynamics: Dynamics, on_delete: str, status: int, left: list[str]
) -> None:
    """Section 0: CannotDeleteDueToAssociation is 405."""
    made(dynamics, "EntityDefinitions", payment())
    made(dynamics, RELATIONSHIPS, relationship(CascadeConfiguration={"Delete": on_delete}))
    account = dynamics.created("accounts", name="A")
    bind = {"xero_AccountId@odata.bind": f"/accounts({account})"}
    dynamics.created("xero_payments", xero_name="P", **bind)

    assert dynamics.call("DELETE", f"accounts({account})").status_code == status
    assert dynamics.names("xero_payments", "xero_name") == left


def test_a_relationship_is_read_changed_and_deleted_with_its_column(paid: Dynamics) -> None:
    """Section 9, Lookup: RelationshipDefinitions by id and by name."""
    found = paid.read(RELATIONSHIPS, filter="SchemaName eq 'xero_account_payments'")["value"][0]
    assert found["@odata.type"] == f"#{CRM}.OneToManyRelationshipMetadata"
    assert found["ReferencingEntityNavigationPropertyName"] == "xero_AccountId"
    assert found["CascadeConfiguration"]["Delete"] == "RemoveLink"
    path = f"{RELATIONSHIPS}(SchemaName='xero_account_payments')"
    cascades = {"CascadeConfiguration": {"Delete": "Restrict"}}
    assert paid.call("PUT", path, {**found, **cascades}).status_code == 204
    assert paid.read(path)["CascadeConfiguration"]["Delete"] == "Restrict"
    attribute = f"{PAYMENT}/Attributes(LogicalName='xero_accountid')"
    assert paid.read(attribute)["Targets"] == ["account"]
    assert paid.refused("DELETE", attribute)[0] == 400

    address = f"{RELATIONSHIPS}({found['MetadataId']})"
    assert paid.call("DELETE", address).status_code == 204

    assert paid.refused("GET", attribute)[0] == 404
    assert paid.refused("GET", address)[0] == 404
    shipped = f"{RELATIONSHIPS}(SchemaName='account_primary_contact')"
    assert paid.refused("DELETE", shipped)[0] == 400
    many = {"@odata.type": f"{CRM}.ManyToManyRelationshipMetadata", "SchemaName": "xero_a_b"}
    assert paid.refused("POST", RELATIONSHIPS, many)[0] == 501


def test_a_customer_column_has_a_navigation_for_each_target(paid: Dynamics) -> None:
    """Section 2, Lookups: polymorphic ones are split per target."""
    pairs = [
        {**relationship(SchemaName=f"xero_{one}_payers", ReferencedEntity=one), "Lookup": None}
        for one in ("account", "contact")
    ]
    body = {"Lookup": column("Lookup", "xero_PayerId"), "OneToManyRelationships": pairs}
    answer = paid.call("POST", "CreateCustomerRelationships", body)
    assert len(answer.json()["RelationshipIds"]) == 2
    contact = paid.created("contacts", lastname="C")

    bind = {"xero_PayerId_contact@odata.bind": f"/contacts({contact})"}
    paid.created("xero_payments", xero_name="P", **bind)

    assert paid.names(f"contacts({contact})/xero_contact_payers", "xero_name") == ["P"]
    assert paid.call("DELETE", f"{RELATIONSHIPS}(SchemaName='xero_account_payers')").ok
    assert paid.refused("GET", f"{PAYMENT}/Attributes(LogicalName='xero_payerid')")[0] == 404


def test_a_global_choice_is_shared_by_columns_and_may_lose_an_option(paid: Dynamics) -> None:
    """Section 9, Global choice; a removed option stays in rows as a number without a label."""
    options = [{"Value": 727000000 + n, "Label": label(f"S{n}")} for n in range(2)]
    kind = f"{CRM}.OptionSetMetadata"
    body = {"@odata.type": kind, "Name": "xero_state", "Options": options}
    address = made(paid, "GlobalOptionSetDefinitions", body)
    bind = {"GlobalOptionSet@odata.bind": address.partition("v9.2")[2]}
    for table in ("account", "xero_payment"):
        path = f"EntityDefinitions(LogicalName='{table}')/Attributes"
        made(paid, path, column("Picklist", "xero_State", **bind))
    shown = f"{PAYMENT}/Attributes(LogicalName='xero_state')/{CRM}.PicklistAttributeMetadata"
    found = paid.read(shown, expand="OptionSet,GlobalOptionSet")
    assert found["GlobalOptionSet"]["MetadataId"] == paid.read(address)["MetadataId"]
    assert found["OptionSet"]["IsGlobal"] is True

    new = {"OptionSetName": "xero_state", "Value": 727000005, "Label": label("New")}
    answer = paid.call("POST", "InsertOptionValue", new)
    assert answer.json()["NewOptionValue"] == 727000005
    row_id = paid.created("accounts", name="A", xero_state=727000005)
    gone = {"OptionSetName": "xero_state", "Value": 727000005}
    assert paid.call("POST", "DeleteOptionValue", gone).status_code == 204
    row = paid.read(f"accounts({row_id})", prefer='odata.include-annotations="*"')
    assert row["xero_state"] == 727000005
    assert not [name for name in row if name.startswith("xero_state@")]
    assert paid.refused("POST", "accounts", {"xero_state": 727000005})[0] == 400
    assert paid.refused("DELETE", address)[0] == 400


def test_components_land_in_the_solution_that_the_header_names(dynamics: Dynamics) -> None:
    """Sections 7 and 9: publisher, solution, MSCRM.SolutionUniqueName, AddSolutionComponent."""
    publisher = dynamics.created(
        "publishers", friendlyname="Us", uniquename="us", customizationprefix="xero",
        customizationoptionvalueprefix=72700,
    )  # fmt: skip
    names: Json = {"friendlyname": "Ours", "uniquename": "ours", "version": "1.0.0.0"}
    bind = {"publisherid@odata.bind": f"publishers({publisher})"}
    solution = dynamics.created("solutions", **names, **bind)
    made(dynamics, "EntityDefinitions", payment(), solution="ours")
    made(dynamics, RELATIONSHIPS, relationship(), solution="ours")
    account = dynamics.read("EntityDefinitions(LogicalName='account')")["MetadataId"]
    added = {"ComponentId": account, "ComponentType": 1, "SolutionUniqueName": "ours"}
    again = dynamics.call("POST", "AddSolutionComponent", added | {"AddRequiredComponents": False})
    assert again.json()["id"]

    def types() -> list[int]:
        rows = dynamics.read("solutioncomponents", filter=f"_solutionid_value eq {solution}")
        return sorted(row["componenttype"] for row in rows["value"])

    assert types() == [1, 1, 2, 10]
    assert dynamics.call("DELETE", PAYMENT).status_code == 204
    assert types() == [1]
    assert dynamics.call("POST", "RemoveSolutionComponent", added).status_code == 200
    assert types() == []
    assert dynamics.refused("POST", "solutions", {**names, **bind})[0] == 400
    assert dynamics.refused("POST", "solutions", {**names, "uniquename": "other"})[0] == 400
    lost = {"MSCRM.SolutionUniqueName": "nobody"}
    assert dynamics.refused("POST", "EntityDefinitions", payment(), headers=lost)[0] == 400
    assert dynamics.refused("GET", PAYMENT)[0] == 404


def test_new_columns_and_tables_show_after_a_while_where_the_switch_says(
    dynamics: Dynamics,
) -> None:
    """Switch metadata_lag_s; Consistency: Strong forces fresh (section 2)."""
    dynamics.switch(metadata_lag_s="30")
    made(dynamics, "EntityDefinitions", payment())
    attributes = "EntityDefinitions(LogicalName='account')/Attributes"
    made(dynamics, attributes, column("String", "xero_Id"))
    strong = {"Consistency": "Strong"}

    assert dynamics.refused("GET", "accounts?$top=1&$select=xero_id")[0] == 400
    assert dynamics.refused("POST", "accounts", {"xero_id": "1"})[0] == 400
    assert dynamics.refused("GET", "xero_payments")[0] == 404
    assert dynamics.call("GET", "accounts?$select=xero_id", headers=strong).status_code == 200
    assert dynamics.names(attributes, "LogicalName", filter="IsCustomAttribute eq true")
    assert dynamics.created("accounts", name="A")
    dynamics.control.post("clock", {"advance_s": 31})
    dynamics.sign_in()
    assert dynamics.created("accounts", xero_id="1")
    assert dynamics.names("xero_payments") == []


def test_bulk_messages_are_found_out_by_their_filters(dynamics: Dynamics) -> None:
    """Section 3, Bulk: not every table has them; sdkmessagefilters tells."""
    condition = "sdkmessageid/name eq 'CreateMultiple' and primaryobjecttypecode eq 'account'"

    assert len(dynamics.names("sdkmessagefilters", "sdkmessagefilterid", filter=condition)) == 1
    dynamics.switch(bulk_messages="off")
    assert dynamics.names("sdkmessagefilters", "sdkmessagefilterid", filter=condition) == []
