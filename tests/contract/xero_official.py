"""The official client, unmodified, set up for the twin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xero_python.accounting import (  # the package publishes no types
    AccountingApi,
    Contact,
    Contacts,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.identity import IdentityApi

from tests.contract.xero_server import Xero

SCOPES = [
    "offline_access",
    "accounting.contacts",
    "accounting.settings",
    "accounting.attachments",
]


@dataclass(frozen=True)
class Desk:
    """Where one organisation is reached, and as whom; ca_file: None = without TLS."""

    facts: Mapping[str, str]
    token: str
    api_url: str
    url: str
    ca_file: Path | None


def desk_of(xero: Xero) -> Desk:
    """Return the first organisation of a running twin."""
    return Desk(xero.endpoint.facts, xero.sign_in(), xero.api_url, xero.url, xero.ca_file)


class Sdk:
    """One client of the official package, set up as its README says, for another host."""

    def __init__(self, desk: Desk) -> None:
        facts = desk.facts
        self.tenant = facts["tenant_id"]
        self.token: dict[str, object] = {
            "access_token": desk.token,
            "token_type": "Bearer",
            "expires_in": 1800,
            "scope": SCOPES,
        }
        configuration = Configuration()
        # The first Configuration of a process is handed out again and again (trap 1).
        configuration.oauth2_token = OAuth2Token(
            client_id=facts["client_id"], client_secret=facts["client_secret"]
        )
        configuration.ssl_ca_cert = str(desk.ca_file) if desk.ca_file else None
        self.client = ApiClient(
            configuration,
            oauth2_token_getter=lambda: self.token,
            oauth2_token_saver=self._save,
            pool_threads=1,
        )
        self.client.rest_client.pool_manager.connection_pool_kw["retries"] = False
        self.accounting = AccountingApi(self.client, base_url=desk.api_url)
        self.identity = IdentityApi(self.client, base_url=desk.url)
        self.tokens = TokenApi(self.client, facts["client_id"], facts["client_secret"])
        self.tokens.refresh_token_url = f"{desk.url}/connect/token"
        self.tokens.client_credentials_token_url = f"{desk.url}/connect/token"
        self.tokens.revoke_token_url = f"{desk.url}/connect/revocation"

    def _save(self, token: dict[str, object]) -> None:
        self.token = token

    def create(self, *contacts: Contact, **options: object) -> list[Any]:
        """PUT contacts."""
        answer = self.accounting.create_contacts(
            self.tenant, contacts=Contacts(contacts=list(contacts)), **options
        )
        return list(answer.contacts)

    def update(self, *contacts: Contact, **options: object) -> list[Any]:
        """POST contacts."""
        answer = self.accounting.update_or_create_contacts(
            self.tenant, contacts=Contacts(contacts=list(contacts)), **options
        )
        return list(answer.contacts)

    def names(self, **options: object) -> list[str]:
        """List names."""
        answer = self.accounting.get_contacts(self.tenant, **options)
        return [contact.name for contact in answer.contacts]
