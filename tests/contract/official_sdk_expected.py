"""What each chapter of the official client's day comes to (dataverse.md sections 0 to 3, 9, 10)."""

from __future__ import annotations

EXPECTED: dict[str, object] = {
    "records": {
        "row": ["Ancora Ltd", "555-0100"],
        "missing": True,
        "ghost": [404, "0x80040217"],
        "long": [400, "0x80044331"],
        "table": ["MetadataError"],
    },
    "bulk": {
        "ids": 25,
        "pages": [10, 10, 5],
        "first": "Bulk 24",
        "job": True,
        "left": ["2", "3", "1", "1", "1"],
    },
    "questions": {
        "found": [["Asked 1", "Asked 3"], ["Asked 2"]],
        "tables": [
            "account", "asyncoperation", "businessunit", "contact", "duplicaterule",
            "duplicaterulecondition", "organization", "privilege", "publisher", "role",
            "sdkmessage", "sdkmessagefilter", "sdkmessageprocessingstep", "serviceendpoint",
            "solution", "solutioncomponent", "systemuser", "transactioncurrency",
        ],
    },
    "batches": {
        "first": [204, 204, 204, 200],
        "listed": "Child",
        "second": [204, 400, 200],
        "error": ["0x80044331"],
        "third": [204, 204, 200],
        "undone": [400],
        "kept": "1",
    },
    "customisation": {
        "set": "accounts",
        "added": ["xero_Ref", "xero_Note", "xero_Paid"],
        "length": 60,
        "shown": ["Uniqueidentifier", "String"],
        "status": ["Active"],
        "keyed": [["R1", "Keyed 1"], ["R2", "Keyed 2"]],
        "columns": ["xero_paid", "xero_ref"],
    },
    "tables": {
        "set": "xero_receipts",
        "columns": ["xero_Amount", "xero_Mood", "xero_Due"],
        "rows": [["R1", 1.5, 727000001], ["R2", 2.0, None], ["R3", 3.0, None]],
        "components": [1],
        "twice": ["MetadataError"],
        "gone": True,
    },
    "relationships": {
        "id": True,
        "payer": "Payer",
        "lookups": [
            "createdby", "createdonbehalfby", "modifiedby", "modifiedonbehalfby", "ownerid",
            "xero_PayerId", "xero_PersonId",
        ],
        "listed": True,
        "of_table": True,
        "left": 0,
        "columns": ["xero_name", "xero_payerid"],
    },
    "keys": {"name": "second", "columns": ["xero_org", "xero_number"], "left": 0},
    "schema_in_batches": {
        "statuses": [[200, 204], [204, 200, 200, 204], [204, 204]],
        "gone": True,
    },
    "frames": {"faxes": ["1", "2"], "left": 0},
    "refusals": {
        "sql": 501,
        "fetchxml": 501,
        "many": 501,
        "shipped": 400,
        "nameless": ["MetadataError"],
    },
}  # fmt: skip
