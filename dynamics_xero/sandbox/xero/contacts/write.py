"""PUT and POST of contacts: many elements, one transaction (xero.md 4, summarizeErrors)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Response
from dynamics_xero.sandbox.xero import currencies, envelope, history
from dynamics_xero.sandbox.xero import switches as declared
from dynamics_xero.sandbox.xero.call import Author, Call
from dynamics_xero.sandbox.xero.contacts import document as documents
from dynamics_xero.sandbox.xero.contacts import store
from dynamics_xero.sandbox.xero.contacts.document import Document
from dynamics_xero.sandbox.xero.contacts.parts import PartRules
from dynamics_xero.sandbox.xero.contacts.rules import ContactRules, RuleBrokenError
from dynamics_xero.sandbox.xero.contacts.store import Stored
from dynamics_xero.sandbox.xero.contacts.validate import Sent, guid, read_element
from dynamics_xero.sandbox.xero.dates import milliseconds, ms_date
from dynamics_xero.sandbox.xero.errors import ZERO_GUID, not_found, validation_failed


@dataclass(frozen=True)
class Outcome:
    """What became of one element; `document` is None when it was refused."""

    sent: Sent
    document: Document | None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContactWriter:
    """Write contacts in one open transaction, under the switches as they stand."""

    endpoint: Endpoint
    tx: sqlite3.Connection
    rules: ContactRules
    author: Author
    now: int

    @classmethod
    def of(cls, endpoint: Endpoint, tx: sqlite3.Connection, author: Author) -> ContactWriter:
        """Begin to write."""
        return cls(
            endpoint,
            tx,
            ContactRules.under(endpoint.switches),
            author,
            milliseconds(endpoint.clock.now()),
        )

    def write(self, sent: Sent, *, create_only: bool) -> Outcome:
        """Write one element, or tell what is wrong with it; a refused one leaves no trace."""
        try:
            find = self.rules.target_of_put if create_only else self.rules.target_of_post
            target = find(self.tx, sent)
            if target is not None:
                self.rules.check_edit(target, sent)
            if sent.errors:
                return Outcome(sent, None, sent.errors)
            before = target.document if target else documents.blank(self.endpoint.new_id())
            after = documents.changed(before, sent.values)
            if after["ContactStatus"] == "ACTIVE":
                # Only what is archived points to a winner; restored, it is itself again.
                after = documents.changed(after, {"MergedToContactID": ""})
            self.rules.check_result(self.tx, after, sent)
        except RuleBrokenError as broken:
            return Outcome(sent, None, (*sent.errors, str(broken)))
        after = self.keep(target, after)
        return Outcome(sent, after)

    def keep(self, target: Stored | None, after: Document) -> Document:
        """Store a contact's form and enter it into the ledger.

        UpdatedDateUTC moves only when a value did, so that equal writes stay out of feeds.
        """
        before = target.document if target else None
        action = _action(before, after)
        if before is None or not documents.same(before, after):
            after = documents.changed(after, {"UpdatedDateUTC": ms_date(self.now)})
            (store.update if target else store.insert)(self.tx, after, self.now)
            history.note_change(self.tx, str(after["ContactID"]), action, self.author, self.now)
        self.endpoint.ledger.record(
            self.tx,
            request=self.author.request,
            actor=self.author.actor,
            method=self.author.method,
            path=self.author.path,
            resource="Contact",
            id=str(after["ContactID"]),
            action=action,
            before=before,
            after=after,
        )
        return after


def write_contacts(call: Call, tx: sqlite3.Connection) -> Response:
    """Answer PUT /Contacts and POST /Contacts."""
    return _written(call, tx, None)


def update_contact(call: Call, tx: sqlite3.Connection) -> Response:
    """Answer POST /Contacts/{ContactID}."""
    contact_id = guid(call.keys[0])
    if contact_id is None or store.by_id(tx, contact_id) is None:
        raise not_found()
    return _written(call, tx, contact_id)


def _written(call: Call, tx: sqlite3.Connection, contact_id: str | None) -> Response:
    endpoint, request = call.endpoint, call.request
    parts = _part_rules(endpoint, currencies.enabled(tx))
    elements = [read_element(entry, parts=parts) for entry in call.elements("Contacts", "Contact")]
    if contact_id is not None:
        # The address names the contact; an id in the body adds nothing.
        elements = [replace(sent, contact_id=contact_id) for sent in elements[:1]]
    summarised = envelope.truth(request, "summarizeErrors", default=True)
    writer = ContactWriter.of(endpoint, tx, call.author)
    tx.execute("SAVEPOINT elements")
    outcomes = [writer.write(sent, create_only=request.method == "PUT") for sent in elements]
    refused = [outcome for outcome in outcomes if outcome.errors]
    if refused and summarised and not _keeps_siblings(endpoint):
        tx.execute("ROLLBACK TO elements")
    tx.execute("RELEASE elements")
    if refused and summarised:
        return validation_failed([_refused(outcome) for outcome in refused])
    if endpoint.switches.get(declared.RESULT_ORDER.name) == "reversed":
        outcomes.reverse()
    response = envelope.answer(
        endpoint,
        "Contacts",
        [envelope.text_of(_result(outcome, summarised=summarised)) for outcome in outcomes],
    )
    response.rows_written = len(outcomes) - len(refused)
    return response


def _part_rules(endpoint: Endpoint, currencies: frozenset[str]) -> PartRules:
    position = endpoint.switches.get
    return PartRules(
        country_letters_only=position(declared.COUNTRY_CHARACTERS.name) == "letters_and_spaces",
        empty_list_clears=position(declared.EMPTY_PERSONS_LIST.name) == "clears",
        currencies=currencies,
    )


def _keeps_siblings(endpoint: Endpoint) -> bool:
    return endpoint.switches.get(declared.SUMMARISED_400_KEEPS_SIBLINGS.name) == "yes"


def _result(outcome: Outcome, *, summarised: bool) -> Document:
    if outcome.document is None:
        return {**_refused(outcome), "StatusAttributeString": "ERROR"}
    return outcome.document if summarised else {**outcome.document, "StatusAttributeString": "OK"}


def _refused(outcome: Outcome) -> Document:
    """Echo what was sent, without nulls, with the objections (xero.md 4, 400 body)."""
    echo = {
        field: _echo(value) for field, value in outcome.sent.element.items() if value is not None
    }
    return {
        **echo,
        # Whatever was sent and whichever contact it met: a failed element has no id.
        "ContactID": ZERO_GUID,
        "HasValidationErrors": True,
        "ValidationErrors": [{"Message": message} for message in outcome.errors],
    }


def _echo(value: object) -> object:
    """Give nested objects the ValidationErrors list they carry in an echo."""
    if isinstance(value, list):
        return [_echo(entry) for entry in value]
    if isinstance(value, dict):
        kept = {field: _echo(inner) for field, inner in value.items() if inner is not None}
        carries = kept.keys() & {"AddressType", "PhoneType", "Day"}
        return {**kept, "ValidationErrors": []} if carries else kept
    return value


def _action(before: Document | None, after: Document) -> str:
    if before is None:
        return "create"
    if before["ContactStatus"] != after["ContactStatus"]:
        if after["ContactStatus"] == "ARCHIVED":
            return "archive"
        if before["ContactStatus"] == "ARCHIVED":
            return "restore"
    return "update"
