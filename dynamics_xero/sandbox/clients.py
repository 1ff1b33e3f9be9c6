"""Clients of the twins' public APIs, for a person: the tools write as everybody else does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import requests

from dynamics_xero.sandbox.multipart import (
    BOUNDARY,
    Operation,
    batch_body,
    error_message,
    part_statuses,
)
from dynamics_xero.sandbox.tool_errors import RefusedError, UnreachableError
from dynamics_xero.sandbox.whereabouts import Whereabouts

LOADER = "loader"
API_PATH = "/api/data/v9.2"
BATCH_LIMIT = 1000
_TIMEOUT_S = 120


@contextmanager
def session(where: Whereabouts) -> Iterator[requests.Session]:
    """Give a session that trusts the sandbox; a lost connection becomes UnreachableError."""
    with requests.Session() as opened:
        # Else REQUESTS_CA_BUNDLE would win over the sandbox's own authority.
        opened.trust_env = False
        opened.verify = True if where.ca_file is None else str(where.ca_file)
        try:
            yield opened
        except requests.ConnectionError as error:
            raise UnreachableError(
                f"The sandbox at {where.dynamics_url} does not answer. "
                "Is `dynamics-xero sandbox serve` running?"
            ) from error
        except requests.Timeout as error:
            raise UnreachableError(f"the twin is too slow: {error}") from error
        except OSError as error:
            raise UnreachableError(str(error)) from error


class DynamicsPerson:
    """The Dataverse Web API, as the loader."""

    def __init__(self, http: requests.Session, url: str) -> None:
        self._http = http
        self._url = url
        self._headers = {
            "Authorization": f"Bearer {person_token(http, url, {})}",
            "Accept": "application/json",
            "OData-Version": "4.0",
            "OData-MaxVersion": "4.0",
        }

    def tables(self) -> frozenset[str]:
        """Return the logical names of the tables that exist."""
        answer = self._http.get(
            f"{self._url}{API_PATH}/EntityDefinitions",
            params={"$select": "LogicalName"},
            headers=self._headers,
            timeout=_TIMEOUT_S,
        )
        if answer.status_code != 200:
            raise RefusedError(f"the tables cannot be listed: {error_message(answer.content)}")
        return frozenset(str(one["LogicalName"]) for one in answer.json()["value"])

    def write(self, operations: Sequence[Operation], *, size: int) -> None:
        """Send writes in batches of `size`. Raises RefusedError for the first one refused."""
        for start in range(0, len(operations), size):
            self._write_batch(operations[start : start + size])

    def _write_batch(self, operations: Sequence[Operation]) -> None:
        answer = self._http.post(
            f"{self._url}{API_PATH}/$batch",
            data=batch_body(operations),
            headers={**self._headers, "Content-Type": f"multipart/mixed; boundary={BOUNDARY}"},
            timeout=_TIMEOUT_S,
        )
        statuses = part_statuses(answer.content)
        if answer.status_code == 200 and len(statuses) == len(operations):
            return
        # The batch stops at its first error, so the last part is the culprit's.
        culprit = operations[max(0, len(statuses) - 1)].origin
        raise RefusedError(f"{culprit}: {error_message(answer.content)}")


def person_token(http: requests.Session, url: str, query: dict[str, str]) -> str:
    """Return the loader's token of the twin at `url`."""
    answer = http.get(f"{url}/_sandbox/people", params=query, timeout=_TIMEOUT_S)
    if answer.status_code != 200:
        raise UnreachableError(f"{url} is no sandbox: it answers {answer.status_code}")
    for person in answer.json():
        if person["name"] == LOADER:
            return str(person["token"])
    raise UnreachableError(f"{url} knows no person called {LOADER}")
