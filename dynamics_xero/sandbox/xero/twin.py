"""The Xero twin: routes calls of one port to organisations, sign-in and resources."""

from __future__ import annotations

from collections.abc import Sequence

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.switches import Switch
from dynamics_xero.sandbox.web import Request, Response
from dynamics_xero.sandbox.xero import (
    attachments,
    connections,
    currencies,
    groups,
    history,
    limits,
    refresh,
)
from dynamics_xero.sandbox.xero import organisation as organisations
from dynamics_xero.sandbox.xero.access import Access
from dynamics_xero.sandbox.xero.api import API_PREFIX, AccountingApi
from dynamics_xero.sandbox.xero.clients import Clients
from dynamics_xero.sandbox.xero.contacts import read, screen, store
from dynamics_xero.sandbox.xero.identity import Identity
from dynamics_xero.sandbox.xero.schema import create_tables
from dynamics_xero.sandbox.xero.switches import SWITCHES
from dynamics_xero.sandbox.xero.webhooks import XeroAnnouncer


class XeroTwin:
    """All organisations behind one port, told apart by xero-tenant-id."""

    switches: tuple[Switch, ...] = SWITCHES

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        """Open the organisations, founding those whose databases are new."""
        for endpoint in endpoints:
            _open(endpoint)
        clients = Clients(endpoints)
        self._access = Access(endpoints, clients)
        self._identity = Identity(clients, self._access, endpoints[0])
        self._first = endpoints[0]
        self._api = AccountingApi(self._access)

    def endpoint_for(self, request: Request) -> Endpoint | None:
        """Return the organisation a call is about, None for sign-in calls."""
        if not request.path.lower().startswith(API_PREFIX):
            return None
        return self._access.endpoint_for(request)

    def handle(self, request: Request, endpoint: Endpoint | None) -> Response:
        """Answer one call."""
        if request.path.lower().startswith(API_PREFIX):
            response = self._api.handle(request, endpoint)
            if endpoint is None:
                # A 401 or 403 that names no organisation is an answer too, and no one else
                # would decorate it.
                limits.decorate(response, self._first)
            return response
        return self._identity.handle(request)

    def refuse(self, kind: str, request: Request, retry_after_s: int) -> Response:
        """Turn a call away unprocessed (xero.md 2, Limits)."""
        endpoint = self.endpoint_for(request)
        return limits.refuse(kind, request, endpoint, retry_after_s)

    def decorate(self, response: Response, endpoint: Endpoint) -> None:
        """Add the rate-limit and correlation headers of every accounting answer."""
        limits.decorate(response, endpoint)

    def resources(self) -> tuple[str, ...]:
        """Return what can be dumped."""
        return ("contact",)

    def dump(
        self, endpoint: Endpoint, resource: str, *, after: int, limit: int
    ) -> tuple[list[dict[str, object]], int | None]:
        """Return contacts in public form, in the order of their creation.

        Raises KeyError for another resource.
        """
        if resource not in self.resources():
            raise KeyError(resource)
        return read.dump(endpoint, after=after, limit=limit)

    def reset(self, endpoint: Endpoint) -> None:
        """Empty an organisation; tokens stay valid, a removed connection is there again."""
        with endpoint.database.write() as tx:
            for resource in (store, groups, history, attachments):
                resource.clear(tx)
            currencies.found(tx)
            tx.execute("DELETE FROM idempotency")
            tx.execute("DELETE FROM revoked_access")
            connections.connect(endpoint, tx)
            refresh.clear(endpoint, tx)
        self._access.forgive()

    def announcer(self, endpoint: Endpoint) -> XeroAnnouncer:
        """Return how an organisation words its webhooks."""
        return XeroAnnouncer(endpoint)

    def merge(self, endpoint: Endpoint, loser: str, winner: str, actor: str) -> None:
        """Merge two contacts as a person does on Xero's screen. Raises ValueError."""
        screen.merge(endpoint, loser, winner, actor)

    def unarchive(self, endpoint: Endpoint, contact: str, actor: str) -> None:
        """Restore a contact as a person does on Xero's screen. Raises ValueError."""
        screen.unarchive(endpoint, contact, actor)

    def edit_on_screen(
        self, endpoint: Endpoint, contact: str, values: dict[str, object], actor: str
    ) -> None:
        """Fill fields the API only reads, as a person does. Raises ValueError."""
        screen.edit(endpoint, contact, values, actor)


def _open(endpoint: Endpoint) -> None:
    with endpoint.database.write() as tx:
        create_tables(tx)
        organisations.found(endpoint, tx)
        if not currencies.enabled(tx):
            currencies.found(tx)
        if not tx.execute("SELECT 1 FROM app_connection").fetchone():
            connections.connect(endpoint, tx)
    own = refresh.Consent(endpoint.facts["client_id"], connections.event_id(endpoint))
    with endpoint.database.write() as tx:
        refresh.adopt(endpoint, tx, own)
