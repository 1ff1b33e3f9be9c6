"""Metadata read and columns made, as dataverse.md sections 8, 9 and 10 describe it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.contract.dynamics_server import Dynamics, change_set, operation

ACCOUNT = "EntityDefinitions(LogicalName='account')"
LABEL = {"LocalizedLabels": [{"Label": "Xero Status", "LanguageCode": 1033}]}


def test_a_table_is_found_by_its_logical_name(dynamics: Dynamics) -> None:
    """Section 10: what the official client asks first for every table."""
    table = dynamics.read(
        "EntityDefinitions",
        select="LogicalName,EntitySetName,PrimaryIdAttribute",
        filter="LogicalName eq 'contact'",
    )["value"][0]

    assert table["EntitySetName"] == "contacts"
    assert table["PrimaryIdAttribute"] == "contactid"
    by_id = dynamics.read(f"EntityDefinitions({table['MetadataId']})")
    assert by_id["PrimaryNameAttribute"] == "fullname"


def test_whether_tracking_can_be_enabled_is_told(dynamics: Dynamics) -> None:
    """Section 4: CanChangeTrackingBeEnabled/Value."""
    condition = "CanChangeTrackingBeEnabled/Value eq true"
    names = dynamics.names("EntityDefinitions", "LogicalName", filter=condition)

    assert {"account", "contact"} <= set(names)


def test_columns_tell_type_and_length(dynamics: Dynamics) -> None:
    """Section 8 as metadata."""
    column = dynamics.read(f"{ACCOUNT}/Attributes(LogicalName='name')")

    assert column["@odata.type"] == "#Microsoft.Dynamics.CRM.StringAttributeMetadata"
    assert (column["AttributeType"], column["MaxLength"]) == ("String", 160)
    lookup = dynamics.read(f"{ACCOUNT}/Attributes(LogicalName='primarycontactid')")
    assert lookup["Targets"] == ["contact"]


def test_a_typed_cast_lists_the_choices(dynamics: Dynamics) -> None:
    """Section 10: what the official client asks before any write with text."""
    found = dynamics.read(
        f"{ACCOUNT}/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata",
        select="LogicalName",
        expand="OptionSet($select=Options)",
    )["value"]

    by_name = {column["LogicalName"]: column for column in found}
    options = by_name["customertypecode"]["OptionSet"]["Options"]
    labels = {option["Value"]: option["Label"]["UserLocalizedLabel"]["Label"] for option in options}
    assert (labels[3], labels[10], labels[11]) == ("Customer", "Supplier", "Vendor")
    assert "statecode" not in by_name


@pytest.mark.parametrize(
    ("kind", "extra", "value"),
    [
        ("String", {"MaxLength": 50, "FormatName": {"Value": "Text"}}, "x" * 50),
        ("Memo", {"MaxLength": 2000}, "line\nline"),
        ("Money", {"PrecisionSource": 2}, 12.34),
        ("Decimal", {"Precision": 4}, 1.2345),
        ("Integer", {}, 7),
        ("Boolean", {}, True),
        ("DateTime", {"Format": "DateAndTime"}, "2026-11-21T01:02:03Z"),
        (
            "DateTime",
            {"Format": "DateOnly", "DateTimeBehavior": {"Value": "DateOnly"}},
            "2026-11-21",
        ),
    ],
)
def test_a_custom_column_holds_what_its_type_says(
    dynamics: Dynamics, kind: str, extra: dict[str, object], value: object
) -> None:
    """Section 9, Columns: 204 with the column's address; usable at once."""
    answer = dynamics.add_column("account", type=kind, name="xero_Thing", **extra)
    row_id = dynamics.created("accounts", name="A", xero_thing=value)

    assert answer.status_code == 204
    address = answer.headers["OData-EntityId"]
    column = dynamics.read(address)
    assert (column["LogicalName"], column["SchemaName"]) == ("xero_thing", "xero_Thing")
    assert column["IsCustomAttribute"] is True
    assert dynamics.read(f"accounts({row_id})")["xero_thing"] == value


def test_a_custom_choice_has_its_labels(dynamics: Dynamics) -> None:
    """Section 9, Columns: option values of a publisher start at prefix x 10,000."""
    options = [
        {"Value": 727000000 + index, "Label": {"LocalizedLabels": [{"Label": label}]}}
        for index, label in enumerate(("Not synced", "Queued", "Synced"))
    ]
    dynamics.add_column(
        "account", type="Picklist", name="xero_status", DisplayName=LABEL,
        OptionSet={"IsGlobal": False, "OptionSetType": "Picklist", "Options": options},
    )  # fmt: skip
    row_id = dynamics.created("accounts", xero_status=727000002)

    row = dynamics.read(f"accounts({row_id})", prefer='odata.include-annotations="*"')
    assert row["xero_status@OData.Community.Display.V1.FormattedValue"] == "Synced"
    assert dynamics.refused("POST", "accounts", {"xero_status": 1})[0] == 400
    column = dynamics.read(f"{ACCOUNT}/Attributes(LogicalName='xero_status')", expand="OptionSet")
    assert column["DisplayName"]["UserLocalizedLabel"]["Label"] == "Xero Status"
    assert len(column["OptionSet"]["Options"]) == 3


def test_a_custom_column_keeps_to_its_length(dynamics: Dynamics) -> None:
    """Table of section 0: 0x80044331 for custom columns too."""
    dynamics.add_column("account", type="String", name="xero_id", MaxLength=36)

    assert dynamics.refused("POST", "accounts", {"xero_id": "x" * 37})[1] == "0x80044331"


def test_a_duplicate_column_is_refused(dynamics: Dynamics) -> None:
    """Provisioning must see what is there."""
    dynamics.add_column("account", type="String", name="xero_id")

    again = dynamics.add_column("account", type="Memo", name="xero_ID")

    assert again.status_code == 400
    assert again.json()["error"]["code"] == "0x80047013"


@pytest.mark.parametrize("name", ["plain", "xero", "_x", 'x_"; DROP TABLE row_account; --'])
def test_a_column_needs_a_prefix(dynamics: Dynamics, name: str) -> None:
    """Section 9: custom columns carry the publisher's prefix."""
    assert dynamics.add_column("account", type="String", name=name).status_code == 400


def test_a_custom_column_can_be_widened_and_deleted(dynamics: Dynamics) -> None:
    """Section 9: PUT of the entire definition with MSCRM.MergeLabels."""
    address = dynamics.add_column("account", type="String", name="xero_id", MaxLength=10).headers[
        "OData-EntityId"
    ]
    definition = dynamics.read(address)

    answer = dynamics.call(
        "PUT", address, definition | {"MaxLength": 20}, headers={"MSCRM.MergeLabels": "true"}
    )
    assert answer.status_code == 204
    dynamics.created("accounts", xero_id="x" * 20)
    assert dynamics.call("DELETE", address).status_code == 204
    assert "xero_id" not in dynamics.read("accounts")["value"][0]


def test_a_standard_column_cannot_be_deleted(dynamics: Dynamics) -> None:
    """Microsoft's own columns stay."""
    path = f"{ACCOUNT}/Attributes(LogicalName='name')"

    assert dynamics.refused("DELETE", path)[0] == 400


def test_navigation_names_are_found_in_relationships(dynamics: Dynamics) -> None:
    """Section 11.1: resolve navigation names from metadata, never guess."""
    found = dynamics.read(
        "EntityDefinitions(LogicalName='contact')/ManyToOneRelationships",
        filter="ReferencingAttribute eq 'parentcustomerid'",
        select="ReferencingEntityNavigationPropertyName,ReferencedEntity",
    )["value"]

    names = {each["ReferencedEntity"]: each["ReferencingEntityNavigationPropertyName"]
             for each in found}  # fmt: skip
    assert names == {
        "account": "parentcustomerid_account", "contact": "parentcustomerid_contact",
    }  # fmt: skip


def test_an_unknown_table_or_column_is_missing(dynamics: Dynamics) -> None:
    """Section 10: clients tell missing from broken by 404."""
    assert dynamics.refused("GET", "EntityDefinitions(LogicalName='nope')")[0] == 404
    assert dynamics.refused("GET", f"{ACCOUNT}/Attributes(LogicalName='nope')")[0] == 404
    assert dynamics.refused("GET", "nopes")[0] == 404


def test_service_document_and_metadata_name_the_sets(dynamics: Dynamics) -> None:
    """Section 10: at least these."""
    sets = {one["name"] for one in dynamics.read("")["value"]}
    tree = ElementTree.fromstring(dynamics.call("GET", "$metadata").content)

    assert {"accounts", "contacts", "systemusers", "transactioncurrencies"} <= sets
    space = "{http://docs.oasis-open.org/odata/ns/edm}"
    assert {one.get("Name") for one in tree.iter(f"{space}EntitySet")} == sets
    bind = [one.get("Name") for one in tree.iter(f"{space}NavigationProperty")]
    assert "parentcustomerid_account" in bind


def test_publishing_is_accepted(dynamics: Dynamics) -> None:
    """Section 9: PublishXml after a change of forms."""
    assert dynamics.call("POST", "PublishAllXml").status_code == 204


def test_columns_added_in_a_failing_changeset_are_gone(dynamics: Dynamics) -> None:
    """Schema and rows roll back together."""
    column = (
        '{"@odata.type":"Microsoft.Dynamics.CRM.StringAttributeMetadata","SchemaName":"xero_id"}'
    )
    dynamics.batch(
        change_set(
            operation("POST", f"{ACCOUNT}/Attributes", column), operation("POST", "nopes", "{}")
        )
    )

    assert dynamics.refused("POST", "accounts", {"xero_id": "1"})[0] == 400
    assert dynamics.add_column("account", type="String", name="xero_id").status_code == 204
