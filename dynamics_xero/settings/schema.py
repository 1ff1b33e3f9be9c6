"""The settings file in marshmallow's terms. Only `reading` imports this, and only when it reads."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from dynamics_xero.settings import addresses
from dynamics_xero.settings.values import CODE_FLOW, CUSTOM_CONNECTION

LATER = {
    "direction": "directions come with a later version; edits_from_xero and new_from_xero say what "
    "comes from Xero",
    "owner": "owners come with a later version; Dynamics owns every field now",
    "scope": "scopes come with a later version; every record is in scope now",
}
"""What the settings will know one day -> what to say until then."""


def text(missing: str, **more: Any) -> fields.String:
    """Return a text that has to be there; `missing` tells where to find it."""
    return fields.String(
        required=True,
        validate=validate.Length(min=1, error=f"is empty. {missing}"),
        error_messages={"required": f"is missing. {missing}", "invalid": "must be a text"},
        **more,
    )


def optional_text() -> fields.String:
    """Return a text that may be left out, but not be empty."""
    return fields.String(
        load_default=None,
        validate=validate.Length(min=1, error="is empty; leave the line out instead"),
        error_messages={"invalid": "must be a text"},
    )


def seconds(default: float | None, least: float) -> fields.Float:
    """Return a number of seconds."""
    return fields.Float(
        load_default=default,
        validate=validate.Range(least, 86_400, error=f"must be between {least:g} and 86400"),
        error_messages={"invalid": "must be a number of seconds"},
    )


def switch(*, default: bool = False) -> fields.Boolean:
    """Return a yes or no that is no when left out."""
    return fields.Boolean(load_default=default, error_messages={"invalid": "must be true or false"})


class Day(fields.Field[date]):
    """A TOML date, or its ISO text where the environment gives it."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError("must be a date such as 2026-01-01") from None


UNSIGNED = "is missing. Copy it from the app's registration, or name a client_secret_file."


class SideSchema(Schema):
    """What both sides of a connection have in common."""

    hosts: ClassVar[dict[str, re.Pattern[str]]] = {}

    client_secret = optional_text()
    ca_file = optional_text()
    proxy = optional_text()
    allow_custom_host = switch()

    @validates_schema(skip_on_field_errors=False)
    def check_addresses(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse hosts that are neither the vendor's nor explicitly allowed."""
        found = {
            name: addresses.fault_of(data[name], known, custom=data["allow_custom_host"])
            for name, known in self.hosts.items()
            if data.get(name) and "allow_custom_host" in data
        }
        if faults := {name: [fault] for name, fault in found.items() if fault}:
            raise ValidationError(faults)

    @post_load
    def without_last_slash(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Give every address the one form that the rest of the code adds paths to."""
        return {
            name: value.rstrip("/") if value and name in self.hosts else value
            for name, value in data.items()
            if name != "allow_custom_host"
        }


class DynamicsSchema(SideSchema):
    """[connections.NAME.dynamics]"""

    hosts: ClassVar = {
        "url": addresses.DYNAMICS_HOST,
        "authority": addresses.MICROSOFT_SIGN_IN_HOST,
    }
    needed: ClassVar = {
        "authority": "is missing. It is https://login.microsoftonline.com/ and the directory "
        "(tenant) id.",
        "client_id": "is missing. It is the application (client) id of the app's registration in "
        "Entra.",
    }

    url = text("It is the environment's address, such as https://contoso.crm.dynamics.com.")
    authority = optional_text()
    client_id = optional_text()
    certificate_file = optional_text()
    managed_identity = switch()
    poll_s = seconds(10.0, 0.1)

    @validates_schema(skip_on_field_errors=False)
    def check_sign_in(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse two ways to sign in, none, and half of one."""
        managed = bool(data.get("managed_identity"))
        given = [name for name in ("client_secret", "certificate_file") if data.get(name)]
        faults = {}
        if len(given) + managed > 1:
            ways = "client_secret, certificate_file and managed_identity"
            faults[given[-1]] = [f"is one way too many to sign in: {ways} exclude each other"]
        elif not managed:
            faults = {n: [said] for n, said in self.needed.items() if n in data and not data[n]}
            if not given and {"client_secret", "certificate_file"} <= data.keys():
                faults["client_secret"] = [UNSIGNED]
        if faults:
            raise ValidationError(faults)


class XeroSchema(SideSchema):
    """[connections.NAME.xero]"""

    hosts: ClassVar = {
        "api_url": addresses.XERO_API_HOST,
        "identity_url": addresses.XERO_SIGN_IN_HOST,
        "login_url": addresses.XERO_LOGIN_HOST,
    }

    flow = fields.String(
        load_default=CUSTOM_CONNECTION,
        validate=validate.OneOf(
            [CUSTOM_CONNECTION, CODE_FLOW], error='must be "custom_connection" or "code"'
        ),
        error_messages={"invalid": "must be a text"},
    )
    client_id = text("It is the client id of the app or custom connection, at developer.xero.com.")
    tenant_id = optional_text()
    api_url = fields.String(load_default="https://api.xero.com/api.xro/2.0")
    identity_url = fields.String(load_default="https://identity.xero.com")
    login_url = fields.String(load_default="https://login.xero.com")
    redirect_port = fields.Integer(
        load_default=8740,
        validate=validate.Range(1, 65535, error="must be between 1 and 65535"),
        error_messages={"invalid": "must be a whole number"},
    )
    poll_s = seconds(300.0, 0.1)
    calls_a_day = fields.Integer(
        load_default=None,
        validate=validate.Range(100, 1_000_000, error="must be between 100 and 1000000"),
        error_messages={"invalid": "must be a whole number"},
    )

    @validates_schema(skip_on_field_errors=False)
    def check_secret(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a custom connection without a secret; an app people consent to may have none."""
        asked = data.get("flow") == CODE_FLOW
        if not asked and "client_secret" in data and not data["client_secret"]:
            raise ValidationError({"client_secret": [UNSIGNED]})


class EntitySchema(Schema):
    """[entities.NAME]"""

    enabled = switch(default=True)
    edits_from_xero = switch(default=True)
    new_from_xero = switch(default=False)
    match_first = optional_text()


class LimitsSchema(Schema):
    """[limits]"""

    batch = fields.Integer(
        load_default=50,
        validate=validate.Range(1, 50, error="must be between 1 and 50"),
        error_messages={"invalid": "must be a whole number"},
    )
    batch_most = fields.Integer(
        load_default=400,
        validate=validate.Range(1, 500, error="must be between 1 and 500"),
        error_messages={"invalid": "must be a whole number"},
    )
    call_s = seconds(35.0, 1)
    deadline_s = seconds(100.0, 2)

    @validates_schema
    def check_deadline(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a deadline that leaves a call no time to wait for its turn."""
        if data["deadline_s"] < 1.5 * data["call_s"]:
            raise ValidationError({"deadline_s": ["must be at least 1.5 times call_s"]})


class ConnectionSchema(Schema):
    """[connections.NAME]: both sides have to be there; each is read by its own schema."""

    dynamics = fields.Raw(required=True, error_messages={"required": "is missing"})
    xero = fields.Raw(required=True, error_messages={"required": "is missing"})


class FileSchema(Schema):
    """The file's top. Connections and entities are read one by one with the schemas above."""

    state = text('Write state = "sqlite:///state.db".')
    broker = fields.String(
        load_default="embedded",
        validate=validate.Regexp(
            r"embedded$|rediss?://|amqps?://",
            error='must be "embedded", redis://... or amqp://...',
        ),
        error_messages={"invalid": "must be a text"},
    )
    key = optional_text()
    key_file = optional_text()
    first_run = fields.String(
        load_default="plan",
        validate=validate.OneOf(["plan", "apply"], error='must be "plan" or "apply"'),
        error_messages={"invalid": "must be a text"},
    )
    from_date = Day(load_default=None)
    clock_url = optional_text()
    linger_s = seconds(None, 0)
    keep_days = fields.Integer(
        load_default=730,
        validate=validate.Range(1, 36500, error="must be between 1 and 36500"),
        error_messages={"invalid": "must be a whole number"},
    )
    reconcile_days = fields.Integer(
        load_default=7,
        validate=validate.Range(0, 30, error="must be between 0 and 30"),
        error_messages={"invalid": "must be a whole number"},
    )
    sentry_dsn = optional_text()
    limits = fields.Raw(load_default=dict)
    connections = fields.Raw(load_default=dict)
    entities = fields.Raw(load_default=dict)

    @validates_schema(skip_on_field_errors=False)
    def check_top(self, data: dict[str, Any], **_: Any) -> None:
        """Check what one validator of marshmallow's own cannot say."""
        faults = {}
        state = data.get("state")
        if state and not state.startswith(("sqlite:///", "postgresql+psycopg://")):
            faults["state"] = ["must begin with sqlite:/// or postgresql+psycopg://"]
        elif state in ("sqlite:///", "sqlite:///:memory:"):
            faults["state"] = ["must name a file: what is only in memory is lost at every start"]
        clock_url = data.get("clock_url")
        if clock_url and (fault := addresses.fault_of(clock_url, None, custom=False)):
            faults["clock_url"] = [fault]
        if faults:
            raise ValidationError(faults)
