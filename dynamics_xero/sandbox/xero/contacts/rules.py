"""Which contact a write is about, and whether it may be (xero.md 4, Verbs; 5, Contacts)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from dynamics_xero.sandbox.switches import Switches
from dynamics_xero.sandbox.xero import switches as declared
from dynamics_xero.sandbox.xero.contacts import messages, store
from dynamics_xero.sandbox.xero.contacts.document import Document
from dynamics_xero.sandbox.xero.contacts.store import Stored
from dynamics_xero.sandbox.xero.contacts.validate import Sent

_FOLDS: dict[str, Callable[[str], str]] = {
    "exact": str,
    "case_insensitive": str.casefold,
    "collapse_spaces": store.name_key,
}


class RuleBrokenError(Exception):
    """An element breaks a rule that takes other contacts into account."""


@dataclass(frozen=True)
class ContactRules:
    """The rules under the positions the switches have during one request."""

    fold: Callable[[str], str]
    match_order: tuple[str, ...]
    put_name_updates: bool
    put_number_updates: bool
    archived_name: str
    unarchive_allowed: bool
    include_needs_email: bool

    @classmethod
    def under(cls, switches: Switches) -> ContactRules:
        """Read the switches once."""
        return cls(
            fold=_FOLDS[switches.get(declared.NAME_FOLD.name)],
            match_order=tuple(switches.get(declared.POST_MATCH_ORDER.name).split(",")),
            put_name_updates=switches.get(declared.PUT_EXISTING_NAME.name) == "update",
            put_number_updates=switches.get(declared.PUT_EXISTING_NUMBER.name) == "update",
            archived_name=switches.get(declared.ARCHIVED_NAME_MATCH.name),
            unarchive_allowed=switches.get(declared.UNARCHIVE_ALLOWED.name) == "yes",
            include_needs_email=(
                switches.get(declared.INCLUDE_IN_EMAILS.name) == "needs_primary_email"
            ),
        )

    def target_of_post(self, tx: sqlite3.Connection, sent: Sent) -> Stored | None:
        """Return the contact a POST updates, None when it creates one.

        Raises RuleBrokenError for an unknown ContactID and for an archived match.
        """
        for key in self.match_order:
            found = self._match(tx, sent, key)
            if found is not None:
                return found
        return None

    def target_of_put(self, tx: sqlite3.Connection, sent: Sent) -> Stored | None:
        """Return the contact a PUT hits nevertheless; None in the documented case, a create.

        A ContactID in the body is passed over: clients do not choose ids.
        """
        number, name = sent.text("ContactNumber"), sent.text("Name")
        holder = store.by_number(tx, number) if number else None
        if holder is not None and (self.put_number_updates or holder.archived):
            return holder
        named = [found for found in self._named(tx, name) if found.active]
        if named and holder is None and self.put_name_updates:
            return named[0]
        if holder is None and not named and self.archived_name == "put_and_post":
            self._refuse_archived_name(tx, name)
        return None

    def check_edit(self, target: Stored, sent: Sent) -> None:
        """Refuse to edit an archived contact."""
        restores = self.unarchive_allowed and sent.values.get("ContactStatus") == "ACTIVE"
        if target.archived and not restores:
            raise RuleBrokenError(messages.ARCHIVED)

    def check_result(self, tx: sqlite3.Connection, document: Document, sent: Sent) -> None:
        """Refuse what the contact would become."""
        contact_id, name = document["ContactID"], str(document["Name"])
        if not name:
            raise RuleBrokenError(messages.NAME_MISSING)
        if document["ContactStatus"] == "ACTIVE" and any(
            other.active and other.contact_id != contact_id for other in self._named(tx, name)
        ):
            raise RuleBrokenError(messages.name_taken(name))
        number = sent.text("ContactNumber")
        holder = store.by_number(tx, number) if number else None
        if holder is not None and holder.contact_id != contact_id:
            raise RuleBrokenError(messages.number_taken(number))
        if self.include_needs_email:
            _check_primary_email(document, sent)

    def _match(self, tx: sqlite3.Connection, sent: Sent, key: str) -> Stored | None:
        if key == "ContactID":
            if sent.contact_id is None:
                return None
            found = store.by_id(tx, sent.contact_id)
            if found is None:
                raise RuleBrokenError(messages.UNKNOWN_ID)
            return found
        text = sent.text(key)
        if not text:
            return None
        if key == "ContactNumber":
            return store.by_number(tx, text)
        active = [found for found in self._named(tx, text) if found.active]
        if not active and self.archived_name != "never":
            self._refuse_archived_name(tx, text)
        return active[0] if active else None

    def _refuse_archived_name(self, tx: sqlite3.Connection, name: str) -> None:
        if any(found.archived for found in self._named(tx, name)):
            raise RuleBrokenError(messages.ARCHIVED)

    def _named(self, tx: sqlite3.Connection, name: str) -> list[Stored]:
        wanted = self.fold(name)
        return [
            found
            for found in store.by_name_key(tx, store.name_key(name))
            if self.fold(str(found.document["Name"])) == wanted
        ]


def _check_primary_email(document: Document, sent: Sent) -> None:
    persons = document.get("ContactPersons")
    touched = sent.values.keys() & {"ContactPersons", "EmailAddress"}
    if not touched or document["EmailAddress"] or not isinstance(persons, list):
        return
    if any(person["IncludeInEmails"] for person in persons):
        raise RuleBrokenError(messages.NO_PRIMARY_EMAIL)
