"""One organisation for tests of the Xero side: a person who edits, sides that watch and write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests

from dynamics_xero.model import ActionKind, Answer, Feed, Page, Purpose, Record, Values, Write
from dynamics_xero.sandbox.serving import Serving
from dynamics_xero.settings import Secret, XeroSettings
from dynamics_xero.xero.side import XeroSide
from tests.memory import MemoryBudgets, MemoryTokens, SteppedClock
from tests.sandbox import Control, caller, start
from tests.trips.switched import set_back

CONTACTS = Feed(
    "Contact",
    (
        "Name",
        "ContactNumber",
        "AccountNumber",
        "EmailAddress",
        "FirstName",
        "LastName",
        "Addresses.POBOX.City",
        "Addresses.POBOX.Country",
        "Phones.DEFAULT.PhoneNumber",
        "TaxNumber",
    ),
    ("ContactPersons",),
)
NOBODY = "11111111-2222-4333-8444-555555555555"


@dataclass
class World:
    """A running organisation with a person's session and the control calls."""

    serving: Serving
    session: requests.Session
    control: Control
    clock: SteppedClock = field(default_factory=SteppedClock)
    tokens: MemoryTokens = field(default_factory=MemoryTokens)
    budgets: MemoryBudgets = field(default_factory=MemoryBudgets)

    @property
    def settings(self) -> XeroSettings:
        organisation = self.serving.organisations[0]
        return XeroSettings(
            flow="custom_connection",
            client_id=organisation.client_id,
            client_secret=Secret(organisation.client_secret),
            tenant_id=None,
            api_url=self.serving.xero_api_url,
            identity_url=self.serving.xero_identity_url,
            ca_file=self.serving.ca_file,
            proxy=None,
        )

    def side(self, **changes: Any) -> XeroSide:
        """Return a new side, as a new process on the same store would have it."""
        settings = replace(self.settings, **changes)
        return XeroSide(settings, self.clock, self.tokens, self.budgets)

    def fresh(self, *, quota: bool = False, **switches: str) -> XeroSide:
        """Empty the organisation, lift faults and limits, set switches; return a new side."""
        self.control.post("reset")
        self.faults()
        self.control.post("quota", {"enabled": quota})
        set_back(self.control)
        self.control.post("switches", switches)
        self.clock, self.tokens, self.budgets = SteppedClock(), MemoryTokens(), MemoryBudgets()
        return self.side()

    def faults(self, *rules: dict[str, object]) -> None:
        self.control.post("faults", {"seed": 1, "rules": list(rules)})

    def person(self, method: str, *contacts: Mapping[str, object]) -> list[dict[str, Any]]:
        """Edit as Ada through the public API."""
        answer = self.session.request(
            method,
            f"{self.serving.xero_api_url}/Contacts",
            json={"Contacts": contacts},
            headers={
                "Authorization": f"Bearer {self.control.token('ada')}",
                "Accept": "application/json",
                "xero-tenant-id": self.serving.organisations[0].tenant_id,
            },
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["Contacts"]
        return rows


@contextmanager
def world(home: Path) -> Iterator[World]:
    """Serve a sandbox while the block runs."""
    with start(home) as serving, caller(serving) as session:
        yield World(serving, session, Control(session, serving.xero_url))


def create(side: XeroSide, *contacts: Values, key: str = "k1") -> list[Answer]:
    """Send one create call."""
    writes = [Write(ActionKind.CREATE, "Contact", None, values) for values in contacts]
    return send(side, writes, key=key)


def send(side: XeroSide, writes: Sequence[Write], *, key: str = "k2") -> list[Answer]:
    """Send one call."""
    return side.write(writes, purpose=Purpose.DATA, key=key, deadline_s=35, feed=CONTACTS)


def created(side: XeroSide, **values: str) -> Record:
    """Create one contact and return it."""
    (answer,) = create(side, values, key=f"create {values['Name']}")
    assert answer.record is not None, answer.error
    return answer.record


def follow(side: XeroSide, cursor: str | None = None) -> tuple[list[Record], Page]:
    """Read the feed to its present end; return what it showed and its last page."""
    records: list[Record] = []
    for _ in range(100):
        page = side.changes(CONTACTS, cursor)
        records += page.records
        if not page.more:
            return records, page
        cursor = page.cursor
    raise AssertionError("the feed has no end")
