"""Xero's webhooks: the events of write calls in signed payloads (xero.md 6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter

import requests

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import json_bytes
from dynamics_xero.sandbox.webhook_terms import (
    Entry,
    Failure,
    Greeting,
    Notice,
    Subscription,
    Terms,
)
from dynamics_xero.sandbox.xero.switches import WEBHOOK_BATCHES

_API_URL = "https://api.xero.com"
_ENTROPY_LETTERS = 20
_PATIENCE_S = 5.0
_FIRST_PAUSE_S, _GIVES_UP_AFTER_S = 10.0, 24 * 3600.0
_JSON = {"Content-Type": "application/json"}


class XeroAnnouncer:
    """Word the events of one organisation; lost payloads leave a gap in the sequence."""

    resources = ("Contact",)

    def __init__(self, endpoint: Endpoint) -> None:
        """Begin the sequence at 1."""
        self.terms = Terms(
            patience_s=_PATIENCE_S,
            took=_took,
            pause_s=_pause_s,
            greetings=self._intent_to_receive,
            sole=True,
            disables=True,
        )
        self._endpoint = endpoint
        self._sequence = 0

    def notices(self, entries: Sequence[Entry], event: Mapping[str, object]) -> list[Notice]:
        """Return payloads with every changed contact; writes of equal values tell nothing."""
        told = [one for one in entries if one["changed"] and one["resource"] in self.resources]
        return [self._notice(batch, event) for batch in self._batches(told)]

    def addressed(self, notice: Notice, subscription: Subscription) -> requests.Request:
        """Sign the bytes of the body: base64 of their HMAC-SHA256 under the webhook key."""
        headers = {**notice.headers, "x-xero-signature": _signature(notice.body, subscription.key)}
        return requests.Request("POST", subscription.url, data=notice.body, headers=headers)

    def _intent_to_receive(self, subscription: Subscription) -> list[Greeting]:
        """Send empty payloads, some signed wrongly (xero.md 6, Intent to receive)."""
        wrong = Subscription(subscription.url, f"not {subscription.key}")
        signers = ((subscription, 200), (wrong, 401)) * 2
        return [
            Greeting(self.addressed(Notice(self._body([], first=0), _JSON, "", ""), signer), status)
            for signer, status in signers
        ]

    def _batches(self, entries: Sequence[Entry]) -> Iterable[list[Entry]]:
        if self._endpoint.switches.get(WEBHOOK_BATCHES.name) == "waiting":
            return [list(entries)] if entries else []
        return [list(call) for _, call in groupby(entries, itemgetter("request"))]

    def _notice(self, entries: Sequence[Entry], event: Mapping[str, object]) -> Notice:
        first = self._sequence + 1
        self._sequence += len(entries)
        body = self._body([{**self._event(entry), **event} for entry in entries], first=first)
        return Notice(body, _JSON, str(entries[0]["method"]), str(entries[0]["path"]))

    def _body(self, events: Sequence[Mapping[str, object]], *, first: int) -> bytes:
        return json_bytes(
            {
                "events": events,
                "lastEventSequence": first + max(0, len(events) - 1),
                "firstEventSequence": first,
                "entropy": self._entropy(),
            }
        )

    def _event(self, entry: Entry) -> dict[str, object]:
        facts = self._endpoint.facts
        root = facts.get("url", _API_URL)
        at = datetime.fromisoformat(str(entry["at"])).replace(tzinfo=None)
        return {
            "resourceUrl": f"{root}/api.xro/2.0/Contacts/{entry['id']}",
            "resourceId": entry["id"],
            "eventDateUtc": at.isoformat(timespec="milliseconds"),
            "eventType": "CREATE" if entry["action"] == "create" else "UPDATE",
            "eventCategory": "CONTACT",
            "tenantId": facts["tenant_id"],
            "tenantType": "ORGANISATION",
        }

    def _entropy(self) -> str:
        """Return letters that differ with each payload; drawn from no shared random."""
        seed = f"{self._endpoint.facts['tenant_id']}/{self._sequence}".encode()
        digest = hashlib.sha256(seed).digest()[:_ENTROPY_LETTERS]
        return "".join(chr(ord("A") + byte % 26) for byte in digest)


def _signature(body: bytes, key: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), body, "sha256")).decode("ascii")


def _took(answer: requests.Response) -> bool:
    """Xero wants 200 without a body and without cookies (xero.md 6, Rules)."""
    return answer.status_code == 200 and not answer.content and not answer.cookies


def _pause_s(failure: Failure) -> float | None:
    """Double the pauses and try a last time after 24 hours; how long they are is ours."""
    left_s = _GIVES_UP_AFTER_S - failure.elapsed_s
    return min(_FIRST_PAUSE_S * 2.0 ** (failure.attempts - 1), left_s) if left_s > 0 else None
