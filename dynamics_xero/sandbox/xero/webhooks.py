"""Xero's webhooks: the events of one write call in one signed payload (xero.md 6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

import requests

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import json_bytes
from dynamics_xero.sandbox.webhooks import Entry, Notice, Subscription

_API_URL = "https://api.xero.com"
_ENTROPY_LETTERS = 20


class XeroAnnouncer:
    """Word the events of one organisation; lost payloads leave a gap in the sequence."""

    resources = ("Contact",)

    def __init__(self, endpoint: Endpoint) -> None:
        """Begin the sequence at 1."""
        self._endpoint = endpoint
        self._sequence = 0

    def notices(self, entries: Sequence[Entry], event: Mapping[str, object]) -> list[Notice]:
        """Return one payload with every changed record; writes of equal values tell nothing."""
        events = [{**self._event(entry), **event} for entry in entries if entry["changed"]]
        if not events:
            return []
        first = self._sequence + 1
        self._sequence += len(events)
        body = {
            "events": events,
            "lastEventSequence": self._sequence,
            "firstEventSequence": first,
            "entropy": self._entropy(),
        }
        return [
            Notice(
                json_bytes(body),
                {"Content-Type": "application/json"},
                str(entries[0]["method"]),
                str(entries[0]["path"]),
            )
        ]

    def addressed(self, notice: Notice, subscription: Subscription) -> requests.Request:
        """Sign the bytes of the body: base64 of their HMAC-SHA256 under the webhook key."""
        digest = hmac.digest(subscription.key.encode(), notice.body, "sha256")
        headers = {**notice.headers, "x-xero-signature": base64.b64encode(digest).decode("ascii")}
        return requests.Request("POST", subscription.url, data=notice.body, headers=headers)

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
