"""What people do to contacts on Xero's screens only: merge, restore, read-only fields."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.xero.call import Author
from dynamics_xero.sandbox.xero.contacts import document as documents
from dynamics_xero.sandbox.xero.contacts import messages, store
from dynamics_xero.sandbox.xero.contacts.store import Stored
from dynamics_xero.sandbox.xero.contacts.write import ContactWriter

_SCREEN_FIELDS = frozenset({"Website"})


class ScreenError(ValueError):
    """The screen would not let a person do this."""


def merge(endpoint: Endpoint, loser: str, winner: str, actor: str) -> None:
    """Merge one contact into another (xero.md 5, Contacts: Merge): the loser is archived.

    Raises ScreenError when either is unknown or archived, or both are the same.
    """
    if loser.lower() == winner.lower():
        raise ScreenError("a contact cannot be merged into itself")
    _edit(endpoint, winner, {}, actor)
    _edit(
        endpoint,
        loser,
        {"ContactStatus": "ARCHIVED", "MergedToContactID": winner.lower()},
        actor,
    )


def unarchive(endpoint: Endpoint, contact: str, actor: str) -> None:
    """Restore an archived contact; its name must still be free."""
    with endpoint.database.write() as tx:
        target = store.by_id(tx, contact.lower())
        if target is None or not target.archived:
            raise ScreenError("no such archived contact")
        writer = ContactWriter.of(endpoint, tx, _author(actor))
        name = str(target.document["Name"])
        if any(other.active for other in store.by_name_key(tx, store.name_key(name))):
            raise ScreenError(messages.name_taken(name))
        writer.keep(
            target,
            documents.changed(
                target.document, {"ContactStatus": "ACTIVE", "MergedToContactID": ""}
            ),
        )


def edit(endpoint: Endpoint, contact: str, values: Mapping[str, object], actor: str) -> None:
    """Fill fields that the API only reads, Website for one."""
    if values.keys() - _SCREEN_FIELDS:
        raise ScreenError(f"only {sorted(_SCREEN_FIELDS)} are edited this way")
    _edit(endpoint, contact, values, actor)


def _edit(endpoint: Endpoint, contact: str, values: Mapping[str, object], actor: str) -> None:
    with endpoint.database.write() as tx:
        target = store.by_id(tx, contact.lower())
        _check_live(target)
        if target is not None and values:
            writer = ContactWriter.of(endpoint, tx, _author(actor))
            writer.keep(target, documents.changed(target.document, values))


def _check_live(target: Stored | None) -> None:
    if target is None or target.archived:
        raise ScreenError("no such active contact")


def _author(actor: str) -> Author:
    return Author("", actor, "SCREEN", "/Contacts")
