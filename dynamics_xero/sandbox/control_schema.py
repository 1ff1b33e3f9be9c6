"""JSON Schema of each control call: what it takes and what it answers."""

from __future__ import annotations

from dynamics_xero.sandbox.faults import KINDS
from dynamics_xero.sandbox.ledger import ACTIONS
from dynamics_xero.sandbox.webhook_delivery import Standing

Schema = dict[str, object]

_WHOLE: Schema = {"type": "integer", "minimum": 0}
_POSITIVE: Schema = {"type": "integer", "minimum": 1}
_TEXT: Schema = {"type": "string"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}


def _object(properties: Schema, *, required: list[str] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_ROW: Schema = {"type": "object"}
_ENTRY = _object(
    {
        "seq": _POSITIVE,
        "at": _INSTANT,
        "request": _TEXT,
        "actor": _TEXT,
        "method": _TEXT,
        "path": _TEXT,
        "resource": _TEXT,
        "id": _TEXT,
        "action": {"enum": list(ACTIONS)},
        "changed": {"type": "boolean"},
        "fields": _list(_TEXT),
        "before": _or_null(_ROW),
        "after": _or_null(_ROW),
    }
)
_LABEL_COUNTS = _object(
    {"calls": _WHOLE, "rows": _WHOLE, "bytes_in": _WHOLE, "bytes_out": _WHOLE, "parts": _WHOLE},
    required=["calls", "rows", "bytes_in", "bytes_out"],
)
_STATS = _object(
    {
        **dict.fromkeys(
            (
                "calls",
                "reads",
                "writes",
                "rows_read",
                "rows_written",
                "bytes_in",
                "bytes_out",
                "in_flight_max",
            ),
            _WHOLE,
        ),
        "refused": _map(_WHOLE),
        "by_endpoint": _map(_LABEL_COUNTS),
        "sign_ins": _map(_object({"calls": _WHOLE, "in_flight_max": _WHOLE})),
    }
)
_TIME = _object({"now": _INSTANT, "offset_s": {"type": "number"}})
_RULE = _object(
    {
        "kind": {"enum": sorted(KINDS)},
        "method": _or_null(_TEXT),
        "path": _or_null(_TEXT),
        "probability": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "times": _or_null(_WHOLE),
        "seconds": {"type": ["number", "null"], "minimum": 0},
        "up_to_seconds": {"type": ["number", "null"], "minimum": 0},
    },
    required=["kind"],
)
_FAULTS: Schema = {"seed": {"type": "integer"}, "rules": _list(_RULE)}
_QUOTA_FIELDS: Schema = {
    "enabled": {"type": "boolean"},
    "scale": {"type": "number", "exclusiveMinimum": 0},
    "minute": _POSITIVE,
    "day": _POSITIVE,
    "concurrent": _POSITIVE,
    "app_minute": _POSITIVE,
    "window": {"enum": ["fixed", "rolling"]},
    "dynamics_requests": _POSITIVE,
    "dynamics_in_flight": _POSITIVE,
}
_SWITCHES = _list(
    _object(
        {
            "name": _TEXT,
            "position": _TEXT,
            "default": _TEXT,
            "positions": _list(_TEXT),
            "source": _TEXT,
        }
    )
)
_TRIGGER = _object(
    {
        "id": _TEXT,
        "resource": _or_null(_TEXT),
        "action": {"enum": ["create", "update", "delete"]},
        "event": _ROW,
    },
    required=["id"],
)
_WEBHOOKS = _object(
    {
        "subscriptions": _list(_TEXT),
        "standings": _map({"enum": [standing.value for standing in Standing]}),
        "waiting": _WHOLE,
        "idle": {"type": "boolean"},
        "delivered": _WHOLE,
        "failed": _WHOLE,
        "lost": _WHOLE,
    }
)
_ORGANISATION: Schema = {"organisation": _TEXT}
_PAGE: Schema = {**_ORGANISATION, "after": _WHOLE, "limit": _POSITIVE}


def _query(properties: Schema) -> Schema:
    return _object(properties, required=[])


SCHEMA: Schema = {
    "GET /_sandbox/ledger": {
        "query": _query({**_PAGE, "actor": _TEXT}),
        "answer": _object({"entries": _list(_ENTRY), "next": _WHOLE}),
    },
    "GET /_sandbox/stats": {"query": _query(_ORGANISATION), "answer": _STATS},
    "GET /_sandbox/clock": {"query": _query(_ORGANISATION), "answer": _TIME},
    "POST /_sandbox/clock": {
        "query": _query(_ORGANISATION),
        "body": {
            "oneOf": [
                _object({"advance_s": {"type": "number", "minimum": 0}}),
                _object({"set": _INSTANT}),
            ]
        },
        "answer": _TIME,
    },
    "POST /_sandbox/faults": {
        "query": _query(_ORGANISATION),
        "body": _object(_FAULTS, required=[]),
        "answer": _object(_FAULTS),
    },
    "GET /_sandbox/quota": {"query": _query(_ORGANISATION), "answer": _object(_QUOTA_FIELDS)},
    "POST /_sandbox/quota": {
        "query": _query(_ORGANISATION),
        "body": _object(_QUOTA_FIELDS, required=[]),
        "answer": _object(_QUOTA_FIELDS),
    },
    "GET /_sandbox/switches": {"query": _query(_ORGANISATION), "answer": _SWITCHES},
    "POST /_sandbox/switches": {
        "query": _query(_ORGANISATION),
        "body": _map(_TEXT),
        "answer": _SWITCHES,
    },
    "GET /_sandbox/dump/{resource}": {
        "query": _query(_PAGE),
        "answer": _object({"rows": _list(_ROW), "next": _or_null(_WHOLE)}),
    },
    "GET /_sandbox/people": {
        "query": _query(_ORGANISATION),
        "answer": _list(_object({"name": _TEXT, "email": _TEXT, "token": _TEXT})),
    },
    "POST /_sandbox/reset": {
        "query": _query(_ORGANISATION),
        "answer": _object({"reset": _TEXT}),
    },
    "GET /_sandbox/organisations": {
        "query": _query({}),
        "answer": _list(_object({"name": _TEXT, "tenant_id": _TEXT})),
    },
    "POST /_sandbox/screen": {
        "query": _query(_ORGANISATION),
        "body": {
            "oneOf": [
                _object(
                    {"do": {"const": "merge"}, "person": _TEXT, "loser": _TEXT, "winner": _TEXT}
                ),
                _object({"do": {"const": "unarchive"}, "person": _TEXT, "contact": _TEXT}),
                _object(
                    {"do": {"const": "edit"}, "person": _TEXT, "contact": _TEXT, "values": _ROW}
                ),
            ]
        },
        "answer": _object({"done": {"const": True}}),
    },
    "GET /_sandbox/webhooks": {"query": _query(_ORGANISATION), "answer": _WEBHOOKS},
    "POST /_sandbox/webhooks": {
        "query": _query(_ORGANISATION),
        "body": {
            "oneOf": [
                _object({"url": {"type": "string", "format": "uri"}, "key": _TEXT}),
                _object({"trigger": _TRIGGER}),
            ]
        },
        "answer": _WEBHOOKS,
    },
    "GET /_sandbox/schema": {"query": _query({}), "answer": {"type": "object"}},
}
