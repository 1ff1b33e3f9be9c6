"""Dataverse's webhooks: one execution context for each row written (dataverse.md section 6).

A subscriber of the control call is told of Create, Update and Delete of account and contact, an
endpoint registered over the Web API of what its steps name: after the operation, asynchronous,
without images. An Update names the columns that changed, and steps are filtered by them too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import requests

from dynamics_xero.sandbox.dynamics import call_notes, fresh, jobs
from dynamics_xero.sandbox.dynamics.columns import Column, Kind
from dynamics_xero.sandbox.dynamics.schema import Schema, TableSchema, metadata_id
from dynamics_xero.sandbox.dynamics.session import CallNote
from dynamics_xero.sandbox.dynamics.steps import EndpointSubscription, Step
from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import json_bytes
from dynamics_xero.sandbox.webhook_terms import Entry, Failure, Notice, Subscription, Terms

_CONTRACTS = "http://schemas.microsoft.com/xrm/2011/Contracts"
_CHOICES = (Kind.PICKLIST, Kind.STATE, Kind.STATUS)
# Columns the platform moves with every write, so that every Update names them.
_ALWAYS = ("modifiedon", "_modifiedby_value")
_PATIENCE_S = 60.0
_GATEWAY_FAULTS = (502, 503, 504)
_MOST_BYTES = 256 * 1024
_DROPPED = ("ParentContext", "InputParameters", "PreEntityImages", "PostEntityImages")
Context = dict[str, object]


def _pause_s(failure: Failure) -> float | None:
    """Return the pause before the one further attempt, which only a gateway's fault earns."""
    again = failure.attempts == 1 and failure.status in _GATEWAY_FAULTS
    return 0.0 if again else None


@dataclass(frozen=True)
class Told(Notice):
    """A write to be told; its context still lacks the step that tells it."""

    context: Mapping[str, object]
    columns: frozenset[str]
    bypass: tuple[str, ...]

    @property
    def message(self) -> str:
        """Create, Update or Delete."""
        return str(self.context["MessageName"])

    @property
    def table(self) -> str:
        """The logical name of the row's table."""
        return str(self.context["PrimaryEntityName"])


class DynamicsAnnouncer:
    """Word the events of one environment."""

    resources = ("account", "contact")

    def __init__(self, endpoint: Endpoint, schema: Callable[[], Schema]) -> None:
        """Look columns up in the schema as it stands when an event is told."""
        self._endpoint = endpoint
        self._schema = schema
        self.terms = Terms(_PATIENCE_S, pause_s=_pause_s, wants=self._wants, gave_up=self._gave_up)

    def notices(self, entries: Sequence[Entry], event: Mapping[str, object]) -> list[Notice]:
        """Return one message for each row, also for writes of equal values."""
        tables = self._schema().tables
        told = [entry for entry in entries if str(entry["resource"]) in tables]
        with self._endpoint.database.read() as tx:
            notes = [call_notes.of_entry(tx, entry["seq"]) for entry in told]
        return [
            self._notice(tables[str(entry["resource"])], entry, note, event)
            for entry, note in zip(told, notes, strict=True)
        ]

    def addressed(self, notice: Notice, subscription: Subscription) -> requests.Request:
        """Return the call with its key: as `code`, or as its endpoint says."""
        if not isinstance(notice, Told):
            raise TypeError(f"{notice} is no message of Dataverse")
        context: Context = dict(notice.context)
        query = {"code": subscription.key}
        proof: dict[str, str] = {}
        if isinstance(subscription, EndpointSubscription):
            query, proof = subscription.proof()
            step = _step_of(notice, subscription)
            if step is not None:
                context["OwningExtension"] = _reference("sdkmessageprocessingstep", step.id)
        body, size = _body(context)
        headers = {**notice.headers, **size, **proof}
        return requests.Request("POST", subscription.url, params=query, data=body, headers=headers)

    def _wants(self, notice: Notice, subscription: Subscription) -> bool:
        """Tell whether a message is for a subscriber; what a call bypassed is for nobody."""
        if not isinstance(notice, Told):
            return False
        heeded = self._endpoint.switches.get("bypass_reaches_webhooks") == "yes"
        bypass = notice.bypass if heeded else ()
        if "CustomAsync" in bypass:
            return False
        if not isinstance(subscription, EndpointSubscription):
            return notice.table in self.resources
        step = _step_of(notice, subscription)
        return step is not None and step.id not in bypass

    def _gave_up(self, notice: Notice, subscription: Subscription, failure: Failure) -> None:
        """Leave a failed system job behind, where a registered step is to be told no more."""
        if isinstance(notice, Told) and isinstance(subscription, EndpointSubscription):
            step = _step_of(notice, subscription)
            if step is not None:
                jobs.failed(self._endpoint, self._schema(), step, notice.table, failure.status)

    def _notice(
        self, table: TableSchema, entry: Entry, note: CallNote, event: Mapping[str, object]
    ) -> Notice:
        context = {**self._context(entry, note), **event}
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-ms-dynamics-organization": urlsplit(self._endpoint.facts["url"]).hostname or "",
            "x-ms-dynamics-entity-name": str(context["PrimaryEntityName"]),
            "x-ms-dynamics-request-name": str(context["MessageName"]),
            "x-ms-correlation-request-id": str(context["CorrelationId"]),
        }
        return Told(
            b"",
            headers,
            str(entry["method"]),
            str(entry["path"]),
            context,
            _columns(table, entry),
            note.bypass,
        )

    def _context(self, entry: Entry, note: CallNote) -> Context:
        facts, name = self._endpoint.facts, _message(entry)
        user = fresh.user_id(self._endpoint, str(entry["actor"]))
        step = metadata_id(facts["organization_id"], str(entry["resource"]), name)
        variables = []
        if note.tag and self._endpoint.switches.get("tag_in_webhooks") == "yes":
            variables.append({"key": "tag", "value": note.tag})
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
            "SharedVariables": variables,
            "Stage": 40,
            "UserId": _author(entry) or user,
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


def _author(entry: Entry) -> object:
    """Return whom a row names as its writer: an impersonated user stands before the caller."""
    after = entry["after"]
    return after.get("_modifiedby_value") if isinstance(after, dict) else None


def _step_of(notice: Told, subscription: EndpointSubscription) -> Step | None:
    """Return the first of an endpoint's steps that a write sets off."""
    for step in subscription.steps:
        if step.concerns(notice.message, notice.table, notice.columns):
            return step
    return None


def _columns(table: TableSchema, entry: Entry) -> frozenset[str]:
    """Return the columns that a write changed, by logical name."""
    fields = entry["fields"]
    columns = (table.by_wire_name.get(name) for name in fields) if isinstance(fields, list) else ()
    return frozenset(column.name for column in columns if column is not None)


def _body(context: Context) -> tuple[bytes, dict[str, str]]:
    """Return the body, and the header that tells when it had to be cut (section 6, > 256 KB)."""
    # Microsoft's serialiser escapes slashes, so a reader must unescape JSON, not cut text.
    body = json_bytes(context).replace(b"/", b"\\/")
    if len(body) <= _MOST_BYTES:
        return body, {}
    kept = {name: value for name, value in context.items() if name not in _DROPPED}
    return json_bytes(kept).replace(b"/", b"\\/"), {"x-ms-dynamics-msg-size-exceeded": "true"}


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
