"""Turn one sent contact into clean values, with every objection to it (xero.md 5, Contacts)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from dynamics_xero.sandbox.xero.contacts import fields, messages
from dynamics_xero.sandbox.xero.contacts.parts import PartRules
from dynamics_xero.sandbox.xero.contacts.texts import Objections, text_of

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Sent:
    """One element of a request: clean values of the fields it carries, and what is wrong."""

    element: Mapping[str, object]
    contact_id: str | None
    values: dict[str, object]
    errors: tuple[str, ...]

    def text(self, field: str) -> str:
        """Return a clean text, empty when it was not sent."""
        value = self.values.get(field, "")
        return value if isinstance(value, str) else ""


def read_element(element: Mapping[str, object], *, parts: PartRules) -> Sent:
    """Judge one element by itself; unknown and read-only fields are passed over.

    A null counts as not sent: absent and null mean the same to Xero's reader.
    """
    wrong = Objections()
    known = {field: value for field, value in element.items() if value is not None}
    values: dict[str, object] = {}
    for field, limit in fields.TEXTS.items():
        if field in known:
            values[field] = wrong.text(field, known[field], limit)
    for field, choices in fields.CHOICES.items():
        chosen = wrong.choice(field, known.get(field, ""), choices)
        if field in known and (chosen or field != "ContactStatus"):
            values[field] = chosen
    if "EmailAddress" in values:
        wrong.email(str(values["EmailAddress"]))
    if "DefaultCurrency" in known:
        values["DefaultCurrency"] = _currency(known["DefaultCurrency"], parts.currencies, wrong)
    values |= parts.read(known, wrong)
    contact_id = _guid(known.get("ContactID"), wrong)
    return Sent(element, contact_id, values, tuple(wrong.messages))


def guid(text: str) -> str | None:
    """Return a GUID in Xero's spelling, or None for a text that is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _guid(value: object, wrong: Objections) -> str | None:
    text = text_of(value) if value is not None else ""
    if not text:
        return None
    found = guid(text)
    if found is None:
        wrong.add(messages.BAD_ID)
    elif found == "00000000-0000-0000-0000-000000000000":
        # What a failed create came back with, sent again: no id at all.
        return None
    return found


def _currency(value: object, enabled: frozenset[str], wrong: Objections) -> str:
    code = text_of(value)
    if code and not _CURRENCY.fullmatch(code):
        wrong.add(messages.not_one_of("DefaultCurrency", code))
    elif code and code not in enabled:
        wrong.add(messages.not_subscribed(code))
    return code
