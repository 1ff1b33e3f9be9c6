"""Dataverse's webhooks: one execution context for each row written (dataverse.md section 6).

The steps are taken as registered for Create, Update and Delete of account and contact, after the
operation and asynchronous, without images. An Update names the columns that changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import requests

from dynamics_xero.sandbox.dynamics import fresh
from dynamics_xero.sandbox.dynamics.columns import Column, Kind
from dynamics_xero.sandbox.dynamics.schema import Schema, TableSchema, metadata_id
from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import json_bytes
from dynamics_xero.sandbox.webhooks import Entry, Notice, Subscription

_CONTRACTS = "http://schemas.microsoft.com/xrm/2011/Contracts"
_CHOICES = (Kind.PICKLIST, Kind.STATE, Kind.STATUS)
# Columns the platform moves with every write, so that every Update names them.
_ALWAYS = ("modifiedon", "_modifiedby_value")


class DynamicsAnnouncer:
    """Word the events of one environment."""

    resources = ("account", "contact")

    def __init__(self, endpoint: Endpoint, schema: Callable[[], Schema]) -> None:
        """Look columns up in the schema as it stands when an event is told."""
        self._endpoint = endpoint
        self._schema = schema

    def notices(self, entries: Sequence[Entry], event: Mapping[str, object]) -> list[Notice]:
        """Return one message for each row, also for writes of equal values."""
        return [self._notice(entry, event) for entry in entries if self._is_told(entry)]

    def addressed(self, notice: Notice, subscription: Subscription) -> requests.Request:
        """Append the key as `code`, as a WebhookKey goes."""
        return requests.Request(
            "POST",
            subscription.url,
            params={"code": subscription.key},
            data=notice.body,
            headers=dict(notice.headers),
        )

    def _is_told(self, entry: Entry) -> bool:
        return entry["resource"] in self.resources

    def _notice(self, entry: Entry, event: Mapping[str, object]) -> Notice:
        context = {**self._context(entry), **event}
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-ms-dynamics-organization": urlsplit(self._endpoint.facts["url"]).hostname or "",
            "x-ms-dynamics-entity-name": str(context["PrimaryEntityName"]),
            "x-ms-dynamics-request-name": str(context["MessageName"]),
            "x-ms-correlation-request-id": str(context["CorrelationId"]),
        }
        # Microsoft's serialiser escapes slashes, so a reader must unescape JSON, not cut text.
        body = json_bytes(context).replace(b"/", b"\\/")
        return Notice(body, headers, str(entry["method"]), str(entry["path"]))

    def _context(self, entry: Entry) -> dict[str, object]:
        facts, name = self._endpoint.facts, _message(entry)
        user = fresh.user_id(self._endpoint, str(entry["actor"]))
        step = metadata_id(facts["organization_id"], str(entry["resource"]), name)
        output = [{"key": "id", "value": entry["id"]}] if name == "Create" else []
        return {
            "BusinessUnitId": metadata_id(facts["organization_id"], "businessunit"),
            "CorrelationId": self._id("correlation", entry),
            "Depth": 1,
            "InitiatingUserId": user,
            "InputParameters": [{"key": "Target", "value": self._target(entry)}],
            "IsExecutingOffline": False,
            "IsInTransaction": False,
            "IsOfflinePlayback": False,
            "IsolationMode": 1,
            "MessageName": name,
            "Mode": 1,
            "OperationCreatedOn": _date(str(entry["at"])),
            "OperationId": self._id("operation", entry),
            "OrganizationId": facts["organization_id"],
            "OrganizationName": self._endpoint.name,
            "OutputParameters": output,
            "OwningExtension": _reference("sdkmessageprocessingstep", step),
            "ParentContext": None,
            "PostEntityImages": [],
            "PreEntityImages": [],
            "PrimaryEntityId": entry["id"],
            "PrimaryEntityName": entry["resource"],
            "RequestId": self._id("request", entry),
            "SecondaryEntityName": "none",
            "SharedVariables": [],
            "Stage": 40,
            "UserId": user,
        }

    def _target(self, entry: Entry) -> dict[str, object]:
        name, row_id = str(entry["resource"]), str(entry["id"])
        if _message(entry) == "Delete":
            return {"__type": f"EntityReference:{_CONTRACTS}", **_reference(name, row_id)}
        return {
            "__type": f"Entity:{_CONTRACTS}",
            "Attributes": _attributes(self._schema().tables[name], entry),
            "EntityState": None,
            "FormattedValues": [],
            "Id": row_id,
            "KeyAttributes": [],
            "LogicalName": name,
            "RelatedEntities": [],
            "RowVersion": None,
        }

    def _id(self, kind: str, entry: Entry) -> str:
        place = f"{kind}/{entry['seq']}/{entry['at']}"
        return str(uuid.uuid5(uuid.UUID(self._endpoint.facts["organization_id"]), place))


def _message(entry: Entry) -> str:
    return {"create": "Create", "delete": "Delete"}.get(str(entry["action"]), "Update")


def _attributes(table: TableSchema, entry: Entry) -> list[dict[str, object]]:
    after, fields = entry["after"], entry["fields"]
    attributes: list[dict[str, object]] = [{"key": table.primary_id, "value": entry["id"]}]
    if not isinstance(after, dict) or not isinstance(fields, list):
        return attributes
    for wire_name in dict.fromkeys([*fields, *_ALWAYS]):
        column = table.by_wire_name.get(wire_name)
        if column is not None and column.name != table.primary_id:
            value = _value(column, after.get(wire_name), after)
            attributes.append({"key": column.name, "value": value})
    return attributes


def _value(column: Column, value: object, row: Mapping[str, object]) -> object:
    if value is None:
        return None
    if column.is_reference:
        target = _pointed_at(column, value, row)
        return {"__type": f"EntityReference:{_CONTRACTS}", **_reference(target, str(value))}
    if column.kind in _CHOICES:
        return {"__type": f"OptionSetValue:{_CONTRACTS}", "Value": value}
    if column.kind is Kind.MONEY:
        return {"__type": f"Money:{_CONTRACTS}", "Value": value}
    if column.kind is Kind.DATETIME:
        return _date(str(value))
    return value


def _pointed_at(column: Column, value: object, row: Mapping[str, object]) -> str:
    """Return the table of a lookup with several: Dataverse repeats the id under its own column."""
    for target in column.targets[:-1]:
        if row.get(f"_{target}id_value") == value:
            return target
    return column.targets[-1]


def _reference(table: str, row_id: str) -> dict[str, object]:
    return {
        "Id": row_id,
        "KeyAttributes": [],
        "LogicalName": table,
        "Name": None,
        "RowVersion": None,
    }


def _date(text: str) -> str:
    """Return the serialiser's own form of an instant or a day."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return f"/Date({round(moment.timestamp() * 1000)})/"
