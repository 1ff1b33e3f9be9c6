"""A sandbox with a connector beside it, and the people who edit on both sides."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import requests

from dynamics_xero.connector import Connector
from dynamics_xero.connector.report import Report
from dynamics_xero.sandbox.serving import Serving
from dynamics_xero.settings import FirstRun, Settings, load
from dynamics_xero.store.store import Store
from tests.provisioned import Provisioned
from tests.sandbox import Control, caller, start
from tests.trips.switched import flip, set_back

Row = dict[str, object]


@dataclass
class World:
    """Both twins running, their control calls, and a person's session."""

    serving: Serving
    session: requests.Session
    folder: Path
    environment: Provisioned

    @classmethod
    def on(cls, serving: Serving, session: requests.Session, folder: Path) -> Self:
        """Return the first environment and organisation of a sandbox."""
        return cls(serving, session, folder, Provisioned(serving, session))

    @property
    def dynamics(self) -> Control:
        return Control(self.session, self.serving.dynamics_url)

    @property
    def xero(self) -> Control:
        return Control(self.session, self.serving.xero_url)

    def settings(self, name: str = "state", *, first_run: FirstRun = FirstRun.APPLY) -> Settings:
        """The sandbox's settings with a state database of this test's own."""
        state = f"sqlite:///{self.folder / name}.db"
        return replace(load(self.serving.settings_file), state=state, first_run=first_run)

    def person(self, method: str, path: str, body: object = None, **headers: str) -> Row:
        """Let Ada edit in Dynamics; fails on a refusal."""
        token = self.dynamics.token("ada")
        answer = self.session.request(
            method,
            f"{self.serving.dynamics_api_url}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}", **headers},
            timeout=60,
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}

    def account(self, name: str, **columns: object) -> str:
        """Create an account; returns its id."""
        return str(self._create("accounts", {"name": name, **columns})["accountid"])

    def contact(self, account_id: str, first: str, last: str, **columns: object) -> str:
        """Create a contact of an account; returns its id."""
        parent = {"parentcustomerid_account@odata.bind": f"/accounts({account_id})"}
        row = {"firstname": first, "lastname": last, **parent, **columns}
        return str(self._create("contacts", row)["contactid"])

    def edit(self, table: str, row_id: str, **columns: object) -> None:
        """Change a row in Dynamics."""
        self.person("PATCH", f"{table}({row_id})", columns, **{"If-Match": "*"})

    def bind(self, table: str, row_id: str, lookup: str, target: str) -> None:
        """Point a lookup at another row."""
        self.edit(table, row_id, **{f"{lookup}@odata.bind": target})

    def delete(self, table: str, row_id: str) -> None:
        """Delete a row in Dynamics."""
        self.person("DELETE", f"{table}({row_id})")

    def xero_person(self, method: str, path: str, body: object = None) -> Row:
        """Let Ada edit in Xero; fails on a refusal."""
        answer = self.session.request(
            method,
            f"{self.serving.xero_api_url}/{path}",
            json=body,
            headers={
                "Authorization": f"Bearer {self.xero.token('ada')}",
                "xero-tenant-id": self.serving.organisations[0].tenant_id,
                "Accept": "application/json",
            },
            timeout=60,
        )
        assert answer.status_code < 300, answer.text
        found: Row = answer.json()
        return found

    def xero_contact(self, **fields: object) -> str:
        """Create a contact in Xero; returns its id."""
        rows = self.xero_person("PUT", "Contacts", {"Contacts": [fields]})["Contacts"]
        assert isinstance(rows, list)
        return str(rows[0]["ContactID"])

    def edit_xero(self, contact_id: str, **fields: object) -> None:
        """Change a contact in Xero."""
        row = {"ContactID": contact_id, **fields}
        self.xero_person("POST", "Contacts", {"Contacts": [row]})

    def merge_in_xero(self, loser: str, winner: str) -> None:
        """Merge one contact into another, on Xero's screen: no call can do that."""
        self.xero.post("screen", {"do": "merge", "person": "ada", "loser": loser, "winner": winner})

    def restore_in_xero(self, contact_id: str) -> None:
        """Restore an archived contact, on Xero's screen."""
        self.xero.post("screen", {"do": "unarchive", "person": "ada", "contact": contact_id})

    def in_dynamics(self, table: str, row_id: str) -> Row:
        """Return a row as Dynamics holds it now."""
        key = f"{table}id"
        return next(row for row in self.dynamics.rows(table) if row[key] == row_id)

    def in_xero(self, name: str) -> Row:
        """Return the one active contact of that name."""
        found = [row for row in self.all_in_xero() if row["Name"] == name]
        active = [row for row in found if row["ContactStatus"] == "ACTIVE"] or found
        assert len(active) == 1, f"{name}: {len(active)} contacts"
        return active[0]

    def all_in_xero(self) -> list[Row]:
        """Return every contact, archived ones too."""
        return self.xero.rows("contact")

    def written(self, since: Mapping[str, int]) -> list[Row]:
        """Return the connector's ledger entries after a mark, on both sides."""
        return [
            entry
            for name, control in (("dynamics", self.dynamics), ("xero", self.xero))
            for entry in control.entries(actor="connector", after=since[name])
        ]

    def mark(self) -> dict[str, int]:
        """Return where both ledgers stand."""
        ends = {}
        for name, control in (("dynamics", self.dynamics), ("xero", self.xero)):
            entries = control.entries()
            ends[name] = int(str(entries[-1]["seq"])) if entries else 0
        return ends

    def persons(self, name: str) -> list[str]:
        """Return the full names of a contact's persons, in Xero's order."""
        rows = self.in_xero(name).get("ContactPersons", [])
        assert isinstance(rows, list)
        return [f"{row.get('FirstName', '')} {row.get('LastName', '')}".strip() for row in rows]

    def reset(self) -> None:
        """Empty both twins and lift what a test set; Dynamics is provisioned."""
        for control in (self.dynamics, self.xero):
            set_back(control)
        self.xero.post("reset")
        self.environment.begin()

    def flip(self, name: str, position: str) -> None:
        """Move one switch of the twin that has it."""
        flip(name, position, controls=(self.dynamics, self.xero))

    def reset_faults(self) -> None:
        """Let both twins answer as they should again."""
        for control in (self.dynamics, self.xero):
            control.post("faults", {"seed": 1, "rules": []})

    def _create(self, entity_set: str, row: Row) -> Row:
        return self.person("POST", entity_set, row, Prefer="return=representation")

    @contextmanager
    def hurried(self, times: float) -> Iterator[None]:
        """Let the sandbox's time run so many times as fast, for what only waits."""
        over, step_s = threading.Event(), 0.25

        def push_on() -> None:
            while not over.wait(step_s):
                self.dynamics.post("clock", {"advance_s": (times - 1) * step_s})

        with ThreadPoolExecutor(1) as threads:
            pushing = threads.submit(push_on)
            try:
                yield
            finally:
                over.set()
        pushing.result()

    @contextmanager
    def connector(self, name: str = "state", **more: FirstRun) -> Iterator[Connector]:
        """Open a provisioned connector on a state database of this test's own."""
        state = self.folder / f"{name}.db"
        if not state.exists():
            state.write_bytes(new_state())
        with Connector.from_settings(self.settings(name, **more)) as connector:
            connector.provision_apply()
            yield connector


@cache
def new_state() -> bytes:
    """Return an empty state database: migrations have tests of their own, and cost as much."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "state.db"
        Store.open(f"sqlite:///{file}").close()
        return file.read_bytes()


@contextmanager
def served(home: Path) -> Iterator[World]:
    """Serve both twins for the length of the block."""
    with start(home) as serving, caller(serving) as session:
        yield World.on(serving, session, home)


def remarks(report: Report) -> dict[str, str]:
    """Return Dynamics id -> remark of the links a person should look at."""
    return {row.dynamics_id: row.remark or "" for row in report.failed}
