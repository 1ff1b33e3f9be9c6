"""What the demo sees of the twins, and does there as a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

TIMEOUT_S = 30
PERSON = "ada"


class Twins:
    """Both twins of one sandbox. Looking uses the control calls, which are not counted."""

    def __init__(self, serving: Mapping[str, Any]) -> None:
        self._dynamics = str(serving["dynamics_url"])
        self._dynamics_api = str(serving["dynamics_api_url"])
        self._xero = str(serving["xero_url"])
        self._clock = str(serving["clock_url"])
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = str(Path(serving["ca_file"]))
        people = self._get(f"{self._dynamics}/_sandbox/people")
        self._token = next(one["token"] for one in people if one["name"] == PERSON)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def now(self) -> datetime:
        """Return the time on the sandbox's clock."""
        return datetime.fromisoformat(self._get(self._clock)["now"])

    def accounts(self) -> list[dict[str, Any]]:
        """Return the accounts of the Dynamics twin."""
        return self._rows(f"{self._dynamics}/_sandbox/dump/account")

    def contacts(self) -> list[dict[str, Any]]:
        """Return the contacts of the Xero twin."""
        return self._rows(f"{self._xero}/_sandbox/dump/contact")

    def write_email(self, account_id: str, email: str) -> None:
        """Change an account's e-mail as a person does, through the public API."""
        answer = self._http.patch(
            f"{self._dynamics_api}/accounts({account_id})",
            json={"emailaddress1": email},
            headers={"Authorization": f"Bearer {self._token}", "If-Match": "*"},
            timeout=TIMEOUT_S,
        )
        answer.raise_for_status()

    def calls(self) -> dict[str, dict[str, int]]:
        """Return reads and writes counted so far, by side."""
        return {
            side: {kind: int(stats[kind]) for kind in ("reads", "writes")}
            for side, stats in (
                ("dynamics", self._get(f"{self._dynamics}/_sandbox/stats")),
                ("xero", self._get(f"{self._xero}/_sandbox/stats")),
            )
        }

    def _rows(self, url: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            page = self._get(f"{url}?after={after}")
            rows += page["rows"]
            after = page["next"] if page["rows"] else None
        return rows

    def _get(self, url: str) -> Any:
        answer = self._http.get(url, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()
