"""Give the connector's user a role of a few privileges, as an administrator would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import requests

from dynamics_xero.sandbox.serving import Serving
from tests.sandbox import CALL_LIMIT_S, Control

_ACTIONS = "Microsoft.Dynamics.CRM"
NEEDED = {
    "prvReadOrganization": "Global",
    "prvReadEntity": "Global",
    "prvReadAttribute": "Global",
    "prvReadAccount": "Global",
    "prvWriteAccount": "Global",
    "prvReadContact": "Global",
    "prvWriteContact": "Global",
    "prvReadTransactionCurrency": "Global",
}
"""The role that docs/how-to/connect-real-organisations.md asks for."""

NEEDED_SHARED = {
    **NEEDED,
    "prvCreatexero_link": "Global",
    "prvReadxero_link": "Global",
    "prvWritexero_link": "Global",
    "prvAppendxero_link": "Global",
    "prvAppendToAccount": "Global",
    "prvAppendToContact": "Global",
}
"""What it asks for where several Xero organisations share the environment."""


class Place(Protocol):
    """A running sandbox, and a session that trusts it."""

    @property
    def serving(self) -> Serving:
        """Where the twins are."""
        ...

    @property
    def session(self) -> requests.Session:
        """Trusts the twins' certificate."""
        ...

    @property
    def dynamics(self) -> Control:
        """The control calls of the Dynamics twin."""
        ...


def restrict(place: Place, privileges: Mapping[str, str]) -> None:
    """Leave the connector's user one role: privilege name -> how far it reaches."""
    ids = {row["name"]: row["privilegeid"] for row in _rows(place, "privileges")}
    given = [
        {"PrivilegeId": ids[name], "Depth": depth} for name, depth in sorted(privileges.items())
    ]
    answer = _person(place, "POST", "roles", {"name": "Connector"})
    role = answer.headers["OData-EntityId"].rpartition("(")[2].rstrip(")")
    _person(place, "POST", f"roles({role})/{_ACTIONS}.AddPrivilegesRole", {"Privileges": given})
    users = _rows(place, "systemusers")
    (user,) = [row["systemuserid"] for row in users if row.get("applicationid")]
    held = f"systemusers({user})/systemuserroles_association"
    before = [row["roleid"] for row in _rows(place, held)]
    body = {"@odata.id": f"{place.serving.dynamics_api_url}/roles({role})"}
    _person(place, "POST", f"{held}/$ref", body)
    for other in before:
        _person(place, "DELETE", f"{held}({other})/$ref")


def _rows(place: Place, path: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = _person(place, "GET", path).json()["value"]
    return found


def _person(place: Place, method: str, path: str, body: object = None) -> requests.Response:
    answer = place.session.request(
        method,
        f"{place.serving.dynamics_api_url}/{path}",
        json=body,
        headers={"Authorization": f"Bearer {place.dynamics.token('ada')}"},
        timeout=CALL_LIMIT_S,
    )
    assert answer.status_code < 300, answer.text
    return answer
