"""The parts of a contact: addresses, phones, persons, terms (xero.md 5, Contacts)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dynamics_xero.sandbox.xero.contacts import fields, messages
from dynamics_xero.sandbox.xero.contacts.texts import Objections, flag, text_of
from dynamics_xero.sandbox.xero.errors import no_data

_LETTERS = re.compile(r"[A-Za-z ]*")
Values = dict[str, object]


@dataclass(frozen=True)
class PartRules:
    """Read parts under the positions of two switches, and with the currencies enabled."""

    country_letters_only: bool
    empty_list_clears: bool
    currencies: frozenset[str]

    def read(self, element: Mapping[str, object], wrong: Objections) -> Values:
        """Return the parts an element carries; those it leaves out keep what they are."""
        values: Values = {}
        if "Addresses" in element:
            values["Addresses"] = [
                self._address(entry, wrong) for entry in _entries(element["Addresses"])
            ]
        if "Phones" in element:
            values["Phones"] = [_phone(entry, wrong) for entry in _entries(element["Phones"])]
        if "ContactPersons" in element:
            values |= self._persons(_entries(element["ContactPersons"]), wrong)
        if "PaymentTerms" in element:
            values["PaymentTerms"] = _terms(element["PaymentTerms"], wrong)
        if "BatchPayments" in element:
            values["BatchPayments"] = _texts(
                _entry(element["BatchPayments"]), fields.BATCH_TEXTS, wrong
            )
        for side in ("SalesTrackingCategories", "PurchasesTrackingCategories"):
            if side in element:
                values[side] = [
                    _texts(entry, fields.TRACKING_TEXTS, wrong) for entry in _entries(element[side])
                ]
        return values

    def _address(self, entry: Mapping[str, object], wrong: Objections) -> Values:
        kind = _kind("AddressType", entry, fields.ADDRESS_TYPES, wrong)
        texts = _texts(entry, fields.ADDRESS_TEXTS, wrong)
        if self.country_letters_only and not _LETTERS.fullmatch(str(texts.get("Country", ""))):
            wrong.add(messages.BAD_COUNTRY)
        slots = {"AddressType": kind, **dict.fromkeys(fields.ADDRESS_SLOTS, "")}
        return {**slots, **texts}

    def _persons(self, entries: list[Mapping[str, object]], wrong: Objections) -> Values:
        if not entries and not self.empty_list_clears:
            return {}
        if len(entries) > fields.MOST_PERSONS:
            wrong.add(messages.TOO_MANY_PERSONS)
        return {"ContactPersons": [_person(entry, wrong) for entry in entries]}


def _person(entry: Mapping[str, object], wrong: Objections) -> Values:
    texts = _texts(entry, fields.PERSON_TEXTS, wrong)
    wrong.email(str(texts.get("EmailAddress", "")))
    return {**texts, "IncludeInEmails": flag(entry.get("IncludeInEmails"))}


def _phone(entry: Mapping[str, object], wrong: Objections) -> Values:
    kind = _kind("PhoneType", entry, fields.PHONE_TYPES, wrong)
    blank = dict.fromkeys(fields.PHONE_TEXTS, "")
    return {"PhoneType": kind, **blank, **_texts(entry, fields.PHONE_TEXTS, wrong)}


def _terms(value: object, wrong: Objections) -> Values:
    terms: Values = {}
    for side in ("Bills", "Sales"):
        entry = _entry(_entry(value).get(side) or {})
        if not entry:
            continue
        day = text_of(entry.get("Day", ""))
        kind = _kind("Type", entry, fields.TERM_TYPES, wrong)
        if not day.isdecimal() or int(day) > 31:
            wrong.add(messages.BAD_DAY)
            continue
        terms[side] = {"Day": int(day), "Type": kind}
    return terms


def _kind(
    field: str, entry: Mapping[str, object], choices: tuple[str, ...], wrong: Objections
) -> str:
    kind = wrong.choice(field, entry.get(field), choices)
    if not text_of(entry.get(field)):
        wrong.add(messages.not_one_of(field, ""))
    return kind


def _texts(
    entry: Mapping[str, object],
    limits: Mapping[str, int | None] | Mapping[str, int],
    wrong: Objections,
) -> Values:
    texts = {field: wrong.text(field, entry.get(field), limit) for field, limit in limits.items()}
    return {field: text for field, text in texts.items() if text}


def _entries(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list):
        raise no_data()
    return [_entry(entry) for entry in value]


def _entry(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise no_data()
    return value
