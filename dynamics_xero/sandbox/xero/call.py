"""One call of the accounting API on its way to a resource, its caller known and let in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request
from dynamics_xero.sandbox.xero import envelope
from dynamics_xero.sandbox.xero.access import Caller
from dynamics_xero.sandbox.xero.errors import no_data


@dataclass(frozen=True)
class Author:
    """Who writes, and by which call: what the ledger asks of every write."""

    request: str
    actor: str
    method: str
    path: str


@dataclass(frozen=True)
class Call:
    """What a resource is asked; `keys` are the parts of the path that are ids or names."""

    endpoint: Endpoint
    request: Request
    caller: Caller
    keys: tuple[str, ...] = ()

    @property
    def author(self) -> Author:
        """Who writes."""
        request = self.request
        return Author(request.id, self.caller.actor, request.method, request.path)

    def body(self, resource: str) -> Mapping[str, object]:
        """Return the body's object. Raises RefusedError, naming the resource it should hold.

        What does not say that it is JSON is no data: Xero reads XML otherwise (xero.md section 3).
        """
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise no_data(resource)
        try:
            body = json.loads(self.request.body.decode("utf-8"), parse_constant=_no_json)
            if b"\\u" in self.request.body:
                # Half a surrogate pair can be escaped, but is no character.
                envelope.text_of(body).encode()
        except (ValueError, RecursionError):
            raise no_data(resource) from None
        if not isinstance(body, dict):
            raise no_data(resource)
        return body

    def elements(self, wrapper: str, resource: str) -> Sequence[Mapping[str, object]]:
        """Return the objects of the body's list. Raises RefusedError when there are none."""
        entries = self.body(resource).get(wrapper)
        if not isinstance(entries, list) or not entries:
            raise no_data(resource)
        if not all(isinstance(entry, dict) for entry in entries):
            raise no_data(resource)
        return entries


def _no_json(word: str) -> object:
    """Refuse NaN and Infinity, which Python reads and JSON does not know."""
    raise ValueError(word)
