"""Chapters of the official client's day on tables, relationships, keys and what is refused."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # it comes with the client, without types
from PowerPlatform.Dataverse.core.errors import HttpError, MetadataError
from PowerPlatform.Dataverse.models.labels import Label, LocalizedLabel
from PowerPlatform.Dataverse.models.relationship import (
    CascadeConfiguration,
    LookupAttributeMetadata,
    ManyToManyRelationshipMetadata,
    OneToManyRelationshipMetadata,
)
from PowerPlatform.Dataverse.models.upsert import UpsertItem

_OF_ONE_KIND = "RelationshipType eq Microsoft.Dynamics.CRM.RelationshipType'OneToManyRelationship'"


class Mood(IntEnum):
    """A choice of a table of ours."""

    OPEN = 727000000
    PAID = 727000001


def refusal(call: Any) -> list[object]:
    """Return how a call was refused: status and code, or the client's own error."""
    try:
        call()
    except HttpError as error:
        return [error.status_code, error.details["service_error_code"]]
    except MetadataError:
        return ["MetadataError"]
    return []


def tables(client: Any) -> dict[str, Any]:
    """Make a table in a solution, use its rows at once, and remove it."""
    publisher = client.records.create(
        "publisher",
        {
            "friendlyname": "Us",
            "uniquename": "us",
            "customizationprefix": "xero",
            "customizationoptionvalueprefix": 72700,
        },
    )
    bind = {"publisherid@odata.bind": f"/publishers({publisher})"}
    names = {"friendlyname": "Ours", "uniquename": "ours", "version": "1.0.0.0"}
    solution = client.records.create("solution", {**names, **bind})
    columns = {"xero_Amount": "decimal", "xero_Mood": Mood, "xero_Due": "datetime"}
    made = client.tables.create("xero_Receipt", columns, solution="ours", display_name="Receipt")
    row_id = client.records.create("xero_receipt", {"xero_name": "R1", "xero_mood": "PAID"})
    many = [{"xero_name": f"R{n}", "xero_amount": n} for n in (2, 3)]
    client.records.create("xero_receipt", many)
    client.records.update("xero_receipt", row_id, {"xero_amount": 1.5})
    components = client.records.list(
        "solutioncomponent", filter=f"_solutionid_value eq {solution}", select=["componenttype"]
    )
    rows = client.records.list("xero_receipt", orderby=["xero_name"])
    twice = refusal(lambda: client.tables.create("xero_Receipt", {}))
    client.tables.delete("xero_Receipt")
    return {
        "set": made.entity_set_name,
        "columns": list(made.columns_created or []),
        "rows": [[row["xero_name"], row["xero_amount"], row["xero_mood"]] for row in rows],
        "components": [row["componenttype"] for row in components],
        "twice": twice,
        "gone": client.tables.get("xero_Receipt") is None,
    }


def relationships(client: Any) -> dict[str, Any]:
    """Point a table at others by both of the client's ways, and follow the lookups."""
    client.tables.create("xero_Receipt", {})
    label = Label([LocalizedLabel("Payer", 1033)])
    made = client.tables.create_one_to_many_relationship(
        LookupAttributeMetadata(schema_name="xero_PayerId", display_name=label),
        OneToManyRelationshipMetadata(
            schema_name="xero_account_receipts",
            referenced_entity="account",
            referencing_entity="xero_receipt",
            referenced_attribute="accountid",
            cascade_configuration=CascadeConfiguration(delete="Cascade"),
        ),
    )
    short = client.tables.create_lookup_field(
        "xero_receipt", "xero_PersonId", "contact", display_name="Person"
    )
    payer = client.records.create("account", {"name": "Payer"})
    bind = {"xero_PayerId@odata.bind": f"/accounts({payer})"}
    client.records.create("xero_receipt", {"xero_name": "R", **bind})
    (row,) = client.records.list("xero_receipt", expand=["xero_PayerId"], select=["xero_name"])
    found = client.tables.get_relationship("xero_account_receipts")
    listed = client.tables.list_relationships(filter=_OF_ONE_KIND, select=["SchemaName"])
    of_table = client.tables.list_table_relationships("xero_receipt")
    expands = client.query.odata_expands("xero_receipt")
    client.records.delete("account", payer)
    left = len(client.records.list("xero_receipt", select=["xero_name"]))
    client.tables.delete_relationship(short.relationship_id)
    after = client.tables.list_columns("xero_receipt", filter="IsCustomAttribute eq true")
    client.tables.delete("xero_Receipt")
    return {
        "id": made.relationship_id == found.relationship_id,
        "payer": row["xero_PayerId"]["name"],
        "lookups": sorted(one["nav_property"] for one in expands if "xero_" in one["relationship"]),
        "listed": "xero_account_receipts" in {one["SchemaName"] for one in listed},
        "of_table": "xero_account_receipts" in {one["SchemaName"] for one in of_table},
        "left": left,
        "columns": sorted(one["LogicalName"] for one in after),
    }


def keys(client: Any) -> dict[str, Any]:
    """Declare a key of two columns on a table of ours, upsert by it, remove it."""
    client.tables.create("xero_Receipt", {"xero_Org": "string", "xero_Number": "int"})
    client.tables.create_alternate_key("xero_receipt", "xero_key", ["xero_org", "xero_number"])
    for name in ("first", "second"):
        alternate = {"xero_org": "it's", "xero_number": 7}
        client.records.upsert("xero_receipt", [UpsertItem(alternate, {"xero_name": name})])
    (row,) = client.records.list("xero_receipt", select=["xero_name"])
    (key,) = client.tables.get_alternate_keys("xero_receipt")
    client.tables.delete_alternate_key("xero_receipt", key.metadata_id)
    left = client.tables.get_alternate_keys("xero_receipt")
    client.tables.delete("xero_Receipt")
    return {"name": row["xero_name"], "columns": key.key_attributes, "left": len(left)}


def schema_in_batches(client: Any) -> dict[str, Any]:
    """Make a table, a lookup and rows by batches, and remove them by another."""
    batch = client.batch.new()
    batch.tables.create("xero_Receipt", {"xero_Amount": "decimal"})
    batch.tables.create_lookup_field("xero_receipt", "xero_PayerId", "account")
    first = batch.execute()
    batch = client.batch.new()
    batch.tables.add_columns("xero_receipt", {"xero_Note": "memo"})
    batch.tables.get("xero_receipt")
    batch.tables.get_relationship("account_xero_receipt_xero_PayerId")
    batch.records.create("xero_receipt", {"xero_name": "R"})
    second = batch.execute(continue_on_error=True)
    batch = client.batch.new()
    batch.tables.remove_columns("xero_receipt", ["xero_Note"])
    batch.tables.delete("xero_receipt")
    third = batch.execute()
    return {
        "statuses": [
            [item.status_code for item in done.responses] for done in (first, second, third)
        ],
        "gone": client.tables.get("xero_Receipt") is None,
    }


def frames(client: Any) -> dict[str, Any]:
    """Write and remove rows by data frames."""
    frame = pd.DataFrame([{"name": f"Frame {n}", "fax": None} for n in (1, 2)])
    frame["accountid"] = client.dataframe.create("account", frame)
    frame["fax"] = ["1", "2"]
    client.dataframe.update("account", frame[["accountid", "fax"]], id_column="accountid")
    found = client.records.list("account", filter="startswith(name,'Frame')", select=["fax"])
    client.dataframe.delete("account", frame["accountid"])
    left = client.records.list("account", filter="startswith(name,'Frame')", select=["fax"])
    return {"faxes": [row["fax"] for row in found], "left": len(left)}


def refusals(client: Any) -> dict[str, Any]:
    """Ask for what the twin does not offer."""
    many = ManyToManyRelationshipMetadata("xero_a_c", "account", "contact")
    fetch = "<fetch><entity name='account'><attribute name='name'/></entity></fetch>"
    return {
        "sql": refusal(lambda: client.query.sql("SELECT name FROM account"))[0],
        "fetchxml": refusal(lambda: client.query.fetchxml(fetch).execute())[0],
        "many": refusal(lambda: client.tables.create_many_to_many_relationship(many))[0],
        "shipped": refusal(lambda: client.tables.delete("account"))[0],
        "nameless": refusal(lambda: client.tables.delete("xero_Nothing")),
    }
