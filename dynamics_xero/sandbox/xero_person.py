"""Xero's public API, and its screens where the API has no call, as the loader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import requests

from dynamics_xero.sandbox.clients import LOADER, person_token
from dynamics_xero.sandbox.tool_errors import RefusedError, UnreachableError
from dynamics_xero.sandbox.whereabouts import Whereabouts

_BATCH = 250
_TIMEOUT_S = 120
Body = Mapping[str, object]


class XeroPerson:
    """Write contacts into one organisation."""

    def __init__(self, http: requests.Session, where: Whereabouts) -> None:
        self._http = http
        self._where = where
        self._organisation = {"organisation": _organisation(http, where)}
        self._headers = {
            "Authorization": f"Bearer {person_token(http, where.xero_url, self._organisation)}",
            "Accept": "application/json",
            "xero-tenant-id": where.xero_tenant_id,
        }

    def create(self, bodies: Sequence[Body]) -> list[str]:
        """Create contacts; return their ids in order. Raises RefusedError."""
        return self._write("PUT", bodies)

    def archive(self, ids: Sequence[str]) -> None:
        """Archive contacts. Raises RefusedError."""
        self._write("POST", [{"ContactID": id, "ContactStatus": "ARCHIVED"} for id in ids])

    def merge(self, loser: str, winner: str) -> None:
        """Merge two contacts, which people do on the screen only. Raises RefusedError."""
        answer = self._http.post(
            f"{self._where.xero_url}/_sandbox/screen",
            params=self._organisation,
            json={"do": "merge", "person": LOADER, "loser": loser, "winner": winner},
            timeout=_TIMEOUT_S,
        )
        if answer.status_code != 200:
            raise RefusedError(f"two contacts cannot be merged: {answer.text}")

    def _write(self, method: str, bodies: Sequence[Body]) -> list[str]:
        ids: list[str] = []
        for start in range(0, len(bodies), _BATCH):
            answer = self._http.request(
                method,
                f"{self._where.xero_api_url}/Contacts",
                params={"summarizeErrors": "false"},
                json={"Contacts": bodies[start : start + _BATCH]},
                headers=self._headers,
                timeout=_TIMEOUT_S,
            )
            if answer.status_code != 200:
                raise RefusedError(f"Xero answers {answer.status_code}: {answer.text[:300]}")
            contacts = answer.json()["Contacts"]
            for contact in contacts:
                if contact.get("HasValidationErrors"):
                    raise RefusedError(f"{contact.get('Name')}: {contact['ValidationErrors']}")
            ids += [str(contact["ContactID"]) for contact in contacts]
        return ids


def _organisation(http: requests.Session, where: Whereabouts) -> str:
    """Return the name the control calls know the settings' organisation by."""
    answer = http.get(f"{where.xero_url}/_sandbox/organisations", timeout=_TIMEOUT_S)
    if answer.status_code == 200:
        for one in answer.json():
            if one["tenant_id"] == where.xero_tenant_id:
                return str(one["name"])
    raise UnreachableError(f"{where.xero_url} has no organisation {where.xero_tenant_id}")
