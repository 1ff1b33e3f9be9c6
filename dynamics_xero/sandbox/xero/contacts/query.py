"""Which contacts a list call asks for, and in which order (xero.md 3, Reading)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request
from dynamics_xero.sandbox.xero import where
from dynamics_xero.sandbox.xero.contacts import fields
from dynamics_xero.sandbox.xero.contacts.validate import guid
from dynamics_xero.sandbox.xero.dates import milliseconds, parse_instant
from dynamics_xero.sandbox.xero.envelope import parameters, truth
from dynamics_xero.sandbox.xero.errors import invalid
from dynamics_xero.sandbox.xero.switches import DEFAULT_ORDER
from dynamics_xero.sandbox.xero.where import Condition, Field, Kind

_TYPE = "Contact"
_COLUMNS = {
    "ContactID": Field("contact_id", Kind.GUID),
    "Name": Field("name", Kind.TEXT),
    "ContactNumber": Field("number", Kind.TEXT),
    "ContactStatus": Field("status", Kind.TEXT),
    "EmailAddress": Field("email", Kind.TEXT),
    "AccountNumber": Field("account_number", Kind.TEXT),
    "UpdatedDateUTC": Field("updated", Kind.TIME),
    "MergedToContactID": Field("json_extract(document, '$.MergedToContactID')", Kind.GUID),
}
_TEXTS = (*fields.TEXTS, *fields.CHOICES, "DefaultCurrency", "Website")
_TRUTHS = ("IsSupplier", "IsCustomer", "HasAttachments")
_FIELDS: dict[str, Field] = {
    **{name.lower(): Field(f"json_extract(document, '$.{name}')", Kind.TEXT) for name in _TEXTS},
    **{name.lower(): Field(f"json_extract(document, '$.{name}')", Kind.TRUTH) for name in _TRUTHS},
    **{name.lower(): field for name, field in _COLUMNS.items()},
}
# Names are ordered as people read them, not by code point.
_ORDERED = {**_FIELDS, "name": Field("name_key", Kind.TEXT)}


@dataclass(frozen=True)
class Selection:
    """SQL of one list call, ordered in the end by ContactID, so that pages do not overlap."""

    condition: Condition
    terms: tuple[str, ...]

    def order(self, *, walk_index: bool) -> str:
        """Return the ORDER BY; few rows out of many are better sorted than met on a long walk."""
        return ", ".join(self.terms if walk_index else [f"+{term}" for term in self.terms])


def select(request: Request, endpoint: Endpoint) -> Selection:
    """Read a list call's parameters. Raises RefusedError for what Xero would refuse."""
    asked = parameters(request)
    conditions = []
    if not truth(request, "includeArchived", default=False):
        conditions.append(Condition("archived = 0"))
    since = modified_since(request)
    if since is not None:
        conditions.append(Condition("updated >= ?", (since,)))
    if asked.get("ids"):
        conditions.append(_ids(asked["ids"]))
    if asked.get("searchterm"):
        conditions.append(Condition("instr(search, ?) > 0", (asked["searchterm"].casefold(),)))
    if asked.get("where"):
        conditions.append(where.parse(asked["where"], _FIELDS, _TYPE))
    sql = " AND ".join(condition.sql for condition in conditions) or "1"
    arguments = tuple(argument for condition in conditions for argument in condition.arguments)
    unguarded = conditions[-1].unguarded if conditions else ()
    return Selection(Condition(sql, arguments, unguarded), _order(asked, endpoint))


def modified_since(request: Request) -> int | None:
    """Return the header's time, whose accuracy is a second (xero.md 3, If-Modified-Since)."""
    text = request.headers.get("if-modified-since", "").strip()
    if not text:
        return None
    try:
        return milliseconds(parse_instant(text)) // 1000 * 1000
    except (ValueError, OverflowError):
        raise invalid(f"'{text}' is not a valid value for If-Modified-Since.") from None


def _ids(text: str) -> Condition:
    found = [guid(part.strip().strip('"')) for part in text.split(",") if part.strip()]
    if None in found:
        raise invalid(f"'{text}' is not a valid value for IDs.")
    return Condition(f"contact_id IN ({','.join('?' * len(found))})", tuple(found))


def _order(asked: Mapping[str, str], endpoint: Endpoint) -> tuple[str, ...]:
    text = asked.get("order") or endpoint.switches.get(DEFAULT_ORDER.name)
    terms = list(where.ordered(text, _ORDERED, _TYPE))
    if not any(term.startswith("contact_id") for term in terms):
        terms.append("contact_id")
    return tuple(terms)
