"""A working day of Microsoft's own client, unmodified, told as one JSON document.

Run in a process of its own: the client trusts our certificates by an environment variable, and
brings pandas along. Usage: python -m tests.contract.official_sdk_story URL TENANT CLIENT SECRET
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

from azure.identity import ClientSecretCredential
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.models.filters import col
from PowerPlatform.Dataverse.models.upsert import UpsertItem

from tests.contract import official_sdk_metadata as metadata
from tests.contract.official_sdk_metadata import refusal
from tests.contract.official_sdk_record import Recorded


def records(client: Any) -> dict[str, Any]:
    """Create, update, delete and read single rows."""
    row_id = client.records.create(
        "account", {"name": "Ancora Ltd", "customertypecode": "Supplier"}
    )
    client.records.update("account", row_id, {"telephone1": "555-0100"})
    row = client.records.retrieve("account", row_id, select=["name", "telephone1"])
    assert row is not None
    gone = client.records.create("account", {"name": "Gone"})
    client.records.delete("account", gone)
    return {
        "row": [row["name"], row["telephone1"]],
        "missing": client.records.retrieve("account", gone) is None,
        "ghost": refusal(lambda: client.records.update("account", gone, {"name": "Ghost"})),
        "long": refusal(lambda: client.records.create("account", {"name": "x" * 161})),
        "table": refusal(lambda: client.records.create("nope", {"name": "x"})),
    }


def bulk(client: Any) -> dict[str, Any]:
    """Write many rows by CreateMultiple, UpdateMultiple and BulkDelete, and list them."""
    ids = client.records.create("account", [{"name": f"Bulk {n:02}"} for n in range(25)])
    client.records.update("account", ids, {"fax": "1"})
    client.records.update("account", ids[:2], [{"fax": "2"}, {"fax": "3"}])
    pages = client.records.list_pages(
        "account",
        select=["name", "fax"],
        filter="startswith(name,'Bulk')",
        orderby=["name desc"],
        page_size=10,
    )
    sizes = [[row["name"] for row in page] for page in pages]
    job = client.records.delete("account", ids[5:])
    left = client.records.list("account", filter="startswith(name,'bulk')", select=["fax"])
    return {
        "ids": len(set(ids)),
        "pages": [len(page) for page in sizes],
        "first": sizes[0][0],
        "job": bool(job),
        "left": [row["fax"] for row in left],
    }


def questions(client: Any) -> dict[str, Any]:
    """Ask by the query builder, and for the tables there are."""
    client.records.create("account", [{"name": f"Asked {n}"} for n in (1, 2, 3)])
    either = col("name").in_(["Asked 1", "asked 3", "nobody"]) & col("fax").is_null()
    other = col("name").not_in(["Asked 1", "Asked 3"]) & col("name").startswith("Asked")
    found: list[Any] = [
        client.query.builder("account").select("name").where(condition).order_by("name").execute()
        for condition in (either, other)
    ]
    return {
        "found": [[row["name"] for row in rows] for rows in found],
        "tables": sorted(one["LogicalName"] for one in client.tables.list()),
    }


def batches(client: Any) -> dict[str, Any]:
    """Send batches with a changeset, references, and one failure."""
    batch = client.batch.new()
    with batch.changeset() as changes:
        account = changes.records.create("account", {"name": "Parent"})
        person = changes.records.create(
            "contact", {"lastname": "Child", "parentcustomerid_account@odata.bind": account}
        )
        changes.records.update("account", account, {"primarycontactid@odata.bind": person})
    batch.records.list("contact", filter="lastname eq 'Child'", select=["fullname"])
    first = batch.execute()
    batch = client.batch.new()
    batch.records.create("account", {"name": "Good"})
    batch.records.create("account", {"name": "x" * 161})
    batch.records.create("account", [{"name": "Many 1"}, {"name": "Many 2"}])
    second = batch.execute(continue_on_error=True)
    rows = client.records.list("account", filter="startswith(name,'Many')", orderby=["name"])
    one, two = (row["accountid"] for row in rows)
    batch = client.batch.new()
    batch.records.update("account", one, {"fax": "1"})
    batch.records.delete("account", two)
    batch.records.retrieve("account", one, select=["fax"])
    third = batch.execute()
    batch = client.batch.new()
    with batch.changeset() as changes:
        changes.records.delete("account", one)
        changes.records.create("account", {"name": "x" * 161})
    undone = batch.execute(continue_on_error=True)
    listed = first.responses[-1].data
    assert listed is not None
    return {
        "first": [item.status_code for item in first.responses],
        "listed": listed["value"][0]["fullname"],
        "second": [item.status_code for item in second.responses],
        "error": [item.error_code for item in second.failed],
        "third": [item.status_code for item in third.responses],
        "undone": [item.status_code for item in undone.responses],
        "kept": client.records.retrieve("account", one, select=["fax"])["fax"],
    }


def customisation(client: Any) -> dict[str, Any]:
    """Add columns and a key, widen one, upsert by key, remove a column."""
    table = client.tables.get("account")
    added = client.tables.add_columns(
        "account",
        {
            "xero_Ref": {"type": "string", "max_length": 40},
            "xero_Note": "memo",
            "xero_Paid": "bool",
        },
    )
    client.tables.update_column("account", "xero_Ref", {"max_length": 60})
    column = client.tables.get_column("account", "xero_ref", typed=True)
    client.tables.create_alternate_key("account", "xero_refkey", ["xero_ref"])
    client.records.upsert("account", [UpsertItem({"xero_ref": "R1"}, {"name": "Keyed"})])
    several: list[UpsertItem | dict[str, Any]] = [
        UpsertItem({"xero_ref": f"R{n}"}, {"name": f"Keyed {n}"}) for n in (1, 2)
    ]
    client.records.upsert("account", several)
    keyed = client.records.list(
        "account", filter="xero_ref ne null", select=["name", "xero_ref"], orderby=["xero_ref"]
    )
    client.tables.remove_columns("account", "xero_Note")
    client.tables.update_columns("account", {"xero_Ref": {"max_length": 80}})
    shown = {one["name"]: one["type"] for one in client.query.sql_columns("account")}
    return {
        "set": table.entity_set_name if table else None,
        "added": added,
        "length": column["MaxLength"] if column else None,
        "shown": [shown["accountid"], shown["name"]],
        "status": [key.status for key in client.tables.get_alternate_keys("account")],
        "keyed": [[row["xero_ref"], row["name"]] for row in keyed],
        "columns": sorted(
            one["LogicalName"]
            for one in client.tables.list_columns("account", filter="IsCustomAttribute eq true")
        ),
    }


CHAPTERS = (
    records,
    bulk,
    questions,
    batches,
    customisation,
    metadata.tables,
    metadata.relationships,
    metadata.keys,
    metadata.schema_in_batches,
    metadata.frames,
    metadata.refusals,
)


def main(url: str, tenant: str, client_id: str, secret: str) -> None:
    """Tell the day."""
    credential = ClientSecretCredential(
        tenant, client_id, secret, authority=url, disable_instance_discovery=True
    )
    with DataverseClient(url, credential) as client:
        seen: Counter[str] = Counter()
        told = {one.__name__: one(Recorded(client, "", seen)) for one in CHAPTERS}
        print(json.dumps({"story": told, "operations": dict(sorted(seen.items()))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
