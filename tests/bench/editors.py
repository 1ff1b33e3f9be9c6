"""People who edit in both twins, and how soon the other side shows what they typed."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from datetime import datetime

import requests

from dynamics_xero.model import SideName
from tests.bench.workbench import Twins
from tests.sandbox import Control

PERSON = "ada"
LIMIT_S = 60


@dataclass
class Freshness:
    """What was edited on one side and is not yet on the other; and how long the rest took."""

    waiting: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    took_s: list[float] = field(default_factory=list)

    def edited(self, record: str, at: datetime, value: str) -> None:
        """Note an edit."""
        self.waiting.setdefault(record, []).append((at, value))

    def shown(self, record: str, at: datetime, text: str) -> None:
        """Note what the other side shows of a record: that edit, and those before it, are there."""
        edits = self.waiting.get(record, [])
        there = [place for place, (_, value) in enumerate(edits) if value in text]
        if there:
            done, self.waiting[record] = edits[: there[-1] + 1], edits[there[-1] + 1 :]
            self.took_s += [(at - edited).total_seconds() for edited, _ in done]

    def told(self) -> dict[str, float]:
        """Return what became of all of them."""
        figures: dict[str, float] = {
            "changes": len(self.took_s),
            "not_there": sum(map(len, self.waiting.values())),
        }
        if len(self.took_s) > 1:
            cuts = statistics.quantiles(self.took_s, n=20, method="inclusive")
            figures |= {"p50_s": round(cuts[9], 1), "p95_s": round(cuts[18], 1)}
            figures["most_s"] = round(max(self.took_s), 1)
        return figures


class Editors:
    """One person with a token at each side; calls: how many she made, to be left out of ours."""

    def __init__(self, twins: Twins, session: requests.Session) -> None:
        """Learn which contact is whose, by the number that the connector gave it."""
        self._twins = twins
        self._session = session
        self._tokens = {
            SideName.DYNAMICS: twins.dynamics.token(PERSON),
            SideName.XERO: twins.xero.token(PERSON),
        }
        rows = twins.xero.rows("contact")
        # The number is the environment's first eight characters, a dash, and the account's id.
        self._contacts = {str(row["ContactNumber"])[9:]: str(row["ContactID"]) for row in rows}
        self._accounts = {contact: account for account, contact in self._contacts.items()}
        self.accounts = sorted(self._contacts)
        self.calls = dict.fromkeys(SideName, 0)
        self.fresh = {side: Freshness() for side in SideName}
        self._seen = {side: self._last(control) for side, control in self._controls()}

    def edit(self, side: SideName, account: str, number: int, *, at: datetime) -> None:
        """Type something nobody typed before, into a field that the other side does not edit."""
        if side is SideName.DYNAMICS:
            value = f"04{number:08}"
            self._send(side, "PATCH", f"accounts({account})", {"telephone1": value})
        else:
            value = f"edit{number}@day.example"
            body = {"ContactID": self._contacts[account], "EmailAddress": value}
            self._send(side, "POST", "Contacts", {"Contacts": [body]})
        self.fresh[side].edited(account, at, value)

    def look(self) -> None:
        """See what the connector has written since the last look."""
        for side, control in self._controls():
            other = next(one for one in SideName if one is not side)
            for entry in control.entries(actor="connector", after=self._seen[side]):
                self._seen[side] = int(str(entry["seq"]))
                record = str(entry["id"]).lower()
                at = datetime.fromisoformat(str(entry["at"]))
                account = self._accounts.get(record, record)
                self.fresh[other].shown(account, at, json.dumps(entry["after"]))

    def _controls(self) -> tuple[tuple[SideName, Control], ...]:
        return (SideName.DYNAMICS, self._twins.dynamics), (SideName.XERO, self._twins.xero)

    @staticmethod
    def _last(control: Control) -> int:
        entries = control.entries(actor="connector")
        return int(str(entries[-1]["seq"])) if entries else 0

    def _send(self, side: SideName, method: str, path: str, body: object) -> None:
        facts = self._twins.facts
        headers = {"Authorization": f"Bearer {self._tokens[side]}", "Accept": "application/json"}
        if side is SideName.DYNAMICS:
            headers["If-Match"] = "*"
        else:
            headers["xero-tenant-id"] = facts["organisations"][0]["tenant_id"]
        url = f"{facts[f'{side.value}_api_url']}/{path}"
        answer = self._session.request(
            method,
            url,
            json=body,
            headers=headers,
            timeout=LIMIT_S,
            verify=facts["ca_file"],
        )
        answer.raise_for_status()
        self.calls[side] += 1
