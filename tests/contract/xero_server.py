"""The Xero twin on real sockets for the contract tests, and a plain client for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.home import Home
from dynamics_xero.sandbox.kernel import Kernel
from dynamics_xero.sandbox.ports import Port, listen, serve_ports
from dynamics_xero.sandbox.quota import Api, AppWindow
from dynamics_xero.sandbox.tls import certificates
from dynamics_xero.sandbox.xero import connections, refresh
from dynamics_xero.sandbox.xero.twin import XeroTwin

Json = dict[str, Any]
Contact = Mapping[str, object]
ZERO = "00000000-0000-0000-0000-000000000000"


@dataclass
class Xero:
    """One running twin; calls go to `endpoint` with a custom connection's token."""

    url: str
    ca_file: Path
    twin: XeroTwin
    endpoints: tuple[Endpoint, ...]
    session: requests.Session
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def endpoint(self) -> Endpoint:
        """The first organisation."""
        return self.endpoints[0]

    @property
    def api_url(self) -> str:
        """Where the accounting API is."""
        return f"{self.url}/api.xro/2.0"

    def fresh(self, **switches: str) -> Xero:
        """Empty the first organisation, put its switches back, sign in anew; limits are off."""
        defaults = {switch.name: switch.default for switch in self.twin.switches}
        self.control("POST", "reset")
        self.control("POST", "switches", {**defaults, **switches})
        self.control("POST", "quota", {"enabled": False})
        self.sign_in()
        return self

    def sign_in(self) -> str:
        """Fetch a token by client credentials and use it from now on."""
        facts = self.endpoint.facts
        answer = self.token(
            grant_type="client_credentials",
            client_id=facts["client_id"],
            client_secret=facts["client_secret"],
        )
        token = str(answer.json()["access_token"])
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "xero-tenant-id": facts["tenant_id"],
        }
        return token

    def token(self, **form: str) -> requests.Response:
        """Call the token endpoint with a form."""
        return self.session.post(f"{self.url}/connect/token", data=form, timeout=20)

    def consent(self) -> str:
        """Return a fresh refresh token, as a user's consent would give one."""
        endpoint = self.endpoint
        consent = refresh.Consent(endpoint.facts["client_id"], connections.event_id(endpoint))
        with endpoint.database.write() as tx:
            return refresh.issue(endpoint, tx, consent)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] = {},
        **params: Any,
    ) -> requests.Response:
        """Call the accounting API."""
        return self.session.request(
            method,
            f"{self.api_url}{path}",
            json=body,
            params=params,
            headers={**self.headers, **headers},
            timeout=20,
        )

    def put(self, *contacts: Contact, **params: Any) -> requests.Response:
        """PUT contacts."""
        return self.call("PUT", "/Contacts", body={"Contacts": contacts}, **params)

    def post(self, *contacts: Contact, **params: Any) -> requests.Response:
        """POST contacts."""
        return self.call("POST", "/Contacts", body={"Contacts": contacts}, **params)

    def created(self, **contact: object) -> Json:
        """Create one contact and return it as Xero answered."""
        answer = self.put(contact)
        assert answer.status_code == 200, answer.text
        return first(answer)

    def updated(self, **contact: object) -> Json:
        """Update one contact and return it as Xero answered."""
        answer = self.post(contact)
        assert answer.status_code == 200, answer.text
        return first(answer)

    def contact(self, key: object) -> Json:
        """Read one contact by id or number."""
        return first(self.call("GET", f"/Contacts/{key}"))

    def listed(self, **params: Any) -> list[Json]:
        """Read a list of contacts."""
        answer = self.call("GET", "/Contacts", **params)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["Contacts"])

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Make a control call."""
        answer = self.session.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def screen(self, do: str, person: str, **work: object) -> requests.Response:
        """Do what a person does on Xero's screens only."""
        body = {"do": do, "person": person, **work}
        return self.session.post(f"{self.url}/_sandbox/screen", json=body, timeout=20)

    def ledger(self) -> list[Json]:
        """Return every accepted write since the last reset."""
        return list(self.control("GET", "ledger?limit=1000")["entries"])


def first(answer: requests.Response) -> Json:
    """Return the only contact of an answer."""
    (contact,) = answer.json()["Contacts"]
    return dict(contact)


def messages(answer: requests.Response) -> list[str]:
    """Return the validation messages of a 400, over all its elements."""
    assert answer.status_code == 400, answer.text
    elements: Sequence[Json] = answer.json()["Elements"]
    return [error["Message"] for element in elements for error in element["ValidationErrors"]]


def names(contacts: Sequence[Json]) -> list[str]:
    """Return the names of contacts."""
    return [contact["Name"] for contact in contacts]


@contextmanager
def served(
    *, organisations: int = 1, home: Path | None = None, fresh: bool = True
) -> Iterator[Xero]:
    """Serve a seeded twin over TLS for as long as the block runs."""
    with TemporaryDirectory() as folder:
        place = Home(home or Path(folder), seed=7, real=lambda: datetime.now(UTC))
        app = AppWindow()
        endpoints = tuple(
            place.endpoint(Api.XERO, f"org{number}", switches=XeroTwin.switches, app=app)
            for number in range(1, organisations + 1)
        )
        twin = XeroTwin(endpoints)
        files = certificates(place.path)
        listener = listen(0)
        url = f"https://localhost:{listener.getsockname()[1]}"
        with ThreadPoolExecutor(4) as pool:
            kernel = Kernel(twin, endpoints, clock=place.clock, pool=pool)
            with _running(Port(listener, kernel, files.server_file)), requests.Session() as session:
                session.trust_env = False
                session.verify = str(files.ca_file)
                xero = Xero(url, files.ca_file, twin, endpoints, session)
                yield xero.fresh() if fresh else xero
        for endpoint in endpoints:
            place.close(endpoint)


@contextmanager
def _running(port: Port) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    stop, ready = asyncio.Event(), asyncio.Event()
    started = threading.Event()

    async def serve() -> None:
        task = asyncio.create_task(serve_ports([port], stop, ready=ready))
        await ready.wait()
        started.set()
        await task

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait(20)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()
