"""The sandbox for tests: start it in this process, call it, steer it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from dynamics_xero.sandbox.assembly import ServeOptions
from dynamics_xero.sandbox.background import running
from dynamics_xero.sandbox.serving import Serving

CALL_LIMIT_S = 60


@contextmanager
def start(
    home: Path,
    *,
    seed: int = 1,
    organisations: int = 1,
    environments: int = 1,
    plain_http: bool = False,
) -> Iterator[Serving]:
    """Serve both twins from a thread of this process while the block runs."""
    from dynamics_xero.sandbox.serve import TWINS

    options = ServeOptions(
        home=home,
        seed=seed,
        organisations=organisations,
        environments=environments,
        plain_http=plain_http,
    )
    with running(options, TWINS) as serving:
        yield serving


@contextmanager
def caller(serving: Serving) -> Iterator[requests.Session]:
    """Give a session that trusts the sandbox's certificates and nothing of the environment."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(serving.ca_file)
        yield session


class Control:
    """The control calls of one twin port, for one of its endpoints."""

    def __init__(
        self, session: requests.Session, url: str, *, organisation: str | None = None
    ) -> None:
        self._session = session
        self._url = f"{url}/_sandbox"
        self._query = {} if organisation is None else {"organisation": organisation}

    def get(self, call: str, **query: str | int) -> object:
        """Ask; fail on anything but 200."""
        return self._answer("GET", call, None, query)

    def post(self, call: str, body: object = None) -> object:
        """Tell; fail on anything but 200."""
        return self._answer("POST", call, body, {})

    def entries(self, *, actor: str | None = None, after: int = 0) -> list[dict[str, object]]:
        """Return the ledger's entries behind `after`, page by page."""
        wanted: dict[str, str | int] = {} if actor is None else {"actor": actor}
        found: list[dict[str, object]] = []
        while True:
            page = self.get("ledger", after=after, **wanted)
            assert isinstance(page, dict)
            if not page["entries"]:
                return found
            found += page["entries"]
            after = page["next"]

    def stats(self) -> dict[str, int]:
        """Return the plain counters."""
        counters = self.get("stats")
        assert isinstance(counters, dict)
        return {name: value for name, value in counters.items() if isinstance(value, int)}

    def rows(self, resource: str) -> list[dict[str, object]]:
        """Return everything the twin holds of a resource."""
        found: list[dict[str, object]] = []
        after: int | None = 0
        while after is not None:
            page = self.get(f"dump/{resource}", after=after)
            assert isinstance(page, dict)
            found += page["rows"]
            after = page["next"]
        return found

    def token(self, person: str) -> str:
        """Return the token with which a person edits."""
        people = self.get("people")
        assert isinstance(people, list)
        return next(str(one["token"]) for one in people if one["name"] == person)

    def _answer(self, method: str, call: str, body: object, query: dict[str, str | int]) -> object:
        answer = self._session.request(
            method,
            f"{self._url}/{call}",
            params={**self._query, **query},
            json=body,
            timeout=CALL_LIMIT_S,
        )
        assert answer.status_code == 200, f"{method} {call}: {answer.status_code} {answer.text}"
        value: object = answer.json()
        return value
