"""Which operation stands at which path, and the scope it asks for (OAS; xero.md 1, Scopes)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dynamics_xero.sandbox.web import Response
from dynamics_xero.sandbox.xero import (
    attachments,
    currencies,
    groups,
    history,
    organisation,
    users,
)
from dynamics_xero.sandbox.xero.call import Call
from dynamics_xero.sandbox.xero.contacts import read, write

_CONTACTS = "accounting.contacts"
_SETTINGS = "accounting.settings"
_ATTACHMENTS = "accounting.attachments"


@dataclass(frozen=True)
class Read:
    """An operation that changes nothing; `json` = it answers in JSON, and only so."""

    scope: str
    answer: Callable[[Call], Response]
    json: bool = True


@dataclass(frozen=True)
class Write:
    """An operation in one transaction; without `json` it has nothing to answer."""

    scope: str
    answer: Callable[[Call, sqlite3.Connection], Response]
    json: bool = True


Operation = Read | Write

ROUTES: Mapping[str, Mapping[str, Operation]] = {
    "Contacts": {
        "GET": Read(_CONTACTS, read.list_contacts),
        "PUT": Write(_CONTACTS, write.write_contacts),
        "POST": Write(_CONTACTS, write.write_contacts),
    },
    "Contacts/{id}": {
        "GET": Read(_CONTACTS, read.one_contact),
        "POST": Write(_CONTACTS, write.update_contact),
    },
    "Contacts/{id}/Attachments": {"GET": Read(_ATTACHMENTS, attachments.list_attachments)},
    "Contacts/{id}/Attachments/{id}": {
        "GET": Read(_ATTACHMENTS, attachments.content, json=False),
        "PUT": Write(_ATTACHMENTS, attachments.attach),
        "POST": Write(_ATTACHMENTS, attachments.attach),
    },
    "Contacts/{id}/CISSettings": {"GET": Read(_SETTINGS, organisation.contact_tax_deductions)},
    "Contacts/{id}/History": {
        "GET": Read(_CONTACTS, history.list_history),
        "PUT": Write(_CONTACTS, history.add_notes),
    },
    "ContactGroups": {
        "GET": Read(_CONTACTS, groups.list_groups),
        "PUT": Write(_CONTACTS, groups.create),
    },
    "ContactGroups/{id}": {
        "GET": Read(_CONTACTS, groups.one_group),
        "POST": Write(_CONTACTS, groups.update),
    },
    "ContactGroups/{id}/Contacts": {
        "PUT": Write(_CONTACTS, groups.add_contacts),
        "DELETE": Write(_CONTACTS, groups.remove_contacts, json=False),
    },
    "ContactGroups/{id}/Contacts/{id}": {
        "DELETE": Write(_CONTACTS, groups.remove_contact, json=False)
    },
    "Currencies": {
        "GET": Read(_SETTINGS, currencies.list_currencies),
        "PUT": Write(_SETTINGS, currencies.enable),
    },
    "Organisation": {"GET": Read(_SETTINGS, organisation.one_organisation)},
    "Organisation/Actions": {"GET": Read(_SETTINGS, organisation.actions)},
    "Organisation/{id}/CISSettings": {"GET": Read(_SETTINGS, organisation.tax_deductions)},
    "Users": {"GET": Read(_SETTINGS, users.list_users)},
    "Users/{id}": {"GET": Read(_SETTINGS, users.one_user)},
}
