"""One environment for tests of the Dynamics side: a person who edits, a side that watches."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from dynamics_xero.dynamics import provisioning
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.model import Feed, Page, Record
from dynamics_xero.sandbox.serving import Serving
from dynamics_xero.settings import DynamicsSettings, Secret
from tests.memory import SteppedClock
from tests.provisioned import Provisioned
from tests.sandbox import Control, caller, start
from tests.trips.switched import held, set_back

ACCOUNTS = Feed("account", ("name", "telephone1", "primarycontactid", "xero_remark"))
CONTACTS = Feed("contact", ("firstname", "lastname", "parentcustomerid"))
CURRENCIES = Feed("transactioncurrency", ("isocurrencycode", "exchangerate"))


@dataclass
class World:
    """A running environment with a person's session and the control calls."""

    serving: Serving
    session: requests.Session
    control: Control
    environment: Provisioned
    clock: SteppedClock = field(default_factory=SteppedClock)

    @property
    def settings(self) -> DynamicsSettings:
        environment = self.serving.environments[0]
        return DynamicsSettings(
            url=environment.url,
            authority=self.serving.authority,
            client_id=environment.client_id,
            client_secret=Secret(environment.client_secret),
            ca_file=self.serving.ca_file,
        )

    def side(self, *, page_size: int = 2000) -> DynamicsSide:
        """Return a new side, as a new process would have it."""
        return DynamicsSide(self.settings, self.clock, page_size=page_size)

    def fresh(self, *, page_size: int = 2000) -> DynamicsSide:
        """Have it empty, faults and switches at rest; return a side that is signed in."""
        set_back(self.control)
        self.environment.begin()
        side = self.side(page_size=page_size)
        provisioning.apply(side)
        return side

    def faults(self, *rules: dict[str, object]) -> None:
        self.control.post("faults", {"seed": 1, "rules": list(rules)})

    def person(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> requests.Response:
        """Edit as Ada through the public API."""
        answer = self.session.request(
            method,
            f"{self.serving.dynamics_api_url}/{path}",
            data=None if body is None else json.dumps(body),
            headers={
                "Authorization": f"Bearer {self.control.token('ada')}",
                "Content-Type": "application/json",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
            timeout=30,
        )
        assert answer.status_code < 300, answer.text
        return answer

    def add(self, entity_set: str, **values: object) -> str:
        """Create one row and return its id."""
        answer = self.person("POST", entity_set, values)
        return answer.headers["OData-EntityId"].rpartition("(")[2].rstrip(")")

    def add_accounts(self, count: int) -> list[str]:
        """Create many accounts in one call."""
        kind = "Microsoft.Dynamics.CRM.account"
        targets = [{"@odata.type": kind, "name": f"Account {n:05d}"} for n in range(count)]
        path = "accounts/Microsoft.Dynamics.CRM.CreateMultiple"
        with held(self.control, "bulk_messages", "on"):
            ids = self.person("POST", path, {"Targets": targets}).json()["Ids"]
        return [str(one) for one in ids]


@contextmanager
def world(home: Path) -> Iterator[World]:
    """Serve a sandbox while the block runs."""
    with start(home) as serving, caller(serving) as session:
        control = Control(session, serving.dynamics_url)
        yield World(serving, session, control, Provisioned(serving, session))


def follow(side: DynamicsSide, feed: Feed, cursor: str | None = None) -> tuple[list[Record], Page]:
    """Read a feed to its present end; return what it showed and its last page."""
    records: list[Record] = []
    until = time.monotonic() + 60
    while time.monotonic() < until:
        page = side.changes(feed, cursor)
        records += page.records
        if not page.more:
            return records, page
        cursor = page.cursor
    raise AssertionError("the feed has no end")


def names(records: Sequence[Record]) -> set[object]:
    """Return the names of accounts, each once."""
    return {record.values.get("name") for record in records}
