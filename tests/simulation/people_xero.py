"""People at work in Xero: through its public API, and on the screens where it has no call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.simulation.calling import Told
from tests.simulation.ground import Ground
from tests.simulation.mapped import ACCOUNT, Way, owner
from tests.simulation.words import Words

EDITED = tuple(same for same in ACCOUNT if same.way is not Way.TO_DYNAMICS)
LISTED = 5

Document = dict[str, object]


@dataclass
class InXero:
    """What Ada does in Xero: each method is one edit and returns a line that tells of it."""

    ground: Ground
    words: Words

    def create_contact(self) -> str:
        """Make a contact that no account knows of."""
        chance = self.words.chance
        contact: Document = {"Name": self.words.filled("name")}
        for same in chance.sample(EDITED[1:], chance.randint(0, 3)):
            _put(contact, same.xero, self.words.filled(same.dynamics))
        return self._write("create contact", "PUT", contact)

    def edit_contact(self) -> str:
        """Change a field or two of a contact."""
        contact = self._one()
        if contact is None:
            return self.create_contact()
        chance = self.words.chance
        chosen = chance.sample(EDITED, chance.choice((1, 1, 2)))
        changes: Document = {"ContactID": contact["ContactID"]}
        for same in chosen:
            _put(changes, same.xero, self.words.for_column(same.dynamics), whole=contact)
        return self._write("edit contact", "POST", changes)

    def edit_row(self, contact_id: str | None, wanted: Sequence[str]) -> str:
        """Change a field of this contact, as a rule one of those that are wanted.

        wanted: names of fields in Xero, or of the columns of an account that hold the same.
        """
        rows = self._all()
        contact = next((row for row in rows if row["ContactID"] == contact_id), None)
        if contact is None:
            return self.edit_contact()
        same = self.words.one_of(
            EDITED, [one for one in EDITED if one.xero in wanted or one.dynamics in wanted]
        )
        changes: Document = {"ContactID": contact_id}
        value = self.words.for_column(same.dynamics)
        _put(changes, same.xero, value, whole=contact)
        return self._write("edit contact", "POST", changes)

    def contact_of(self, row_id: str) -> str | None:
        """Return the contact that carries the number of a row in Dynamics."""
        found = [row for row in self._all() if owner(row) == row_id]
        return str(found[0]["ContactID"]) if found else None

    def owner_of(self, contact_id: str) -> str | None:
        """Return the row in Dynamics whose number a contact carries."""
        found = [owner(row) for row in self._all() if row["ContactID"] == contact_id]
        return found[0] if found else None

    def edit_website(self) -> str:
        """Type a website on the screen; the API only reads it."""
        contact = self._one()
        if contact is None:
            return self.create_contact()
        self.words.count += 1
        values = {"Website": f"http://site-{self.words.count}.example"}
        return self._on_screen("edit", contact=contact["ContactID"], values=values)

    def add_person(self) -> str:
        """Add a person to a contact's list."""
        return self._edit_list(self._added)

    def edit_person(self) -> str:
        """Change a person's name or e-mail."""
        return self._edit_list(self._edited)

    def remove_person(self) -> str:
        """Take a person out of a contact's list."""
        return self._edit_list(self._removed)

    def archive_contact(self) -> str:
        """Archive a contact."""
        contact = self._one()
        if contact is None:
            return self.create_contact()
        changes: Document = {"ContactID": contact["ContactID"], "ContactStatus": "ARCHIVED"}
        return self._write("archive contact", "POST", changes)

    def restore_contact(self) -> str:
        """Restore an archived contact on the screen."""
        contact = self._one(archived=True)
        if contact is None:
            return self.edit_contact()
        return self._on_screen("unarchive", contact=contact["ContactID"])

    def merge_contacts(self) -> str:
        """Merge two contacts on the screen; the second one stays."""
        found = self._contacts(archived=False)
        if len(found) < 2:
            return self.create_contact()
        loser, winner = self.words.chance.sample(found, 2)
        return self._on_screen("merge", loser=loser["ContactID"], winner=winner["ContactID"])

    def _edit_list(self, change: Callable[[list[Document]], list[Document]]) -> str:
        contact = self._one()
        if contact is None:
            return self.create_contact()
        rows = contact.get("ContactPersons")
        persons = change([dict(row) for row in rows] if isinstance(rows, list) else [])
        changes: Document = {"ContactID": contact["ContactID"], "ContactPersons": persons}
        return self._write("edit persons", "POST", changes)

    def _added(self, rows: list[Document]) -> list[Document]:
        return [*rows, self._person()] if len(rows) < LISTED else self._edited(rows)

    def _edited(self, rows: list[Document]) -> list[Document]:
        if not rows:
            return [self._person()]
        row = self.words.chance.choice(rows)
        column, name = self.words.chance.choice(
            (("lastname", "LastName"), ("emailaddress1", "EmailAddress"))
        )
        row[name] = self.words.for_column(column) or ""
        return rows

    def _removed(self, rows: list[Document]) -> list[Document]:
        if not rows:
            return [self._person()]
        rows.remove(self.words.chance.choice(rows))
        return rows

    def _person(self) -> Document:
        return {
            "FirstName": self.words.filled("firstname"),
            "LastName": self.words.filled("lastname"),
            "EmailAddress": self.words.for_column("emailaddress1") or "",
        }

    def _one(self, *, archived: bool = False) -> Document | None:
        found = self._contacts(archived=archived)
        return self.words.chance.choice(found) if found else None

    def _contacts(self, *, archived: bool) -> list[Document]:
        """Read what the person sees now; who edits a list sends all of it back."""
        return [row for row in self._all() if (row["ContactStatus"] == "ARCHIVED") is archived]

    def _all(self) -> list[Document]:
        answer = self._call("GET", "Contacts?page=1&includeArchived=true", None)
        rows: list[Document] = answer.json()["Contacts"]
        return sorted(rows, key=lambda row: str(row["ContactID"]))

    def _write(self, what: str, method: str, contact: Document) -> str:
        answer = self._call(method, "Contacts", {"Contacts": [contact]})
        refused = "" if answer.ok else f"REFUSED ({answer.text[:200]}) "
        return f"xero: {refused}{what} {contact}"

    def _on_screen(self, do: str, **work: object) -> str:
        url = f"{self.ground.serving.xero_url}/_sandbox/screen"
        body = {"do": do, "person": "ada", **work}
        answer = self.ground.people.call("POST", url, body, {})
        refused = "" if answer.ok else f"REFUSED ({answer.text[:200]}) "
        return f"xero: {refused}{do} on screen {work}"

    def _call(self, method: str, path: str, body: object) -> Told:
        headers = {
            "Authorization": f"Bearer {self.ground.tokens['xero']}",
            "xero-tenant-id": self.ground.serving.organisations[0].tenant_id,
            "Accept": "application/json",
        }
        url = f"{self.ground.serving.xero_api_url}/{path}"
        return self.ground.people.call(method, url, body, headers)


def _put(
    contact: Document, path: str, value: str | None, *, whole: Mapping[str, object] | None = None
) -> None:
    """Set a path in a document; an address goes whole, as a form sends it."""
    head, _, rest = path.partition(".")
    if not rest:
        contact[head] = value or ""
        return
    kind, _, member = rest.partition(".")
    label = "PhoneType" if head == "Phones" else "AddressType"
    shown = contact.get(head) or (whole or {}).get(head) or []
    rows = [dict(row) for row in shown] if isinstance(shown, list) else []
    row = next((one for one in rows if one[label] == kind), None)
    if row is None:
        rows.append(row := {label: kind})
    if head == "Phones":
        row.update(PhoneNumber=value or "", PhoneAreaCode="", PhoneCountryCode="")
    else:
        row[member] = value or ""
    contact[head] = rows
